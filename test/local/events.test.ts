import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
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
