import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { defaultNames, makeClients, type Clients } from '../../store/clients.ts';
import { makeStore } from '../../store/store.ts';
import { keysTagged } from '../../store/tagged-keys.ts';
import { createSuccessor } from '../../tasks/key/create-successor.ts';
import { runTask } from '../../tasks/task.ts';

/** A bank's account. */
const keyCount = 8000;
const idOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
const successor = idOf(keyCount - 3);

/** Answers on KMS's behalf, in the client's own pipeline, so that whoever notes calls notes these; counts how many are on their way at once. */
function accountOf(clients: Clients) {
  let underWay = 0;
  let most = 0;
  const answer = async (name: string, input: Record<string, unknown>): Promise<object> => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    if (name === 'ListKeysCommand') {
      const from = Number(input.Marker ?? 0);
      return { Keys: Array.from({ length: 1000 }, (_, i) => ({ KeyId: idOf(from + i) })), ...(from + 1000 < keyCount ? { NextMarker: String(from + 1000), Truncated: true } : {}) };
    }
    if (name !== 'ListResourceTagsCommand') throw new Error(`nobody asked for ${name}`);
    return { Tags: input.KeyId === successor ? [{ TagKey: 'rota:rotation', TagValue: 'payments-s3' }] : [] };
  };
  clients.kms.middlewareStack.add((_next, context) => async ({ input }) => ({ output: { ...(await answer(context.commandName ?? '', input as Record<string, unknown>)), $metadata: { requestId: '11111111-2222-4333-8444-555555555555' } }, response: {} }), { step: 'initialize', priority: 'low' });
  return { mostAtOnce: () => most };
}

function clientsOfTest(): Clients {
  return makeClients({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } });
}

test('a successor is found among all keys of an account, some of them at once', async () => {
  const clients = clientsOfTest();
  const { mostAtOnce } = accountOf(clients);
  expect(await keysTagged(clients.kms, 'rota:rotation', 'payments-s3')).toEqual([successor]);
  expect(mostAtOnce()).toBe(10);
});

// Amazon DynamoDB Developer Guide, "Constraints": an item has 400 KB at most; what a step did is one.
test('a step that looks through all keys of an account leaves a record that the ledger can hold', async () => {
  const clients = clientsOfTest();
  accountOf(clients);
  const written: unknown[] = [];
  const dynamo = {
    send: (command: object) => {
      if (command instanceof UpdateItemCommand) written.push(command.input.ExpressionAttributeValues);
      if (command instanceof GetItemCommand) return Promise.resolve({ Item: marshall({ head: { rotationId: 'payments-s3', alias: 'alias/payments' } }) });
      return Promise.resolve({ Attributes: marshall({ step: 'create-successor', intendedAt: '2026-11-27T08:00:00Z', attempts: 2, kmsCalls: [] }) });
    },
  } as unknown as DynamoDBClient;
  const store = makeStore({ dynamo, s3: clients.s3 } as Clients, defaultNames);
  const deps = { clock: { now: () => Date.parse('2026-11-27T08:01:00Z') }, clients, names: defaultNames, store, movedClockSeconds: () => 0 };
  expect(await runTask(createSuccessor, { rotationId: 'payments-s3' }, deps)).toEqual({ newKeyId: successor });
  expect(written.length).toBeGreaterThan(0);
  for (const values of written) expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThan(400 * 1024);
});
