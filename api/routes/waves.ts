import { Hono } from 'hono';
import { z } from 'zod';
import { AliasName } from '../../core/ids.ts';
import { usualShare } from '../../core/kms-quotas.ts';
import { largestWave, usualFailureShare } from '../../core/wave/wave.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf, personWithRole } from '../identity/person.ts';
import { readBody, readQuery, Reason } from '../read-body.ts';
import { letWaveGoOn, stopWave } from '../waves/acts.ts';
import { askForWave } from '../waves/ask.ts';
import { statusOfWave, summariesOf, wavesAPage } from '../waves/drive.ts';

/** Either `due`, every registered key whose warning time has begun, or `aliases`. */
const WaveBody = z
  .strictObject({
    due: z.literal(true).optional(),
    aliases: z.array(AliasName).min(1).optional(),
    reason: Reason,
    canaries: z.int().min(1).max(largestWave).optional(),
    failureShare: z.number().min(0).max(1).default(usualFailureShare),
    quotaShare: z.number().gt(0).max(1).default(usualShare),
    most: z.int().min(1).max(largestWave).default(largestWave),
  })
  .refine((body) => (body.due === undefined) !== (body.aliases === undefined), { path: ['aliases'], error: 'must be there, or else due: true, but not both' });

export function waveRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/waves', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'start a wave of rotations');
    const asked = await readBody(c, WaveBody);
    const answer = await askForWave(deps, person, asked);
    return c.json(answer, answer.waveId === undefined ? 200 : 202);
  });

  /** A page, newest first. */
  app.get('/waves', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { from } = readQuery(c, z.strictObject({ from: z.coerce.number().int().min(0).default(0) }));
    const page = (await deps.store.waves.list()).slice(from, from + wavesAPage);
    return c.json(await summariesOf(deps, page.map(({ waveId }) => waveId)));
  });

  app.get('/waves/:id', async (c) => {
    await personOf(deps, c.var.signedBy);
    return c.json(await statusOfWave(deps, c.req.param('id')));
  });

  app.post('/waves/:id/stop', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'custodian', 'stop a wave of rotations');
    const { reason } = await readBody(c, z.strictObject({ reason: Reason }));
    const waveId = c.req.param('id');
    await stopWave(deps, person, waveId, reason);
    return c.json(await statusOfWave(deps, waveId));
  });

  app.post('/waves/:id/go-on', async (c) => {
    await personWithRole(deps, c.var.signedBy, 'custodian', 'let a wave of rotations go on');
    const waveId = c.req.param('id');
    await letWaveGoOn(deps, waveId);
    return c.json(await statusOfWave(deps, waveId));
  });

  return app;
}
