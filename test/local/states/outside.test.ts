import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import type { EmbeddedAws } from '../../../local/server.ts';
import { accountId, admin, client, rotaLocal, start } from '../../embedded-aws.ts';

async function endOf(embedded: EmbeddedAws, definition: object): Promise<{ status: string | undefined; output: unknown; error: string | undefined }> {
  const states = new SFNClient(client(embedded.url));
  const { stateMachineArn } = await states.send(new CreateStateMachineCommand({ name: 'machine', definition: JSON.stringify({ QueryLanguage: 'JSONata', ...definition }), roleArn: `arn:aws:iam::${accountId}:role/machine` }));
  const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn }));
  for (;;) {
    const { status, output, error } = await states.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') return { status, output: output === undefined ? undefined : JSON.parse(output), error };
    await embedded.clock.idle;
  }
}

test('state machines call functions and services, each through the same door', async () => {
  const machine = { ...admin, id: 'machine', arn: `arn:aws:iam::${accountId}:role/machine`, accessKeyId: 'AKIATESTMACHINE', allow: ['kms:CreateKey', 'events:PutEvents'] };
  const told: unknown[] = [];
  const embedded = await start({ principals: [admin, machine], onEvent: ({ source, detail }) => {
    if (source === 'aws.states') told.push((detail as { status: string }).status);
  }, lambdas: () => new Map([['double', (payload: unknown) => Promise.resolve({ n: 2 * (payload as { n: number }).n })]]) });
  const work = await endOf(embedded, {
    StartAt: 'Double',
    States: {
      Double: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'double', Payload: { n: 21 } }, Output: '{% $states.result.Payload %}', Next: 'Tell' },
      Tell: { Type: 'Task', Resource: 'arn:aws:states:::events:putEvents', Arguments: { Entries: [{ Source: 'rota', DetailType: 'Doubled', Detail: '{% $states.input %}' }] }, Output: '{% $states.input %}', Next: 'Forbidden' },
      Forbidden: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:kms:listKeys', Arguments: {}, End: true },
    },
  });
  expect(work).toMatchObject({ status: 'FAILED', error: 'Kms.KmsException' });
  const { events } = await rotaLocal<{ events: { 'detail-type': string; detail: unknown }[] }>(embedded.url, 'ListEvents');
  expect(events).toContainEqual(expect.objectContaining({ 'detail-type': 'Doubled', detail: { n: 42 } }));
  expect(events.filter((event) => event['detail-type'] === 'Step Functions Execution Status Change')).toHaveLength(2);
  await embedded.clock.idle;
  expect(told).toEqual(['RUNNING', 'FAILED']);
});

test('a lost answer of a function or service is what Step Functions calls it', async () => {
  const machine = { ...admin, id: 'machine', arn: `arn:aws:iam::${accountId}:role/machine`, accessKeyId: 'AKIATESTMACHINE' };
  const embedded = await start({ principals: [admin, machine], lambdas: () => new Map([['f', () => Promise.resolve('done')]]) });
  const task = (Resource: string, Arguments: object) => ({ StartAt: 'T', States: { T: { Type: 'Task', Resource, Arguments, End: true } } });
  await rotaLocal(embedded.url, 'AddFault', { service: 'lambda', operation: 'f', kind: 'drop-answer' });
  expect(await endOf(embedded, task('arn:aws:states:::lambda:invoke', { FunctionName: 'f' }))).toMatchObject({ error: 'Lambda.SdkClientException' });
});
