import { ListKeysCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { quotasOf } from '../../core/pace/kms-rates.ts';
import { defaultNames, makeClients, watched } from '../../store/clients.ts';
import { kmsPaceOf } from '../../store/kms-pace.ts';
import { PaceTable } from '../../store/pace-table.ts';
import { setUp } from '../../store/set-up.ts';
import { Table } from '../../store/table.ts';
import { admin, nameOf, region, start } from '../embedded-aws.ts';

const someDay = Number.MAX_SAFE_INTEGER;

async function table() {
  const aws = await start();
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  await setUp(clients, defaultNames, {});
  return { aws, clients, paces: new PaceTable(new Table(clients.dynamo, defaultNames.paceTable)) };
}

test('turns are one interval apart whoever takes them at once; what would be too late is not taken; a pause is not made up for', async () => {
  const { clients, paces } = await table();
  const other = new PaceTable(new Table(clients.dynamo, defaultNames.paceTable));
  const nowMs = 1_000_000;
  const take = (from: PaceTable, latestMs: number, at = nowMs, perSecond = 2) => from.take({ pace: 'here CreateKey', perSecond, nowMs: at, latestMs });
  const turns = await Promise.all(Array.from({ length: 20 }, (_, i) => take(i % 2 === 0 ? paces : other, someDay)));
  expect(turns.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => nowMs - 500 + i * 500));

  // The next would be at 1,009,500.
  expect(await take(paces, nowMs + 9000)).toBeUndefined();
  expect(await take(paces, nowMs + 9500)).toBe(nowMs + 9500);
  // Long after, at most half a second's worth is caught up.
  expect(await take(paces, someDay, nowMs + 60_000)).toBe(nowMs + 59_500);
  expect(await take(other, someDay, nowMs + 60_000)).toBe(nowMs + 60_000);
  // Another share of the same quota waits in the same queue.
  expect(await take(other, someDay, nowMs + 60_000, 1)).toBe(nowMs + 60_500);
  expect(await take(other, someDay, nowMs + 60_000)).toBe(nowMs + 61_500);

  await paces.hold('here CreateKey', nowMs + 70_000);
  expect(await take(paces, someDay, nowMs + 60_000)).toBe(nowMs + 70_000);
});

test('at one a second nobody goes before a second has passed', async () => {
  const { paces } = await table();
  const take = () => paces.take({ pace: 'here GetParametersForImport', perSecond: 1, nowMs: 5000, latestMs: someDay });
  expect([await take(), await take(), await take()]).toEqual([5000, 6000, 7000]);
});

test('a queue of more than ten minutes is refused by name, and is no call of KMS', async () => {
  const { aws, clients, paces } = await table();
  const pace = kmsPaceOf({ store: { paces }, clock: aws.clock, clients }, quotasOf());
  await paces.take({ pace: `${region} CreateAlias`, perSecond: 1 / 3600, nowMs: aws.clock.now(), latestMs: someDay });
  expect(await nameOf(pace.ready('CreateAlias'))).toBe('KmsPaceFull');
  expect(await nameOf(pace.ready('DescribeKey'))).toBe('no error');
});

test('each attempt waits for its turn, and before it is signed', async () => {
  const { aws, clients } = await table();
  const turns: string[] = [];
  const pace = { ready: (operation: string) => Promise.resolve(void turns.push(operation)), refused: () => Promise.resolve() };
  const { kms } = watched(clients, aws.clock, { pace });
  const order = kms.middlewareStack.identify().map((line) => line.split(/[: ]/)[0]);
  expect(order.filter((name) => ['retryMiddleware', 'rotaPace', 'httpSigningMiddleware'].includes(name ?? ''))).toEqual(['retryMiddleware', 'rotaPace', 'httpSigningMiddleware']);
  await kms.send(new ListKeysCommand({}));
  expect(turns).toEqual(['ListKeys']);
  // Who was given nothing to wait for does not.
  await clients.kms.send(new ListKeysCommand({}));
  expect(turns).toEqual(['ListKeys']);
});
