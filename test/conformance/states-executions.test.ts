import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bench, callback, expectConsistent, machine, task, typesOf, type Event, type Wire } from '../local/states/harness.ts';

// Executions, callbacks and history. Sources: aws-facts 3.3, 3.5, 3.6, 3.12.

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open({ echo: (payload: unknown) => payload, ask: () => 'asked' });
});
afterEach(() => bench.close());

const waiting = machine({ W: { Type: 'Wait', Seconds: 1000, End: true } });
const asking = (more: Wire = {}) => machine({ A: callback('ask', more) });
const unknownToken = Buffer.from('never handed out').toString('base64url');

describe('callback tasks (aws-facts 3.3)', () => {
  test('SendTaskSuccess goes on with its output; history in AWS order', async () => {
    const arn = await bench.start(asking({ Output: { by: '{% $states.result.who %}' } }));
    expect((await bench.describe(arn)).status).toBe('RUNNING');
    expect(await bench.succeed(bench.token, { who: 'bob' })).toBeUndefined();
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'SUCCEEDED', result: { by: 'bob' } });
    expect(typesOf(end.events)).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
    expect(end.events.map((e) => e.previousEventId)).toEqual([0, 0, 2, 3, 4, 5, 6, 7]);
    expect(end.events[2]?.taskScheduledEventDetails).toMatchObject({ resourceType: 'lambda', resource: 'invoke.waitForTaskToken', region: 'eu-central-1' });
    // The answer of the Lambda itself is not the result.
    expect(JSON.stringify(end.events[4])).toContain('asked');
    expect(JSON.stringify(end.events[5])).not.toContain('asked');
  });

  test('SendTaskFailure fails the task with its error and cause', async () => {
    const arn = await bench.start(asking());
    await bench.call('SendTaskFailure', { taskToken: bench.token, error: 'Refused', cause: 'by alice' });
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'by alice' });
    expect(typesOf(end.events).slice(-3)).toEqual(['TaskSubmitted', 'TaskFailed', 'ExecutionFailed']);
  });

  test('SendTaskFailure is caught', async () => {
    const arn = await bench.start(machine({ A: callback('ask', { Catch: [{ ErrorEquals: ['Refused'], Next: 'P' }] }), P: { Type: 'Pass', End: true } }));
    await bench.call('SendTaskFailure', { taskToken: bench.token, error: 'Refused', cause: 'by alice' });
    await bench.advance(0);
    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', result: { Error: 'Refused', Cause: 'by alice' } });
  });

  test('a Lambda that fails, fails the callback task', async () => {
    bench.lambdas.ask = () => {
      throw Object.assign(new Error('x'), { name: 'Broken' });
    };
    expect(await bench.run(asking())).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(await bench.succeed(bench.token, {})).toBe('TaskTimedOut');
  });

  test('an answer from within the Lambda counts', async () => {
    const answers: (string | undefined)[] = [];
    bench.lambdas.ask = async ({ token }: { token: string }) => {
      answers.push(await bench.refusal('SendTaskSuccess', { taskToken: token, output: '"early"' }));
      return 'late';
    };
    expect(await bench.run(asking())).toMatchObject({ status: 'SUCCEEDED', result: 'early' });
    expect(answers).toEqual([undefined]);
  });

  const answers: [string, Wire][] = [
    ['SendTaskSuccess', { output: '{}' }],
    ['SendTaskFailure', { error: 'E', cause: 'c' }],
    ['SendTaskHeartbeat', {}],
  ];
  // First answer wins; after the end of the task, by whatever way, TaskTimedOut.
  const endings: [string, (arn: string) => Promise<unknown>][] = [
    ['an answer', () => bench.succeed(bench.token, 1)],
    ['a failure', () => bench.call('SendTaskFailure', { taskToken: bench.token })],
    ['StopExecution', (executionArn) => bench.call('StopExecution', { executionArn })],
    ['TimeoutSeconds', () => bench.advance(101)],
  ];
  for (const [operation, answer] of answers) {
    test.each(endings)(`${operation} after %s is TaskTimedOut, also after a restart`, async (_, end) => {
      const arn = await bench.start(asking({ TimeoutSeconds: 100 }));
      await end(arn);
      const told = await bench.end(arn);
      expect(told.status).not.toBe('RUNNING');
      expect(await bench.refusal(operation, { taskToken: bench.token, ...answer })).toBe('TaskTimedOut');
      await bench.reopen();
      expect(await bench.refusal(operation, { taskToken: bench.token, ...answer })).toBe('TaskTimedOut');
      expect(await bench.end(arn)).toEqual(told);
    });

    test.each([[unknownToken, 'InvalidToken'], ['', 'ValidationException'], [undefined, 'ValidationException']])(`${operation} with token %j is %s`, async (taskToken, code) => {
      await bench.start(asking());
      expect(await bench.refusal(operation, { taskToken, ...answer })).toBe(code);
    });
  }

  test('of two answers at once one wins', async () => {
    const arn = await bench.start(asking());
    const taskToken = bench.token;
    const both = await Promise.all([1, 2].map((n) => bench.refusal('SendTaskSuccess', { taskToken, output: String(n) })));
    expect(both).toEqual([undefined, 'TaskTimedOut']);
    expect((await bench.end(arn)).result).toBe(1);
  });

  test('an output that is no JSON is InvalidOutput, and the task waits on', async () => {
    const arn = await bench.start(asking());
    expect(await bench.refusal('SendTaskSuccess', { taskToken: bench.token, output: '{' })).toBe('InvalidOutput');
    expect(await bench.succeed(bench.token, 1)).toBeUndefined();
    expect((await bench.describe(arn)).status).toBe('SUCCEEDED');
  });

  test('TimeoutSeconds ends with States.Timeout', async () => {
    const arn = await bench.start(asking({ TimeoutSeconds: '{% 50 * 2 %}' }));
    await bench.advance(90);
    expect((await bench.describe(arn)).status).toBe('RUNNING');
    await bench.advance(11);
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(typesOf(end.events).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
  });

  test('heartbeats keep it alive and leave no event; silence is States.Timeout, as recorded on AWS', async () => {
    const arn = await bench.start(asking({ HeartbeatSeconds: 100 }));
    const before = await bench.history(arn);
    for (let i = 0; i < 5; i++) {
      await bench.advance(80);
      await bench.call('SendTaskHeartbeat', { taskToken: bench.token });
    }
    expect(await bench.describe(arn)).toMatchObject({ status: 'RUNNING' });
    expect(await bench.history(arn)).toEqual(before);
    await bench.advance(101);
    expect(await bench.end(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  test('heartbeats do not extend TimeoutSeconds', async () => {
    const arn = await bench.start(asking({ HeartbeatSeconds: 100, TimeoutSeconds: 150 }));
    await bench.advance(80);
    await bench.call('SendTaskHeartbeat', { taskToken: bench.token });
    await bench.advance(71);
    expect(await bench.end(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  test('a heartbeat counts after a restart', async () => {
    const arn = await bench.start(asking({ HeartbeatSeconds: 100 }));
    await bench.advance(80);
    await bench.call('SendTaskHeartbeat', { taskToken: bench.token });
    await bench.reopen();
    await bench.advance(80);
    expect((await bench.describe(arn)).status).toBe('RUNNING');
    await bench.advance(21);
    expect(await bench.end(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  test('a retry has a token of its own; the old one answers TaskTimedOut', async () => {
    const arn = await bench.start(asking({ TimeoutSeconds: 10, Retry: [{ ErrorEquals: ['States.Timeout'] }] }));
    const old = bench.token;
    await bench.advance(12);
    expect(bench.token).not.toBe(old);
    expect(await bench.succeed(old, 'old')).toBe('TaskTimedOut');
    expect(await bench.succeed(bench.token, 'new')).toBeUndefined();
    expect((await bench.end(arn)).result).toBe('new');
  });
});

describe('StartExecution (aws-facts 3.5)', () => {
  const start = (stateMachineArn: string, more: Wire = {}) => ({ stateMachineArn, name: 'one', input: '{"a":1}', ...more });

  test('same name and input while it runs: the same answer', async () => {
    const stateMachineArn = await bench.create(waiting);
    const first = await bench.call('StartExecution', start(stateMachineArn));
    expect(await bench.call('StartExecution', start(stateMachineArn))).toEqual(first);
    await bench.reopen();
    expect(await bench.call('StartExecution', start(stateMachineArn))).toEqual(first);
    expect((await bench.call<{ executions: unknown[] }>('ListExecutions', { stateMachineArn })).executions).toHaveLength(1);
  });

  test('another input, or a closed execution, is ExecutionAlreadyExists', async () => {
    const stateMachineArn = await bench.create(waiting);
    await bench.call('StartExecution', start(stateMachineArn));
    expect(await bench.refusal('StartExecution', start(stateMachineArn, { input: '{"a":2}' }))).toBe('ExecutionAlreadyExists');
    await bench.advance(1001);
    expect(await bench.refusal('StartExecution', start(stateMachineArn))).toBe('ExecutionAlreadyExists');
  });

  test.each([
    ['no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['a space in the name', { name: 'a b' }, 'InvalidName'],
    ['81 characters', { name: 'n'.repeat(81) }, 'ValidationException'],
    ['no such machine', { stateMachineArn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:none' }, 'StateMachineDoesNotExist'],
  ])('%s is %s', async (_, more, code) => {
    expect(await bench.refusal('StartExecution', start(await bench.create(waiting), more))).toBe(code);
  });

  test('a running execution keeps its definition (aws-facts 3.7)', async () => {
    const stateMachineArn = await bench.create(waiting);
    const { executionArn } = await bench.call<{ executionArn: string }>('StartExecution', { stateMachineArn, input: '7' });
    await bench.call('UpdateStateMachine', { stateMachineArn, definition: JSON.stringify(machine({ F: { Type: 'Fail' } })) });
    await bench.reopen();
    expect(await bench.call('DescribeStateMachineForExecution', { executionArn })).toMatchObject({ definition: JSON.stringify(waiting) });
    await bench.advance(1001);
    expect(await bench.end(executionArn)).toMatchObject({ status: 'SUCCEEDED', result: 7 });
  });

  test('TimeoutSeconds of the machine ends with TIMED_OUT', async () => {
    const arn = await bench.start(machine({ W: { Type: 'Wait', Seconds: 1000, End: true } }, { TimeoutSeconds: 100 }));
    await bench.advance(101);
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'TIMED_OUT', redriveStatus: 'REDRIVABLE' });
    expect(typesOf(end.events).at(-1)).toBe('ExecutionTimedOut');
  });
});

describe('StopExecution', () => {
  test('ends with ABORTED, error and cause; nothing goes on', async () => {
    const arn = await bench.start(machine({ W: { Type: 'Wait', Seconds: 1000, Next: 'E' }, E: task('echo') }));
    await bench.call('StopExecution', { executionArn: arn, error: 'Stop', cause: 'by alice' });
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'ABORTED', error: 'Stop', cause: 'by alice' });
    expect(typesOf(end.events)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
    await bench.advance(2000);
    expect(await bench.end(arn)).toEqual(end);
    expect(bench.invoked).toEqual([]);
  });

  test('leaves an ended execution as it is', async () => {
    const end = await bench.start(machine({ E: task('echo') }), 1);
    const before = await bench.end(end);
    await bench.call('StopExecution', { executionArn: end });
    expect(await bench.end(end)).toEqual(before);
  });

  test('of no execution is ExecutionDoesNotExist', async () => {
    expect(await bench.refusal('StopExecution', { executionArn: 'arn:aws:states:eu-central-1:111122223333:execution:m:none' })).toBe('ExecutionDoesNotExist');
  });
});

describe('RedriveExecution (aws-facts 3.6)', () => {
  const flaky = machine({ E: task('echo', { Next: 'V' }), V: { Type: 'Pass', Assign: { v: 'kept' }, Next: 'F' }, F: task('flaky', { Output: '{% $v & $states.result.Payload %}', Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }] }) });
  let failures: number;
  beforeEach(() => {
    failures = 2;
    bench.lambdas.flaky = () => {
      if (failures-- > 0) throw Object.assign(new Error('x'), { name: 'Broken' });
      return ' ok';
    };
  });

  test.each([[false], [true]])('goes on from the failed state, the retries counted afresh (restart: %s)', async (restart) => {
    const arn = await bench.start(flaky);
    await bench.advance(10);
    expect(await bench.end(arn)).toMatchObject({ status: 'FAILED', error: 'Broken', redriveCount: 0, redriveStatus: 'REDRIVABLE' });
    if (restart) await bench.reopen();
    failures = 1;
    await bench.call('RedriveExecution', { executionArn: arn });
    await bench.advance(10);
    const end = await bench.end(arn);
    expect(end).toMatchObject({ status: 'SUCCEEDED', result: 'kept ok', redriveCount: 1 });
    expect(end.error).toBeUndefined();
    expect(bench.invoked.map(({ name }) => name)).toEqual(['echo', 'flaky', 'flaky', 'flaky', 'flaky']);
    expect(typesOf(end.events)).toContain('ExecutionRedriven');
  });

  test('a stopped callback gets a new token', async () => {
    const executionArn = await bench.start(asking());
    const old = bench.token;
    await bench.call('StopExecution', { executionArn });
    await bench.call('RedriveExecution', { executionArn });
    await bench.advance(0);
    expect(bench.token).not.toBe(old);
    expect(await bench.succeed(old, 1)).toBe('TaskTimedOut');
    expect(await bench.succeed(bench.token, 2)).toBeUndefined();
    expect(await bench.end(executionArn)).toMatchObject({ status: 'SUCCEEDED', result: 2 });
  });

  const refused: [string, () => Promise<string>][] = [
    ['a running one', () => bench.start(waiting)],
    ['one that succeeded', () => bench.start(machine({ E: task('echo') }))],
    ['one that ended more than 14 days ago', async () => {
      const arn = await bench.start(machine({ F: { Type: 'Fail' } }));
      await bench.advance(14 * 86_400 + 1);
      return arn;
    }],
  ];
  test.each(refused)('%s is ExecutionNotRedrivable', async (_, made) => {
    expect(await bench.refusal('RedriveExecution', { executionArn: await made() })).toBe('ExecutionNotRedrivable');
  });

  test('13 days later it still may', async () => {
    const executionArn = await bench.start(machine({ F: { Type: 'Fail' } }));
    await bench.advance(13 * 86_400);
    expect(await bench.refusal('RedriveExecution', { executionArn })).toBeUndefined();
  });
});

describe('GetExecutionHistory (aws-facts 3.12)', () => {
  const pages = async (executionArn: string, more: Wire) => {
    const all: Event[][] = [];
    let nextToken: string | undefined;
    do {
      const answer: { events: Event[]; nextToken?: string } = await bench.call('GetExecutionHistory', { executionArn, ...more, ...(nextToken === undefined ? {} : { nextToken }) });
      all.push(answer.events);
      ({ nextToken } = answer);
    } while (nextToken !== undefined);
    return all;
  };

  test('pages of maxResults, forwards and backwards', async () => {
    const arn = await bench.start(machine({ A: task('echo', { Next: 'B' }), B: task('echo') }));
    const whole = await bench.history(arn);
    expect(whole).toHaveLength(12);
    const forwards = await pages(arn, { maxResults: 5 });
    expect(forwards.map((p) => p.length)).toEqual([5, 5, 2]);
    expect(forwards.flat()).toEqual(whole);
    const backwards = await pages(arn, { maxResults: 6, reverseOrder: true });
    expect(backwards.map((p) => p.length)).toEqual([6, 6]);
    expect(backwards.flat()).toEqual([...whole].reverse());
  });

  test('100 events by default', async () => {
    const arn = await bench.start(machine({ M: { Type: 'Map', End: true, ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } } } }), Array.from({ length: 40 }, (_, i) => i));
    expectConsistent(await bench.history(arn));
    expect((await pages(arn, {})).map((p) => p.length)).toEqual([100, 66]);
  });

  test('a token that is none is InvalidToken', async () => {
    expect(await bench.refusal('GetExecutionHistory', { executionArn: await bench.start(waiting), nextToken: '!' + unknownToken })).toBe('InvalidToken');
  });

  test('without execution data it shows none', async () => {
    const arn = await bench.start(machine({ A: task('echo') }), { secret: 'in the data' });
    const shown = JSON.stringify(await pages(arn, { includeExecutionData: false }));
    expect(shown).not.toContain('in the data');
    expect(shown).toContain('TaskSucceeded');
  });

  test('each branch has a chain of its own', async () => {
    const scope = (name: string) => ({ StartAt: name, States: { [name]: task('echo') } });
    const { events } = await bench.run(machine({ P: { Type: 'Parallel', End: true, Branches: [scope('L'), scope('R')] } }));
    const chain = (last: Event): string[] => {
      const before = events[last.previousEventId - 1];
      return [...(before === undefined ? [] : chain(before)), last.type];
    };
    const branchEnds = events.filter((e) => e.type === 'TaskStateExited');
    expect(branchEnds.map(chain)).toEqual([0, 1].map(() => ['ParallelStateEntered', 'ParallelStateStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited']));
  });
});
