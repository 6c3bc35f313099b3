import type { Context } from '../task.ts';

/** A word that met the end of its wait: the wait must open again, so that it arrives. */
export async function isWordOwed({ head, store }: Context, wait: 'deny' | 'watch'): Promise<boolean> {
  const found = await store.waits.get(head.rotationId, wait);
  return found?.word !== undefined && !found.delivered;
}
