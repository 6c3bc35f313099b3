import { keyKind, type KeyKind } from '../key/key-kinds.ts';
import { callAllowed } from '../key/key-state.ts';
import type { Refusal } from '../key/verdict.ts';
import { lineageTags, type KeyDescription, type ObservedKey } from './observed-key.ts';

/** Why AWS cannot rotate a key by itself. */
type ManualReason = 'imported' | 'custom-store' | 'hmac' | 'asymmetric';

/** How a key is renewed, or why nobody need ask. */
export type KeyClass =
  | { readonly class: 'rotates'; readonly periodDays: number; readonly nextMs?: number }
  | { readonly class: 'rotation-off' }
  | { readonly class: 'manual'; readonly why: ManualReason }
  /** Does nothing and cannot be changed before it is enabled: chased when it comes back. */
  | { readonly class: 'disabled' }
  /** Put aside by a rotation of Rota's: it stays for what it made, no alias leads to it (P3). */
  | { readonly class: 'retained'; readonly rotationId: string }
  | { readonly class: 'aws-managed' }
  | { readonly class: 'pending-deletion'; readonly deletionMs?: number }
  /** AWS did not tell, or told what this release does not know: never taken for "rotation off". */
  | { readonly class: 'unknown'; readonly reason: string };

export const keyClasses = ['rotates', 'rotation-off', 'manual', 'disabled', 'retained', 'aws-managed', 'pending-deletion', 'unknown'] as const satisfies readonly KeyClass['class'][];

/** Whether its deletion is scheduled. */
export const goes = (state: string): boolean => state === 'PendingDeletion' || state === 'PendingReplicaDeletion';

/** The row of a customer managed key in the table of kinds. */
export const kindOf = ({ spec, usage, origin, multiRegion }: KeyDescription): KeyKind | Refusal =>
  keyKind({ spec, usage, origin, keyManager: 'CUSTOMER', multiRegion: multiRegion !== undefined });

/** Whether GetKeyRotationStatus can say true of this key: AWS rotates its kind, and it is not about to be deleted. KMS-DG "rotate-keys". */
export function canRotateItself(description: KeyDescription): boolean {
  const kind = kindOf(description);
  return kind.verdict === 'yes' && kind.automatic.verdict === 'yes' && !goes(description.state) && callAllowed('GetKeyRotationStatus', description.state).verdict === 'yes';
}

/** Whether ListKeyRotations can tell of rotations by hand: new material was imported and rotated to in place. */
export function canRotateInPlace(description: KeyDescription): boolean {
  const kind = kindOf(description);
  return kind.verdict === 'yes' && kind.automatic.verdict !== 'yes' && kind.onDemand.verdict === 'yes' && !goes(description.state) && callAllowed('ListKeyRotations', description.state).verdict === 'yes';
}

function manualReason({ origin, keyType }: KeyKind): ManualReason {
  if (origin === 'EXTERNAL') return 'imported';
  if (origin !== 'AWS_KMS') return 'custom-store';
  return keyType === 'hmac' ? 'hmac' : 'asymmetric';
}

/** The class of a key, from what was seen of it. */
export function classOf({ manager, description, rotation, unanswered, tags, aliases }: ObservedKey): KeyClass {
  if (manager === 'AWS') return { class: 'aws-managed' };
  if (description === undefined) return unknown(unanswered === undefined ? 'nobody asked AWS about it' : `${unanswered.operation} ended with ${unanswered.error}`);
  const { state, deletionMs } = description;
  if (goes(state)) return { class: 'pending-deletion', ...(deletionMs === undefined ? {} : { deletionMs }) };
  const kind = kindOf(description);
  if (kind.verdict !== 'yes') return unknown(kind.reason);
  const rotationId = tags[lineageTags.keptFor];
  // A tag alone must not hide a key that people still reach by a name.
  if (rotationId !== undefined && aliases.length === 0) return { class: 'retained', rotationId };
  if (kind.automatic.verdict !== 'yes') return state === 'Disabled' ? { class: 'disabled' } : { class: 'manual', why: manualReason(kind) };
  if (rotation === undefined) return unknown(unanswered === undefined ? `GetKeyRotationStatus has no answer while the key is ${state}` : `${unanswered.operation} ended with ${unanswered.error}`);
  // 365 days is what KMS takes where nobody named a period (SDK:EnableKeyRotationRequest).
  if (rotation.enabled) return { class: 'rotates', periodDays: rotation.periodDays ?? 365, ...(rotation.nextMs === undefined ? {} : { nextMs: rotation.nextMs }) };
  return state === 'Disabled' ? { class: 'disabled' } : { class: 'rotation-off' };
}

const unknown = (reason: string): KeyClass => ({ class: 'unknown', reason });
