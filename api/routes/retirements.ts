import { Hono } from 'hono';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { KeyId } from '../../core/ids.ts';
import { planDigest } from '../../core/plan/plan.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf, personWithRole } from '../identity/person.ts';
import { readBody, Reason } from '../read-body.ts';
import { lookAheadAtRetirement, startRetirement } from '../rotations/retire.ts';


export function retirementRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/retirements', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'retire a key');
    return c.json(await startRetirement(deps, person, await readBody(c, z.strictObject({ keyId: KeyId, reason: Reason }))), 202);
  });

  app.post('/retirements/plans', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    const { keyId } = await readBody(c, z.strictObject({ keyId: KeyId }));
    const plan = await lookAheadAtRetirement(deps, keyId, person);
    return c.json({ plan, planDigest: planDigest(plan) });
  });

  /** The document that prepares the deletion of a retired key, in Markdown. */
  app.get('/retirements/:id/document', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { rotationId } = await deps.store.ledger.head(c.req.param('id'));
    const bytes = await deps.store.dossiers.getRetirement(rotationId);
    if (bytes === undefined) throw new RotaError('NotFound', { what: `document of retirement ${rotationId} yet` });
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'text/markdown; charset=utf-8' });
  });

  return app;
}
