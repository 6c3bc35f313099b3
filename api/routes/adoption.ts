import { Hono } from 'hono';
import { readAdoption } from '../adoption/adoption-of.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf } from '../identity/person.ts';

export function adoptionRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.get('/rotations/:id/adoption', async (c) => {
    await personOf(deps, c.var.signedBy);
    return c.json(await readAdoption(deps, c.req.param('id')));
  });

  return app;
}
