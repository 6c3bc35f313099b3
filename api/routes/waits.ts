import { Hono } from 'hono';
import { z } from 'zod';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personWithRole } from '../identity/person.ts';
import { readBody, Reason } from '../read-body.ts';
import { sayToWaiting, words, type SaidWord } from '../waits/words.ts';

const Body = z.strictObject({ reason: Reason });

export function waitRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  for (const say of Object.keys(words) as SaidWord[])
    app.post(`/rotations/:id/${say}`, async (c) => {
      const person = await personWithRole(deps, c.var.signedBy, 'custodian', words[say].act);
      const { reason } = await readBody(c, Body);
      const rotationId = c.req.param('id');
      return c.json({ rotationId, said: say, ...(await sayToWaiting(deps, { rotationId, say, by: person.id, reason })) }, 202);
    });
  return app;
}
