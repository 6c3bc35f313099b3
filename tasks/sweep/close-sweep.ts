import { z } from 'zod';
import type { KpiFact } from '../../core/kpi/facts.ts';
import { kpiReport } from '../../core/kpi/report.ts';
import { addFacts, noFacts } from '../../core/kpi/tally.ts';
import { announceFact } from '../../store/events.ts';
import { plainTask, type PlainContext } from '../task.ts';
import { dueRotations } from './due-rotations.ts';
import { SweptTarget } from './targets.ts';

/** Carries the KPIs on by what was told since the last sweep, and asks for the rotations that are due. */
export const closeSweep = plainTask({
  name: 'close-sweep',
  input: z.strictObject({ sweepId: z.string(), targets: z.array(SweptTarget) }),
  output: z.strictObject({ started: z.array(z.string()), failed: z.int() }),
  errors: ['RegistryEmpty'],
  actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:Scan', 's3:GetObject', 's3:ListBucket', 's3:PutObject', 'events:PutEvents', 'kms:DescribeKey', 'kms:ListKeyRotations'],
  run: async ({ sweepId, targets }, context) => {
    const { store, now } = context;
    const day = now.slice(0, 10);
    await store.records.addFacts(day, `${sweepId}.approvals`, await approvalFacts(context));
    const { day: from, tally: before } = (await store.records.tally()) ?? { day: '', tally: noFacts };
    let tally = before;
    // The last day again: facts may have come after that sweep, and twice does no harm.
    for await (const { facts } of store.records.factsFrom(from)) tally = addFacts(tally, facts);
    await store.records.putTally({ day, tally });
    await store.records.putReport(day, kpiReport(tally, now));
    const started = await dueRotations(context);
    const failed = targets.filter((t) => t.error !== undefined);
    await announceFact(context, 'Rota Sweep Ended', { sweepId, targets: targets.length, failed: failed.map(({ region, roleArn, error }) => ({ region, roleArn, error })), started });
    return { started, failed: failed.length };
  },
});

/** Every question that was settled: the few that there are, each time anew. */
async function approvalFacts({ store }: PlainContext): Promise<KpiFact[]> {
  const settled = (await store.approvals.all()).filter((a) => a.settledAt !== undefined && (a.outcome === 'approved' || a.outcome === 'refused'));
  return settled.map(({ approvalId, requestedAt, settledAt = '' }): KpiFact => ({ fact: 'approval-settled', at: settledAt, approvalId, requestedAt }));
}
