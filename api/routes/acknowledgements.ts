import { Hono } from 'hono';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { acknowledgeAs } from '../acknowledgements/acknowledge.ts';
import { makeLink } from '../acknowledgements/link.ts';
import { askForWaiver } from '../acknowledgements/waiver.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { actingPerson, personOf, personWithRole } from '../identity/person.ts';
import { readBody, Reason } from '../read-body.ts';
import { statusOf } from '../rotations/status.ts';

const Consumer = z.string().trim().min(1).max(64);
const Thumbprint = z.string().trim().min(1).max(200);

export function acknowledgementRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/rotations/:id/acknowledgements', async (c) => {
    const person = await actingPerson(deps, c.var.signedBy, 'acknowledge');
    const given = await readBody(c, z.strictObject({ consumer: Consumer, thumbprint: Thumbprint }));
    return c.json(await acknowledgeAs(deps, person, c.req.param('id'), given));
  });

  app.post('/rotations/:id/acknowledgement-links', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'make a link for a consumer');
    const { consumer } = await readBody(c, z.strictObject({ consumer: Consumer }));
    const rotationId = c.req.param('id');
    const { secret, expiresAt } = await makeLink(deps, person, rotationId, consumer);
    return c.json({ url: `${new URL(c.req.url).origin}/acknowledge/${encodeURIComponent(rotationId)}/${secret}`, expiresAt }, 201);
  });

  app.post('/rotations/:id/waivers', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'ask for a waiver');
    const asked = await readBody(c, z.strictObject({ consumer: Consumer, reason: Reason }));
    return c.json(await askForWaiver(deps, person, c.req.param('id'), asked), 202);
  });

  /** The newest rollover of an alias. */
  app.get('/rollovers', async (c) => {
    await personOf(deps, c.var.signedBy);
    const alias = c.req.query('alias') ?? '';
    const newest = (await deps.store.ledger.list()).find((r) => r.workflow === 'asymmetric-rotation' && r.alias === alias);
    if (newest === undefined) throw new RotaError('NotFound', { what: `rollover of ${alias === '' ? 'an alias without a name' : alias}` });
    return c.json(await statusOf(deps, await deps.store.ledger.head(newest.rotationId)));
  });

  return app;
}
