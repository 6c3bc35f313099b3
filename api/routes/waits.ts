import { Hono } from 'hono';
import { z } from 'zod';
import { isRotaError } from '../../core/errors.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personWithRole } from '../identity/person.ts';
import { readBody, Reason } from '../read-body.ts';
import { sayWord } from '../waits/answer.ts';

const Body = z.strictObject({ reason: Reason });

/** What a custodian may say to a machine that waits: the word, and the waits that it ends. */
const words = [
  { path: 'resume', act: 'resume a rotation', say: 'resume', waits: ['hold', 'quiet'] },
  { path: 'reenable', act: 'put a key back into use', say: 'reenable', waits: ['deny', 'watch'] },
] as const;

export function waitRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  for (const { path, act, say, waits } of words)
    app.post(`/rotations/:id/${path}`, async (c) => {
      const person = await personWithRole(deps, c.var.signedBy, 'custodian', act);
      const { reason } = await readBody(c, Body);
      const { rotationId } = await deps.store.ledger.head(c.req.param('id'));
      return c.json({ rotationId, said: say, ...(await sayToFirstOf(deps, waits, { rotationId, say, by: person.id, reason })) }, 202);
    });
  return app;
}

/** Says it to the first of these waits that is open. Throws `NotWaiting`. */
async function sayToFirstOf(deps: ApiDeps, [name, ...others]: readonly [string, ...string[]], word: { rotationId: string; say: string; by: string; reason: string }): Promise<{ delivered: boolean }> {
  try {
    return await sayWord(deps, { ...word, name });
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !isRotaError(error, 'NotWaiting')) throw error;
    return sayToFirstOf(deps, [next, ...rest], word);
  }
}
