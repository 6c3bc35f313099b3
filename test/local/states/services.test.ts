import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/wire/errors.ts';
import { detailsOf, openWorld, single, type World } from './world.ts';

type Call = [service: string, operation: string, input: Record<string, unknown>, role: string];

async function worldWith(answer: () => unknown): Promise<{ world: World; calls: Call[] }> {
  const calls: Call[] = [];
  const world = await openWorld({
    callService: (...call) => {
      calls.push(call);
      return Promise.resolve().then(answer);
    },
  });
  return { world, calls };
}

const task = (resource: string, Arguments: Record<string, unknown> = {}) => single({ Type: 'Task', Resource: `arn:aws:states:::${resource}`, Arguments });

describe('AWS SDK integrations', () => {
  it('call the service under the role of the machine, and show timestamps as ISO 8601', async () => {
    const { world, calls } = await worldWith(() => ({ KeyMetadata: { KeyId: 'k', CreationDate: 1_700_000_000.5 } }));
    const { described, events } = await world.run(task('aws-sdk:kms:describeKey', { KeyId: '{% $states.input.key %}' }), { key: 'alias/a' });
    expect(calls).toEqual([['kms', 'DescribeKey', { KeyId: 'alias/a' }, 'arn:aws:iam::111122223333:role/states']]);
    expect(described.output).toBe('{"KeyMetadata":{"KeyId":"k","CreationDate":"2023-11-14T22:13:20.500Z"}}');
    expect(detailsOf(events[2])).toMatchObject({ resourceType: 'aws-sdk:kms', resource: 'describeKey', region: 'eu-central-1' });
  });

  it('take and give PascalCase for Step Functions too, whose wire is camelCase', async () => {
    const { world, calls } = await worldWith(() => ({ executionArn: 'e', startDate: 1_700_000_000 }));
    const { described } = await world.run(task('aws-sdk:sfn:startExecution', { StateMachineArn: 'm', Input: '{}', Name: 'n' }));
    expect(calls[0]?.slice(0, 3)).toEqual(['sfn', 'StartExecution', { stateMachineArn: 'm', input: '{}', name: 'n' }]);
    expect(described.output).toBe('{"ExecutionArn":"e","StartDate":"2023-11-14T22:13:20.000Z"}');
  });

  it('start an execution once, though a crash asked for it twice', async () => {
    const { world, calls } = await worldWith(() => {
      if (calls.at(-1)?.[1] === 'StartExecution') throw new AwsError('ExecutionAlreadyExists', 'from before the crash');
      return { startDate: 1_700_000_000 };
    });
    const { described } = await world.run(task('aws-sdk:sfn:startExecution', { StateMachineArn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:m' }));
    const { name } = calls[0]?.[2] as { name: string };
    expect(name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(described.output).toBe(JSON.stringify({ ExecutionArn: `arn:aws:states:eu-central-1:111122223333:execution:m:${name}`, StartDate: '2023-11-14T22:13:20.000Z' }));
  });

  // Names: SFN-DG supported-services-awssdk; recorded on AWS in LocalStack snapshots error_handling/test_aws_sdk, services/test_aws_sdk_task_service.
  for (const [resource, code, name] of [
    ['aws-sdk:kms:describeKey', 'NotFoundException', 'Kms.NotFoundException'],
    ['aws-sdk:kms:encrypt', 'KMSInvalidStateException', 'Kms.KmsInvalidStateException'],
    ['aws-sdk:kms:encrypt', 'AccessDeniedException', 'Kms.KmsException'],
    ['aws-sdk:dynamodb:putItem', 'ResourceNotFoundException', 'DynamoDb.ResourceNotFoundException'],
    ['aws-sdk:dynamodb:putItem', 'ValidationException', 'DynamoDb.DynamoDbException'],
    ['aws-sdk:s3:getObject', 'NoSuchKey', 'S3.NoSuchKeyException'],
    ['aws-sdk:sfn:sendTaskSuccess', 'InvalidToken', 'Sfn.InvalidTokenException'],
  ] as const)
    it(`name ${code} of ${resource} ${name}`, async () => {
      const { world } = await worldWith(() => {
        throw new AwsError(code, 'what is wrong');
      });
      const { described } = await world.run(task(resource));
      expect(described.error).toBe(name);
      expect(described.cause).toMatch(/^what is wrong \(Service: \w+, Status Code: 400, Request ID: \S+\)$/);
    });
});

describe('events:putEvents', () => {
  it('takes Detail as an object and names the execution as a resource', async () => {
    const { world, calls } = await worldWith(() => ({ FailedEntryCount: 0, Entries: [{ EventId: 'i' }] }));
    const { execution, described } = await world.run(task('events:putEvents', { Entries: [{ Source: 's', DetailType: 't', Detail: { a: '{% $states.input.a %}' } }] }), { a: 1 });
    expect(calls[0]?.[2]).toEqual({ Entries: [{ Source: 's', DetailType: 't', Detail: '{"a":1}', Resources: [execution.replace(':execution:', ':stateMachine:').replace(/:e$/, ''), execution] }] });
    expect(described.status).toBe('SUCCEEDED');
  });

  it('fails when an entry fails', async () => {
    const { world } = await worldWith(() => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'MalformedDetail' }] }));
    const { described } = await world.run(task('events:putEvents', { Entries: [{}] }));
    expect(described).toMatchObject({ error: 'EventBridge.FailedEntry', cause: '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]}' });
  });
});

describe('lambda:invoke', () => {
  it('shows an error of the function under its own name, with the cause as Lambda gives it', async () => {
    const world = await openWorld({
      functions: {
        f: () => {
          throw Object.assign(new Error('too many'), { name: 'LimitReached' });
        },
      },
    });
    const { described } = await world.run(task('lambda:invoke', { FunctionName: 'f' }));
    expect(described).toMatchObject({ error: 'LimitReached', cause: '{"errorMessage":"too many","errorType":"LimitReached","trace":[]}' });
  });
});
