import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { failTo, retryFreshKey, taskState } from './task.ts';

/** Where the loop around an expired import token begins. The machine assigns `round` before, 1 at first. */
export const wrapState = 'Wrap material';

/** Makes, wraps and imports material into the successor; an expired token only sends it back to wrap again. */
export const importedMaterial = (to: Resources, next: { imported: string; failed: string }): States => ({
  [wrapState]: taskState(to, {
    task: 'wrap-generated',
    payload: { round: '{% $round %}' },
    retry: retryFreshKey,
    catch: [failTo(next.failed)],
    next: 'Import material',
  }),
  'Import material': taskState(to, {
    task: 'import-material',
    payload: { round: '{% $round %}' },
    retry: retryFreshKey,
    catch: [{ ErrorEquals: ['ImportTokenExpired'], Assign: { round: '{% $round + 1 %}' }, Next: wrapState }, failTo(next.failed)],
    next: next.imported,
  }),
});
