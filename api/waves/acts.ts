import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { ApiDeps } from '../deps.ts';
import { statusOfWave } from './drive.ts';

/** Starts nothing more of a wave; what has been started goes on. Throws `NotFound`, `WaveEnded`. */
export async function stopWave(deps: ApiDeps, person: Person, waveId: string, reason: string): Promise<void> {
  const { state } = await statusOfWave(deps, waveId);
  // That all its keys have ended may be so before the schedule writes it down.
  if (state === 'ended' || !(await deps.store.waves.stop(waveId, { at: isoSeconds(deps.clock.now()), because: `${person.id}: ${reason}` }))) throw new RotaError('WaveEnded', { waveId, because: `is ${state} already` });
}

/** Lets a stopped wave go on: what has failed so far stops it no more. Throws `NotFound`, `WaveEnded`. */
export async function letWaveGoOn(deps: ApiDeps, waveId: string): Promise<void> {
  const { state, counts } = await statusOfWave(deps, waveId);
  if (state === 'ended' || !(await deps.store.waves.goOn(waveId, counts.failed))) throw new RotaError('WaveEnded', { waveId, because: state === 'ended' ? 'is ended already' : 'is not stopped' });
}
