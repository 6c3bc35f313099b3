/** The gate of quiet use: a rotation counts as complete only when nobody has made anything new with the old key for a time. */
import { z } from 'zod';
import { isoSeconds, secondsPerDay } from '../clock.ts';
import { newestOf } from '../plan/key-usage.ts';
import type { Adoption } from './adoption.ts';

/** How late AWS tells of a use: GetKeyLastUsage an hour, CloudTrail 15 minutes. AWS KMS Developer Guide, "monitoring-keys-determining-usage". */
const latenessSeconds = 3600;

/** CloudTrail's event history keeps 90 days, of which one is for lateness. CloudTrail User Guide, "view-cloudtrail-events". */
const mostQuietDays = 89;

export const QuietGate = z
  .strictObject({
    /** For so long nobody may have encrypted, signed or MACed with the old key. */
    quietSeconds: z.int().min(secondsPerDay).max(mostQuietDays * secondsPerDay),
    /** How long after the earliest time at which it can be quiet it is a finding that it is not. */
    overdueAfterSeconds: z.int().min(0).max(26_000_000).default(30 * secondsPerDay),
  })
  .refine((gate) => gate.quietSeconds + gate.overdueAfterSeconds <= 26_000_000, { error: 'adds up to more than 300 days: an execution may last one year' });
export type QuietGate = z.infer<typeof QuietGate>;

/** How the old key of a rotation that has switched was at the last look. Times are ISO 8601, UTC. */
export interface QuietUse {
  readonly met: boolean;
  readonly lookedAt: string;
  /** From when on it is a finding that it is not quiet. */
  readonly overdueAt: string;
  /** What keeps it from being quiet; or since when it is. */
  readonly because: string;
}

interface Look {
  readonly gate: QuietGate;
  readonly cutoverAt: string;
  /** Who still makes something with the old key, of `windowFrom` and later. */
  readonly stillMaking: Adoption['stillMaking'];
  /** Whether the evidence of that time is all that there is. */
  readonly complete: boolean;
  readonly nowMs: number;
}

/** From when on a look must know of every use; before the cutover none counts. Epoch milliseconds. */
export const windowFromMs = ({ quietSeconds }: QuietGate, cutoverAt: string, nowMs: number): number => Math.max(Date.parse(cutoverAt), nowMs - (quietSeconds + latenessSeconds) * 1000);

/**
 * Whether the old key is quiet, and when to look again. An attempt that was refused makes nothing, and evidence that is not complete never counts as
 * quiet. A use that worked starts the time anew.
 */
export function judgeQuiet({ gate, cutoverAt, stillMaking, complete, nowMs }: Look): QuietUse & { readonly lookAgainSeconds: number } {
  const overMs = (gate.quietSeconds + latenessSeconds) * 1000;
  const worked = stillMaking.filter((use) => use.error === undefined);
  const last = newestOf(worked.map((use) => use.lastAt), cutoverAt);
  const quietMs = Date.parse(last) + overMs;
  const met = complete && nowMs >= quietMs;
  const lastUse = worked.find((use) => use.lastAt === last);
  const sentences = [
    lastUse === undefined ? `nobody is seen to make anything new with the old key since ${last}` : `${lastUse.principal} last made something new with the old key (${lastUse.operation}) at ${lastUse.lastAt}`,
    ...(met ? [] : nowMs < quietMs ? [`it can be quiet at ${isoSeconds(quietMs)}`] : []),
    ...(complete ? [] : ['CloudTrail does not tell all that there was, so nothing shows that it is quiet']),
  ];
  const nextMs = Math.max(quietMs, complete ? 0 : nowMs + secondsPerDay * 1000);
  return {
    met,
    lookedAt: isoSeconds(nowMs),
    overdueAt: isoSeconds(Date.parse(cutoverAt) + overMs + gate.overdueAfterSeconds * 1000),
    because: sentences.join('; '),
    lookAgainSeconds: Math.max(60, Math.ceil((nextMs - nowMs) / 1000)),
  };
}

/** Whether another look still fits into the year of an execution, with a day to seal its dossier. */
export const leavesTimeToLook = (requestedAt: string, nowMs: number, lookAgainSeconds: number): boolean => nowMs + lookAgainSeconds * 1000 <= Date.parse(requestedAt) + 364 * secondsPerDay * 1000;
