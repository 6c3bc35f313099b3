import { Hono } from 'hono';
import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { publicApproval } from '../../store/approval-table.ts';
import { decide } from '../approvals/decide.ts';
import { openQuestion } from '../approvals/seen.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf } from '../identity/person.ts';
import { countTry } from '../identity/tries.ts';
import { readBody, Reason } from '../read-body.ts';

const DecisionBody = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  reason: Reason,
  planDigest: Sha256Hex,
});

export function approvalRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.get('/approvals', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { approvals } = deps.store;
    const asked = c.req.query('all') === 'true' ? await approvals.all() : (await approvals.restless()).filter((a) => a.outcome === 'open');
    return c.json(asked.map(publicApproval));
  });

  app.get('/approvals/:id', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    return c.json(await openQuestion(deps, person, c.req.param('id')));
  });

  app.post('/approvals/:id/decisions', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    await countTry(deps, 'signed-decision', person.id);
    const body = await readBody(c, DecisionBody);
    return c.json(await decide(deps, person, c.var.signedBy, { approvalId: c.req.param('id'), ...body }));
  });

  return app;
}
