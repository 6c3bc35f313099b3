import { z } from 'zod';
import { AliasName, KeyArn, RoleArn } from '../ids.ts';
import { Name } from './name.ts';

/** What an inventory may find wrong with a key, and what an exception may excuse. */
export const excusable = ['rotation-off', 'rotation-too-slow', 'unregistered', 'overdue', 'no-material', 'material-expires', 'rotations-used-up', 'left-over', 'unreadable'] as const;

/** A key that is known not to be in order, for a time: who answers for that, why, and until when. */
export const Exception = z.strictObject({
  /** The ARN of a key anywhere, or an alias in Rota's own account and Region. */
  key: z.union([KeyArn, AliasName], { error: 'must be the ARN of a key, or an alias' }),
  /** Left out, all findings. */
  findings: z.array(z.enum(excusable)).min(1).optional(),
  owner: Name,
  reason: z.string().min(10, 'must say why in ten characters or more').max(500),
  /** The last day on which it holds, in UTC. */
  until: z.iso.date('must be a day such as 2027-06-30'),
});
export type Exception = z.infer<typeof Exception>;

/** What holds for the keys that AWS rotates by itself. AWS KMS API Reference, EnableKeyRotation. */
export const AutomaticRotation = z.strictObject({
  /** The longest period that is in order, and the one that `rota enable-rotation` sets. */
  periodDays: z.int().min(90, 'must be 90 days or more').max(2560, 'must be 2560 days or less'),
});

/** What the daily sweep looks at, and what it does about a key that could rotate by itself and does not. */
export const Sweep = z.strictObject({
  /** Accounts and Regions; left out a role, Rota's own account. */
  targets: z
    .array(z.strictObject({ region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region such as eu-central-1'), roleArn: RoleArn.optional() }))
    .min(1)
    .max(500),
  /** `alert`: a finding. `propose`: a finding, and an event with the command to type. `enable`: the sweep switches it on. */
  remedy: z.enum(['alert', 'propose', 'enable']).default('alert'),
});
