import type { RotationStatus } from '../core/rotation-status.ts';

/** A rotation that was followed and ended without effect: told already, the exit code remains. */
export class RotationFailed extends Error {
  override readonly name = 'RotationFailed';

  constructor({ rotationId, error }: RotationStatus) {
    super(`Rotation ${rotationId} ended without effect: ${error?.sentence ?? error?.name ?? 'see its history'}`);
  }
}

const aliasLine = (a: RotationStatus['aliases'][number]): string => `${a.alias}: ${a.from ?? '?'} -> ${a.to ?? 'the new key, once approved'}`;

/** Everything about one rotation that a person wants to see at a glance. */
export function statusText(s: RotationStatus): string {
  return [
    `${s.rotationId}  ${s.status}`,
    `  asked by    ${s.requestedBy} at ${s.requestedAt}: ${s.reason}`,
    `  old key     ${s.oldKeyId ?? 'not looked up yet'}`,
    `  new key     ${s.newKeyId ?? 'not made yet'}`,
    ...s.aliases.map((a) => `  alias       ${aliasLine(a)}`),
    ...s.steps.map((step) => `  ${step.completedAt === undefined ? 'started' : 'done   '}     ${step.step} at ${step.completedAt ?? step.intendedAt}`),
    ...s.waitingFor.map((id) => `  waiting for approvers: ${id}`),
    ...s.waits.map((w) => `  waiting     ${w.name} until ${w.until}: ${w.because}`),
    ...(s.error ? [`  ended       ${s.error.name}: ${s.error.sentence}`] : []),
    ...s.leftBehind.map((left) => `  left        ${left}`),
    ...(s.rolledBackBy === undefined ? [] : [`  undone by   ${s.rolledBackBy}`]),
    ...(s.dossierSequence === undefined ? [] : [`  dossier     number ${s.dossierSequence}`]),
  ].join('\n');
}

/** How a rotation ended, in a few lines. */
export function endText(s: RotationStatus): string {
  if (s.status === 'ROLLED_BACK') return ['Put back: every alias is at the old key again.', ...s.leftBehind].join('\n');
  if (s.status === 'FAILED') return [`Ended without effect; every alias is where it was.`, ...s.leftBehind].join('\n');
  return [...s.aliases.map((a) => `${a.alias} -> ${a.to ?? '?'}`), `The old key is kept. Dossier number ${s.dossierSequence ?? '?'}.`].join('\n');
}
