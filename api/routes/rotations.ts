import { ExecutionDoesNotExist, paginateGetExecutionHistory } from '@aws-sdk/client-sfn';
import { Hono } from 'hono';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { withoutTaskTokens } from '../../core/dossier/redact.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf, personWithRole } from '../identity/person.ts';
import { Alias, readBody, readQuery, Reason } from '../read-body.ts';
import { lookAhead, startRollback, startRotation } from '../rotations/start.ts';
import { statusOf, statusOfEach } from '../rotations/status.ts';

/** So many statuses with all their steps stay far below the 6 MB that Lambda answers with. */
const pageSize = 100;

export function rotationRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/plans', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    const { alias, emergency } = await readBody(c, z.strictObject({ alias: Alias, emergency: z.boolean().default(false) }));
    const { plan, ...held } = await lookAhead(deps, { alias, emergency }, person);
    return c.json({ plan, planDigest: planDigest(plan), ...held });
  });

  app.post('/rotations', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'start a rotation');
    const asked = await readBody(c, z.strictObject({ alias: Alias, reason: Reason, emergency: z.boolean().default(false) }));
    return c.json(await startRotation(deps, person, asked), 202);
  });

  app.post('/rotations/:id/rollback', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'roll a rotation back');
    const { reason } = await readBody(c, z.strictObject({ reason: Reason }));
    return c.json(await startRollback(deps, person, c.req.param('id'), reason), 202);
  });

  /** A page, newest first: one of fewer is the last. */
  app.get('/rotations', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { from } = readQuery(c, z.strictObject({ from: z.coerce.number().int().min(0).default(0) }));
    const page = (await deps.store.ledger.list()).slice(from, from + pageSize);
    return c.json(await statusOfEach(deps, await deps.store.ledger.headsOf(page.map((r) => r.rotationId))));
  });

  app.get('/rotations/:id', async (c) => {
    await personOf(deps, c.var.signedBy);
    return c.json(await statusOf(deps, await deps.store.ledger.head(c.req.param('id'))));
  });

  app.get('/rotations/:id/history', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { executionArn } = await deps.store.ledger.head(c.req.param('id'));
    const events: unknown[] = [];
    try {
      if (executionArn !== undefined)
        for await (const page of paginateGetExecutionHistory({ client: deps.clients.states, pageSize: 1000 }, { executionArn, includeExecutionData: true }))
          events.push(...(page.events ?? []).map(withoutTaskTokens));
    } catch (error) {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
      throw new RotaError('NotFound', { what: `execution history of ${c.req.param('id')} any more: its dossier holds it` });
    }
    return c.json({ executionArn, events });
  });

  return app;
}
