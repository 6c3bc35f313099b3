import { Hono } from 'hono';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { Registry } from '../../core/registry/registry-schema.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { applierOf, checkReader, personOf } from '../identity/person.ts';
import { readLongBody } from '../pieces.ts';
import { readQuery } from '../read-body.ts';

/** The revision that the applier has looked at. */
const Over = z.strictObject({ over: z.coerce.number().int().min(0).optional() });

export function registryRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.put('/registry', async (c) => {
    const applier = await applierOf(deps, c.var.signedBy);
    const { over } = readQuery(c, Over);
    const registry = await readLongBody(deps, c, Registry);
    return c.json(await deps.store.registry.apply(registry, applier, isoSeconds(deps.clock.now()), over));
  });

  app.get('/registry', async (c) => {
    await checkReader(deps, c.var.signedBy);
    const head = await deps.store.registry.head();
    if (head === undefined) throw new RotaError('RegistryEmpty', {});
    const [, , , region = '', accountId = ''] = deps.stateMachineArnOf('key-sweep').split(':');
    return c.json({ head, registry: await deps.store.registry.whole(), place: { accountId, region } });
  });

  app.get('/whoami', async (c) => c.json(await personOf(deps, c.var.signedBy)));

  return app;
}
