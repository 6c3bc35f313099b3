import { setTimeout as delay } from 'node:timers/promises';
import type { RotationStatus } from '../core/rotation-status.ts';
import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

const ended = new Set(['SUCCEEDED', 'FAILED', 'ROLLED_BACK']);

export const fetchStatus = (io: Io, rotationId: string): Promise<RotationStatus> =>
  apiJson(io, { method: 'GET', path: `/api/rotations/${encodeURIComponent(rotationId)}` });

/** Follows a rotation until it has ended, telling each change once. Real time, asked twice a second. */
export async function follow(io: Io, rotationId: string, tell: (line: string) => void): Promise<RotationStatus> {
  const told = new Set<string>();
  const once = (line: string) => {
    if (told.has(line)) return;
    told.add(line);
    tell(line);
  };
  for (;;) {
    const status = await fetchStatus(io, rotationId);
    for (const step of status.steps) once(`${step.completedAt === undefined ? 'started ' : 'done    '} ${step.step}`);
    for (const approvalId of status.waitingFor) once(`waiting  for approvers: rota approve ${approvalId} --reason "..."`);
    for (const wait of status.waits) once(`waiting  until ${wait.until} at most: ${wait.because}`);
    if (ended.has(status.status)) return status;
    await delay(500);
  }
}
