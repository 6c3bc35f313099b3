import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { retryFreshKey, taskState } from './task.ts';
import { failedToo, sealFailed } from './way-back.ts';

export const restoreKey = 'Restore key';

/** The way back of a retirement: what it did to the key is undone, which is the safe direction, then a dossier says so. */
export const restoreKeyStates = (to: Resources): States => ({
  [restoreKey]: taskState(to, { task: 'enable-key', retry: retryFreshKey, catch: [failedToo], next: sealFailed }),
});
