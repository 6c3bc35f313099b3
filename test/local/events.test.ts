import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test, vi } from 'vitest';
import { accountId, client, nameOf, region, rotaLocal, start } from '../embedded-aws.ts';

test('EventBridge keeps events, and refuses a bad one alone', async () => {
  const { url } = await start();
  const events = new EventBridgeClient(client(url));
  const good = { Source: 'rota', DetailType: 'Rota Rotation Ended', Detail: '{"rotationId":"r1"}' };
  const { FailedEntryCount, Entries = [] } = await events.send(new PutEventsCommand({ Entries: [good, { ...good, Detail: '{' }, { ...good, Source: 'aws.kms' }, { Source: 'rota' }] }));
  expect(FailedEntryCount).toBe(3);
  expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'MalformedDetail', 'NotAuthorizedForSourceException', 'InvalidArgument']);
  expect(await rotaLocal(url, 'ListEvents')).toMatchObject({ events: [{ id: Entries[0]?.EventId, source: 'rota', 'detail-type': 'Rota Rotation Ended', detail: { rotationId: 'r1' }, account: accountId, region }] });
  expect(await nameOf(events.send(new PutEventsCommand({ Entries: [] })))).toBe('ValidationException');
});

test('the host process is told of each event once it is kept, also while the clock is moved; its failure is its own', async () => {
  const told: unknown[] = [];
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const embedded = await start({
    onEvent: async ({ 'detail-type': type, detail }) => {
      await new Promise((resolve) => setImmediate(resolve));
      told.push([type, detail]);
      if (type === 'bad') throw new Error('the host stumbles');
    },
  });
  const events = new EventBridgeClient(client(embedded.url));
  const put = (DetailType: string) => events.send(new PutEventsCommand({ Entries: [{ Source: 'rota', DetailType, Detail: '{"a":1}' }] }));
  expect((await put('bad')).FailedEntryCount).toBe(0);
  await put('good');
  await embedded.clock.idle;
  expect(told).toEqual([['bad', { a: 1 }], ['good', { a: 1 }]]);
  expect(errors.mock.calls.flat().join('')).toContain('the host stumbles');
  errors.mockRestore();
});
