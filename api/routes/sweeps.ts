import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { Hono } from 'hono';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { targetFailureSentence } from '../../core/failure-sentence.ts';
import { FindingFilter } from '../../core/findings/list-findings.ts';
import { AliasName } from '../../core/ids.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { personOf, personWithRole } from '../identity/person.ts';
import { readBody, readQuery, Reason } from '../read-body.ts';
import { acceptAlias } from '../sweeps/accept-alias.ts';
import { findingsFor } from '../sweeps/findings.ts';
import { kpiAsOf } from '../sweeps/kpi.ts';
import { startSweep } from '../sweeps/start.ts';

const KpiQuery = z.strictObject({
  asOf: z
    .union([z.iso.datetime(), z.iso.date().transform((day) => `${day}T23:59:59Z`)], { error: 'must be a day such as 2027-06-30, or a time in UTC' })
    .optional(),
  windowDays: z.coerce.number().int().min(1).max(3653).default(365),
});

interface Result {
  readonly targets: readonly { readonly error?: string }[];
}

function resultOf(output: string): Result {
  const result = JSON.parse(output) as Result;
  return { ...result, targets: result.targets.map((target) => (target.error === undefined ? target : { ...target, error: targetFailureSentence(target.error) })) };
}

export function sweepRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/sweeps', async (c) => {
    await personWithRole(deps, c.var.signedBy, 'platform', 'start a sweep');
    await readBody(c, z.strictObject({}));
    const sweepId = `asked-${new Date(deps.clock.now()).toISOString().replace(/[:.]/g, '')}-${deps.randomSuffix()}`;
    await startSweep(deps, sweepId);
    return c.json({ sweepId }, 202);
  });

  app.get('/sweeps/:id', async (c) => {
    await personOf(deps, c.var.signedBy);
    const sweepId = c.req.param('id');
    const executionArn = `${deps.stateMachineArnOf('key-sweep').replace(':stateMachine:', ':execution:')}:${sweepId}`;
    try {
      const { status, output } = await deps.clients.states.send(new DescribeExecutionCommand({ executionArn }));
      return c.json({ sweepId, status, ...(output === undefined ? {} : { result: resultOf(output) }) });
    } catch (error) {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
      throw new RotaError('NotFound', { what: `sweep ${sweepId}` });
    }
  });

  app.get('/findings', async (c) => {
    await personOf(deps, c.var.signedBy);
    return c.json(await findingsFor(deps, readQuery(c, FindingFilter)));
  });

  app.post('/findings/accept', async (c) => {
    const person = await personWithRole(deps, c.var.signedBy, 'platform', 'accept where an alias leads');
    const { alias, reason } = await readBody(c, z.strictObject({ alias: AliasName, reason: Reason }));
    return c.json(await acceptAlias(deps, person, alias, reason));
  });

  app.get('/kpi', async (c) => {
    await personOf(deps, c.var.signedBy);
    const { asOf, windowDays } = readQuery(c, KpiQuery);
    return c.json(await kpiAsOf(deps, asOf, windowDays));
  });

  return app;
}
