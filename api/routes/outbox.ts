import { Hono } from 'hono';
import { RotaError } from '../../core/errors.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf } from '../identity/person.ts';

/** What people would have been mailed, newest first. On AWS it was: there is no outbox there. */
export function outboxRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get('/outbox', async (c) => {
    await personOf(deps, c.var.signedBy);
    if (deps.outbox === undefined) throw new RotaError('NotFound', { what: 'outbox here: notices go out by SNS' });
    return c.json([...deps.outbox()].reverse());
  });
  return app;
}
