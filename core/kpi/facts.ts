import { z } from 'zod';

const At = z.iso.datetime();

/**
 * What the KPIs are made of: facts that never change once they are written. A fact may be told twice, and late; each is recognised by what it
 * is about, so neither counts twice nor needs an order. Times are ISO 8601 in UTC.
 */
export const KpiFact = z.discriminatedUnion('fact', [
  /** How a key stood when it was looked at: what its automatic rotation is, and whether it is kept after a rotation. */
  z.strictObject({ fact: z.literal('key-seen'), at: At, keyArn: z.string(), rotation: z.enum(['on', 'off', 'not possible']), retained: z.boolean() }),
  /** KMS has deleted the key, or its account and Region are no longer swept. */
  z.strictObject({ fact: z.literal('key-gone'), at: At, keyArn: z.string() }),
  /** `about` is the key ARN or the alias; `evidence` says where it was seen. The rest lets a finding be found when it is over; earlier releases did not tell it. */
  z.strictObject({
    fact: z.literal('finding-opened'),
    at: At,
    findingId: z.string(),
    kind: z.string(),
    about: z.string(),
    evidence: z.string(),
    place: z.string().optional(),
    owner: z.string().optional(),
    aliases: z.array(z.string()).optional(),
    isReplica: z.boolean().optional(),
  }),
  /** `notMended`: an exception has closed it, the key was disabled or deleted, or nobody looks there any longer; nobody mended it. */
  z.strictObject({ fact: z.literal('finding-closed'), at: At, findingId: z.string(), evidence: z.string(), notMended: z.enum(['excused', 'out of use', 'no longer swept']).optional() }),
  /** A question that people have settled, either way, or have let run out of time; each decision by the groups for which it counted. */
  z.strictObject({
    fact: z.literal('approval-settled'),
    at: At,
    approvalId: z.string(),
    requestedAt: At,
    stage: z.string(),
    outcome: z.enum(['approved', 'refused', 'timed out']),
    seenAt: At.optional(),
    decisions: z.array(z.strictObject({ group: z.string(), at: At })),
  }),
]);
export type KpiFact = z.infer<typeof KpiFact>;

/** The kinds of finding that have a figure of their own. */
export const rotationOff = 'rotation-off';
export const manualOverdue = 'overdue';
