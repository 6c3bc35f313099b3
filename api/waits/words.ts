import { isRotaError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { sayWord } from './answer.ts';

/** What a custodian may say to a machine that waits: the word, what it does, and the waits that it ends. */
export const words = {
  resume: { act: 'resume a rotation', waits: ['hold', 'quiet'] },
  reenable: { act: 'put a key back into use', waits: ['deny', 'watch'] },
} as const;

export type SaidWord = keyof typeof words;

interface Saying {
  readonly rotationId: string;
  readonly say: SaidWord;
  readonly by: string;
  readonly reason: string;
}

/** Says a word to the first of its waits that is open. Throws `NotFound`, `NotWaiting`. */
export async function sayToWaiting(deps: ApiDeps, { rotationId, ...word }: Saying): Promise<{ readonly delivered: boolean }> {
  await deps.store.ledger.head(rotationId);
  const [first, second] = words[word.say].waits;
  try {
    return await sayWord(deps, { ...word, rotationId, name: first });
  } catch (error) {
    if (!isRotaError(error, 'NotWaiting')) throw error;
    return sayWord(deps, { ...word, rotationId, name: second });
  }
}
