import { z } from 'zod';
import type { AcknowledgementRule, Consumer } from '../registry/rollover-schema.ts';

/** A consumer's word that it has the new key, or an approved waiver in its place. Times are ISO 8601, UTC. */
export const Acknowledgement = z.strictObject({
  consumer: z.string(),
  kind: z.enum(['acknowledged', 'waived']),
  /** RFC 7638 thumbprint that the consumer installed; of a waiver, the one it was waived for. */
  thumbprint: z.string(),
  /** Who said so: a person of the registry, `link`, or the approvers of a waiver. */
  by: z.string(),
  at: z.string(),
  /** After the consumer's deadline: it counts, and is told. */
  late: z.boolean(),
  reason: z.string().optional(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/** What a consumer is shown of a thumbprint: enough to tell one key from another, too little to acknowledge one that has not arrived. */
export const thumbprintBegin = (thumbprint: string): string => thumbprint.slice(0, 6);

export type Standing =
  | { readonly outcome: 'satisfied' }
  | { readonly outcome: 'waiting'; readonly missing: readonly { readonly group: string; readonly count: number; readonly consumers: readonly string[] }[] };

/**
 * Whether every group of required consumers has acknowledged as its rule demands; a group without a rule needs all. A waiver
 * counts for its consumer. Consumers that are only informed never hold a rotation up.
 */
export function standing(consumers: readonly Consumer[], rules: readonly AcknowledgementRule[], given: readonly Pick<Acknowledgement, 'consumer'>[]): Standing {
  const required = consumers.filter((c) => c.acknowledges === 'required');
  const done = new Set(given.map((a) => a.consumer));
  const missing = [...new Set(required.map((c) => c.group))].flatMap((group) => {
    const members = required.filter((c) => c.group === group);
    const count = rules.find((r) => r.group === group)?.count ?? 'all';
    const open = members.filter((c) => !done.has(c.name)).map((c) => c.name);
    const lacking = (count === 'all' ? members.length : count) - (members.length - open.length);
    return lacking > 0 ? [{ group, count: lacking, consumers: open }] : [];
  });
  return missing.length === 0 ? { outcome: 'satisfied' } : { outcome: 'waiting', missing };
}

/** What is missing, in words. */
export const missingText = (s: Standing): string =>
  s.outcome === 'satisfied' ? 'nobody' : s.missing.map((m) => `${m.count} of ${m.group} (${m.consumers.join(', ')})`).join(' and ');
