import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { settledFact } from '../../core/approval/delay.ts';
import { targetFailureSentence } from '../../core/failure-sentence.ts';
import { repairFacts } from '../../core/findings/key-line.ts';
import { arnOf, partitionOf } from '../../core/inventory/judge-key.ts';
import type { KpiFact } from '../../core/kpi/facts.ts';
import { kpiMetrics } from '../../core/kpi/metrics.ts';
import { kpiReport } from '../../core/kpi/report.ts';
import { addFacts, type KpiTally } from '../../core/kpi/tally.ts';
import { announceFact } from '../../store/events.ts';
import { getObjectActions } from '../../store/get-object.ts';
import { renewedActions } from '../../store/renewed.ts';
import { plainTask, type PlainContext } from '../task.ts';
import { dueRotations } from './due-rotations.ts';
import { leavePlaces } from './leave-places.ts';
import { accountOf, SweptTarget } from './targets.ts';

/** Carries the KPIs on by what was told since the last sweep, ends what was known of places that are no longer swept, tells the KPIs as metrics, and asks for the rotations that are due. */
export const closeSweep = plainTask({
  name: 'close-sweep',
  input: z.strictObject({ sweepId: z.string(), targets: z.array(SweptTarget) }),
  output: z.strictObject({ started: z.array(z.string()), failed: z.int() }),
  errors: ['RegistryEmpty'],
  actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Scan', ...getObjectActions, 's3:PutObject', 'events:PutEvents', ...renewedActions],
  run: async ({ sweepId, targets }, context) => {
    const { store, clock, now } = context;
    const day = now.slice(0, 10);
    const before = await store.records.tallySoFar();
    const settled = await approvalFacts(before, context);
    await store.records.addFacts(day, `${sweepId}.approvals.${randomUUID()}`, settled);
    const repaired = await missedFacts(before, targets, context);
    await store.records.addFacts(day, `${sweepId}.missed.${randomUUID()}`, repaired);
    const known = addFacts(before, [...settled, ...repaired]);
    const tally = addFacts(known, await leavePlaces(known, { sweepId, targets }, context));
    await store.records.putTally(day, tally);
    const report = kpiReport(tally, now);
    await store.records.putReport(day, report);
    const started = await dueRotations(context);
    const failed = targets.filter((t) => t.error !== undefined);
    await announceFact(context, 'Rota Sweep Ended', { sweepId, targets: targets.length, failed: failed.map(({ region, roleArn, error = '' }) => ({ region, roleArn, error: targetFailureSentence(error) })), started });
    // Last of all: a sweep that broke off here is missed.
    for (const line of kpiMetrics(report, { targetsFailed: failed.length }, clock.now())) context.tellMetrics?.(line);
    return { started, failed: failed.length };
  },
});

/** Every question that was settled and is not told yet. */
async function approvalFacts({ approvals: told }: KpiTally, { store }: PlainContext): Promise<KpiFact[]> {
  return (await store.approvals.all()).filter((a) => told[a.approvalId] === undefined).flatMap((a) => settledFact(a) ?? []);
}

/** What events have missed about keys since they last told of them. */
async function missedFacts({ keys: told }: KpiTally, targets: readonly SweptTarget[], { store }: PlainContext): Promise<KpiFact[]> {
  const missed: KpiFact[] = [];
  for (const { place, region, sweptAt } of targets) {
    if (place === undefined || sweptAt === undefined) continue;
    const prefix = arnOf({ partition: partitionOf(region), region, accountId: accountOf(place) }, '');
    missed.push(...repairFacts(told, { lines: await store.records.keys(place), prefix, sweptAt }));
  }
  return missed;
}
