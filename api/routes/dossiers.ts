import { GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { Hono } from 'hono';
import { RotaError } from '../../core/errors.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf } from '../identity/person.ts';

export function dossierRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.get('/dossiers', async (c) => {
    await personOf(deps, c.var.signedBy);
    return c.json({ count: await deps.store.dossiers.lastSequence() });
  });

  /** The public key that dossiers are signed with: an auditor takes it once and keeps it. */
  app.get('/dossiers/key', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { PublicKey, KeyId } = await deps.clients.kms.send(new GetPublicKeyCommand({ KeyId: deps.names.dossierKey }));
    return c.json({ keyArn: KeyId, spki: Buffer.from(PublicKey ?? []).toString('base64') });
  });

  app.get('/dossiers/:sequence{[0-9]+}', async (c) => {
    await personOf(deps, c.var.signedBy);
    const sequence = Number(c.req.param('sequence'));
    const bytes = await deps.store.dossiers.getDossier(sequence);
    if (bytes === undefined) throw new RotaError('NotFound', { what: `dossier number ${sequence}` });
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/vnd.dsse.envelope.v1+json' });
  });

  return app;
}
