import type { RotationStatus } from '../../../core/rotation-status.ts';
import { RotationStatusMark } from './status.tsx';
import { Time } from './time.tsx';

const last = ({ steps, waitingFor, waits }: RotationStatus): string => {
  if (waitingFor.length > 0) return 'waits for approvers';
  if (waits[0] !== undefined) return `waits: ${waits[0].because}`;
  return steps.at(-1)?.step.split('.')[0]?.replaceAll('-', ' ') ?? 'not begun';
};

/** A rotation in a list. */
export const RotationRow = ({ status }: { readonly status: RotationStatus }) => (
  <li>
    <div class="row-head">
      <a href={`/rotations/${status.rotationId}`}>{status.alias}</a>
      <RotationStatusMark status={status.status} />
    </div>
    <p class="row-more reason">
      <span class="id">{status.rotationId}</span>, asked by {status.requestedBy} <Time at={status.requestedAt} />: {status.reason}.{' '}
      {status.status === 'RUNNING' || status.status === 'WAITING' ? `Now: ${last(status)}.` : (status.error?.sentence ?? '')}
    </p>
  </li>
);
