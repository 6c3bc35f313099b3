import { Hono } from 'hono';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { Registry } from '../../core/registry/registry-schema.ts';
import type { ApiDeps, ApiEnv, SignedBy } from '../deps.ts';
import { personOf, personWithRole } from '../identity/person.ts';
import { readBody, readQuery } from '../read-body.ts';

/** The revision that the applier has looked at. */
const Over = z.strictObject({ over: z.coerce.number().int().min(0).optional() });

/** Who applies: a person with the role `platform`, or an identity that the deployment names for the first time. */
async function applierOf(deps: ApiDeps, signedBy: SignedBy): Promise<string> {
  if (deps.platformArns.includes(signedBy.arn)) return signedBy.arn;
  return (await personWithRole(deps, signedBy, 'platform', 'apply a registry')).id;
}

export function registryRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.put('/registry', async (c) => {
    const applier = await applierOf(deps, c.var.signedBy);
    const { over } = readQuery(c, Over);
    const registry = await readBody(c, Registry);
    return c.json(await deps.store.registry.apply(registry, applier, isoSeconds(deps.clock.now()), over));
  });

  app.get('/registry', async (c) => {
    if (!deps.platformArns.includes(c.var.signedBy.arn)) await personOf(deps, c.var.signedBy);
    const head = await deps.store.registry.head();
    if (head === undefined) throw new RotaError('RegistryEmpty', {});
    const [, , , region = '', accountId = ''] = deps.stateMachineArnOf('key-sweep').split(':');
    return c.json({ head, registry: await deps.store.registry.whole(), place: { accountId, region } });
  });

  app.get('/whoami', async (c) => c.json(await personOf(deps, c.var.signedBy)));

  return app;
}
