import { isoSeconds } from '../clock.ts';
import type { Rollover } from '../registry/rollover-schema.ts';
import type { Direction } from './direction.ts';

export type RolloverState = 'GENERATED' | 'PUBLISHED' | 'READY' | 'ACTIVE' | 'RETIRED' | 'DRAINED' | 'REMOVED';

/** An instant of the rollover, with what it is the sum of. */
export interface Due {
  readonly state: RolloverState;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly because: string;
}

interface Part {
  readonly what: string;
  readonly seconds: number;
}

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.seconds, 0);
const words = (parts: readonly Part[]): string => parts.filter((p) => p.seconds > 0).map((p) => `${p.what} ${p.seconds} s`).join(' + ') || 'no interval';

/** RFC 7583 section 3.2.1, `Ipub = Dprp + TTLkey`, with BIND's publish-safety. */
const publishInterval = (r: Rollover): Part[] => [
  { what: 'propagation', seconds: r.propagationSeconds },
  { what: 'cache', seconds: r.cacheTtlSeconds },
  { what: 'publish safety', seconds: r.publishSafetySeconds },
];

/**
 * RFC 7583 section 3.2.1, `Iret = Dsgn + Dprp + TTLsig`: what was signed last must have died. For keys that others encrypt to, what
 * counts is how long a sender may still hold the old key, and how long a message travels.
 */
const retireInterval = (r: Rollover, { oldLeaves }: Direction): Part[] => [
  { what: 'propagation', seconds: r.propagationSeconds },
  { what: 'cache', seconds: oldLeaves === 'at the switch' ? r.cacheTtlSeconds : 0 },
  { what: 'longest lifetime', seconds: r.longestLifetimeSeconds === 'unbounded' ? 0 : r.longestLifetimeSeconds },
  { what: 'clock skew', seconds: r.clockSkewSeconds },
  { what: 'retire safety', seconds: r.retireSafetySeconds },
];

const after = (state: RolloverState, sinceMs: number, parts: readonly Part[], since: string): Due => ({
  state,
  at: isoSeconds(sinceMs + sumOf(parts) * 1000),
  because: `${since} + ${words(parts)}`,
});

/** From when on every consumer has the new key, if all keep to their cache lifetime. `publishedMs`: when the last target served it. */
export const readyDue = (r: Rollover, publishedMs: number): Due => after('READY', publishedMs, publishInterval(r), 'publication');

/** From when on nothing that the old key made is alive. `retiredMs`: when the old key stopped. */
export const drainedDue = (r: Rollover, direction: Direction, retiredMs: number): Due =>
  after('DRAINED', retiredMs, retireInterval(r, direction), 'the stop of the old key');

/** From when on nobody holds a key set with the old key. `unpublishedMs`: when the last target stopped serving it. */
export const removedDue = (r: Rollover, unpublishedMs: number): Due =>
  after('REMOVED', unpublishedMs, [{ what: 'propagation', seconds: r.propagationSeconds }, { what: 'cache', seconds: r.cacheTtlSeconds }], 'the last publication');

/** Whether the old key goes on to a date: one whose signatures never die stays in the key set for good, once it has stopped. */
export const drains = ({ longestLifetimeSeconds }: Rollover, { oldLeaves }: Direction): boolean => longestLifetimeSeconds !== 'unbounded' || oldLeaves === 'at the switch';

/** The earliest date of each state, if nobody has to be waited for: what a plan shows. */
export function earliestDates(r: Rollover, direction: Direction, startMs: number, emergency: boolean): Due[] {
  const published: Due = { state: 'PUBLISHED', at: isoSeconds(startMs), because: 'the start' };
  if (emergency) return [published, { state: 'ACTIVE', at: isoSeconds(startMs), because: 'an emergency: no wait, the old key leaves the key set at once' }];
  const ready = readyDue(r, startMs);
  const activeMs = Date.parse(ready.at);
  const active: Due = { state: 'ACTIVE', at: ready.at, because: 'ready, acknowledged and approved' };
  const retired = after('RETIRED', activeMs, [{ what: 'KMS propagation', seconds: r.kmsPropagationSeconds }], 'the switch');
  if (!drains(r, direction)) return [published, ready, active, retired];
  const drained = drainedDue(r, direction, Date.parse(retired.at));
  return [published, ready, active, retired, drained, removedDue(r, Date.parse(drained.at))];
}
