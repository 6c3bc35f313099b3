import { quietNote, type RotationStatus } from '../core/rotation-status.ts';

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
    `${s.rotationId}  ${statusWords(s)}`,
    `  asked by    ${s.requestedBy} at ${s.requestedAt}: ${s.reason}`,
    `  old key     ${s.oldKeyId ?? 'not looked up yet'}`,
    `  new key     ${s.newKeyId ?? (s.workflow === 'retire' ? 'not looked up yet' : 'not made yet')}`,
    ...s.aliases.map((a) => `  alias       ${aliasLine(a)}`),
    ...s.steps.map((step) => `  ${step.completedAt === undefined ? 'started' : 'done   '}     ${step.step} at ${step.completedAt ?? step.intendedAt}`),
    ...s.waits.map((w) => `  waits       until ${w.until} at most: ${w.because}${howToEnd(w.name, s.rotationId)}`),
    ...s.waitingFor.map((id) => `  waiting for approvers: ${id}`),
    ...(s.error ? [`  ended       ${s.error.name}: ${s.error.sentence}`] : []),
    ...s.leftBehind.map((left) => `  left        ${left}`),
    ...(s.rolledBackBy === undefined ? [] : [`  undone by   ${s.rolledBackBy}`]),
    ...(s.dossierSequence === undefined ? [] : [`  dossier     number ${s.dossierSequence}`]),
  ].join('\n');
}

/** How it stands, in a column. */
export const statusWords = (s: RotationStatus): string => `${s.status}${quietNote(s)}`;

/** What ends a wait before its time, where somebody may. */
export function howToEnd(wait: string, rotationId: string): string {
  if (wait === 'quiet') return `; to let it end without: rota resume ${rotationId} --reason "..."`;
  if (wait === 'hold') return `; once it is mended: rota resume ${rotationId} --reason "..."`;
  return wait === 'deny' || wait === 'watch' ? `; to put the key back: rota reenable ${rotationId} --reason "..."` : '';
}

/** How a rotation ended, in a few lines. */
export function endText(s: RotationStatus): string {
  if (s.workflow === 'retire') return retirementEnd(s);
  if (s.status === 'ROLLED_BACK') return ['Put back: every alias is at the old key again.', ...s.leftBehind].join('\n');
  if (s.status === 'FAILED') return [`Ended without effect; every alias is where it was.`, ...s.leftBehind].join('\n');
  return [...s.aliases.map((a) => `${a.alias} -> ${a.to ?? '?'}`), `The old key is kept. Dossier number ${s.dossierSequence ?? '?'}.`].join('\n');
}

function retirementEnd(s: RotationStatus): string {
  const key = `Key ${s.oldKeyId ?? '?'}`;
  if (s.status === 'SUCCEEDED') return [`${key} is Disabled and kept; \`rota retirement ${s.rotationId}\` prints what its deletion would take.`, ...s.leftBehind].join('\n');
  return [s.status === 'ROLLED_BACK' ? `${key} is back in use.` : `${key} was not retired, and is as it was.`, ...s.leftBehind].join('\n');
}
