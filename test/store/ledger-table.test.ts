import { expect, onTestFinished, test } from 'vitest';
import { expectedByLedger } from '../../core/findings/expected-aliases.ts';
import { keptKeys } from '../../core/findings/kept-keys.ts';
import { defaultNames, makeClients } from '../../store/clients.ts';
import { LedgerTable } from '../../store/ledger-table.ts';
import { setUp } from '../../store/set-up.ts';
import { Table } from '../../store/table.ts';
import { examplePlan } from '../core/plan/example-plan.ts';
import { admin, region, start } from '../embedded-aws.ts';

async function startLedger() {
  const aws = await start();
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  onTestFinished(() => clients.destroy());
  await setUp(clients, defaultNames, {});
  const table = new Table(clients.dynamo, defaultNames.ledgerTable);
  const crashed = async (rotationId: string, alias: string): Promise<void> => {
    const listed = { rotationId, alias, workflow: 'byok-rotation', requestedAt: '2026-11-27T12:00:00Z' };
    await table.put({ rotationId: '#rotations', step: rotationId, listed });
  };
  return { ledger: new LedgerTable(table), crashed };
}

const request = (rotationId: string, alias: string, requestedAt: string) => ({ rotationId, workflow: 'byok-rotation' as const, alias, requestedBy: 'carol', reason: 'yearly rotation', requestedAt });

test('an outline of a rotation has what findings go by, and no plan as a whole', async () => {
  const { ledger, crashed } = await startLedger();
  const plan = examplePlan({});
  const { keyId } = plan.oldKey;
  const aliases = [{ alias: 'alias/payments', from: keyId, to: 'k2' }];
  await ledger.open(request('payments-s1', 'alias/payments', '2026-11-26T12:00:00Z'));
  await ledger.settle('payments-s1', { plan, cutoverPlan: { aliases, stage: 'cutover' } as never, outcome: 'complete', switchedAt: '2026-11-26T13:00:00Z', keptAt: '2026-11-26T13:01:00Z' });
  await ledger.open(request('cards-s1', 'alias/cards', '2026-11-27T12:00:00Z'));
  await crashed('tokens-s1', 'alias/tokens');
  const outlines = await ledger.outlines();
  expect(outlines).toEqual([
    { rotationId: 'cards-s1', alias: 'alias/cards', requestedAt: '2026-11-27T12:00:00Z' },
    {
      rotationId: 'payments-s1',
      alias: 'alias/payments',
      requestedAt: '2026-11-26T12:00:00Z',
      outcome: 'complete',
      switchedAt: '2026-11-26T13:00:00Z',
      keptAt: '2026-11-26T13:01:00Z',
      plan: { alias: plan.alias, aliases: plan.aliases, owner: plan.owner, oldKey: { keyId }, breakGlassRoleArn: plan.breakGlassRoleArn },
      cutoverPlan: { aliases },
    },
  ]);
  const heads = await ledger.headsOf(['payments-s1', 'cards-s1']);
  expect(expectedByLedger(outlines)).toEqual(expectedByLedger(heads));
  expect(keptKeys(outlines)).toEqual(keptKeys(heads));
  expect(keptKeys(outlines).has(keyId)).toBe(true);
});

test('what is known of the rotations of a key: not those of another, nor a rollback, nor one that a crash left without a head', async () => {
  const { ledger, crashed } = await startLedger();
  await ledger.open(request('payments-s1', 'alias/payments', '2026-11-26T12:00:00Z'));
  await ledger.settle('payments-s1', { outcome: 'refused' });
  await ledger.open({ ...request('payments-back', 'alias/payments', '2026-11-26T13:00:00Z'), workflow: 'alias-rollback' });
  await ledger.open(request('cards-s1', 'alias/cards', '2026-11-27T12:00:00Z'));
  await crashed('payments-s2', 'alias/payments');
  const rotationsOf = await ledger.byAlias();
  expect(await rotationsOf('alias/payments')).toMatchObject([{ rotationId: 'payments-s1', alias: 'alias/payments', outcome: 'refused' }]);
  expect(await rotationsOf('alias/none')).toEqual([]);
});
