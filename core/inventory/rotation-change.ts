import { callAllowed } from '../key/key-state.ts';
import { kindOf } from './key-class.ts';
import type { ObservedKey } from './observed-key.ts';

/** What switching automatic rotation on would do to a key. */
export type RotationChange =
  | { readonly change: 'enable' | 'shorten'; readonly periodDays: number }
  /** It rotates, as often as asked or more often. */
  | { readonly change: 'none'; readonly periodDays: number }
  | { readonly change: 'impossible'; readonly reason: string };

/**
 * Decides for one key. A period is never made longer: to rotate less often is no remedy for anything. AWS KMS API Reference,
 * EnableKeyRotation; Developer Guide, "rotating-keys-enable".
 */
export function rotationChange({ manager, description, rotation, unanswered }: Omit<ObservedKey, 'aliases' | 'tags'>, periodDays: number): RotationChange {
  const impossible = (reason: string): RotationChange => ({ change: 'impossible', reason });
  if (manager === 'AWS') return impossible('AWS rotates its managed keys every year by itself, and nobody else can');
  if (unanswered !== undefined) return impossible(`${unanswered.operation} ended with ${unanswered.error}`);
  if (description === undefined) return impossible('nobody asked AWS about it');
  const kind = kindOf(description);
  if (kind.verdict !== 'yes') return impossible(kind.reason);
  if (kind.automatic.verdict !== 'yes') return impossible(kind.automatic.reason);
  const allowed = callAllowed('EnableKeyRotation', description.state);
  if (allowed.verdict !== 'yes') return impossible(allowed.reason);
  if (rotation?.enabled === true) {
    const { periodDays: present = 365 } = rotation;
    if (present <= periodDays) return { change: 'none', periodDays: present };
  }
  if (description.multiRegion === 'REPLICA') return impossible(`it is a replica: rotation is set on the primary key${description.primaryRegion === undefined ? '' : ` in ${description.primaryRegion}`}, and holds in every Region`);
  return { change: rotation?.enabled === true ? 'shorten' : 'enable', periodDays };
}
