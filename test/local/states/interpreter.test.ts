import { describe, expect, it } from 'vitest';
import { detailsOf, lambda, openWorld, single } from './world.ts';

const json = (text: string | undefined): unknown => JSON.parse(text ?? 'null');

describe('states', () => {
  it('passes input on, assigns beside output, and shows variables to the next state only', async () => {
    const world = await openWorld();
    const { described, events } = await world.run(
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Pass', Assign: { x: '{% $states.input.n + 1 %}', fixed: { list: [1, '{% 2 %}'] } }, Output: { seen: '{% $states.input.n %}' }, Next: 'B' },
          B: { Type: 'Pass', Assign: { x: '{% $x * 10 %}' }, Output: '{% [$x, $fixed.list, $states.input.seen] %}', Next: 'C' },
          C: { Type: 'Succeed', Output: '{% $append($states.input, $x) %}' },
        },
      },
      { n: 1 },
    );
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '[2,1,2,1,20]' });
    expect(detailsOf(events[2])).toMatchObject({ name: 'A', assignedVariables: { x: '2', fixed: '{"list":[1,2]}' }, assignedVariablesDetails: { truncated: false } });
  });

  it('takes the first choice that holds, with its own Assign and Output', async () => {
    const world = await openWorld();
    const { described } = await world.run(
      {
        StartAt: 'C',
        States: {
          C: {
            Type: 'Choice',
            Choices: [
              { Condition: '{% $states.input.n > 9 %}', Next: 'No' },
              { Condition: '{% $states.input.n > 1 %}', Next: 'Yes', Assign: { how: 'second' }, Output: { n: '{% $states.input.n * 2 %}' } },
            ],
            Default: 'No',
          },
          No: { Type: 'Fail', Error: 'Wrong' },
          Yes: { Type: 'Pass', Output: '{% [$how, $states.input.n] %}', End: true },
        },
      },
      { n: 5 },
    );
    expect(json(described.output)).toEqual(['second', 10]);
  });

  it('invokes a function by name or ARN and shows its answer as $states.result', async () => {
    const world = await openWorld({ functions: { add: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }) } });
    const { described } = await world.run(
      single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'arn:aws:lambda:eu-central-1:111122223333:function:add:live', Payload: { a: '{% $states.input.a %}', b: 2 } }, Output: '{% $states.result.{"sum": Payload.sum, "code": StatusCode} %}' }),
      { a: 40 },
    );
    expect(json(described.output)).toEqual({ sum: 42, code: 200 });
  });

  it('retries with back-off on the clock, then catches', async () => {
    const at: number[] = [];
    const world = await openWorld({
      functions: {
        flaky: () => {
          at.push(world.clock.now());
          throw Object.assign(new Error('busy'), { name: 'ThrottlingException' });
        },
      },
    });
    await world.create('m', {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: lambda,
          Arguments: { FunctionName: 'flaky' },
          Retry: [{ ErrorEquals: ['ThrottlingException'], IntervalSeconds: 10, MaxAttempts: 3, BackoffRate: 3, MaxDelaySeconds: 60 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Assign: { why: '{% $states.errorOutput.Error %}' }, Output: '{% $states.input %}', Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Pass', Output: '{% [$why, $states.input.k] %}', End: true },
      },
    });
    const execution = await world.start('m', 'e', { k: 7 });
    await world.settle();
    expect(at).toHaveLength(1);
    await world.clock.advance(200_000);
    expect(at.slice(1).map((t, i) => Math.round((t - (at[i] as number)) / 1000))).toEqual([10, 30, 60]);
    expect(json((await world.describe(execution)).output)).toEqual(['ThrottlingException', 7]);
  });

  it('jitters from the random it is given', async () => {
    const at: number[] = [];
    const functions = {
      once: () => {
        at.push(world.clock.now());
        if (at.length === 1) throw new Error('first');
        return 'ok';
      },
    };
    const world = await openWorld({ functions, random: () => 0.25 });
    await world.create('m', single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'once' }, Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 100, JitterStrategy: 'FULL' }] }));
    await world.start('m', 'e');
    await world.clock.advance(101_000);
    expect(Math.round(((at[1] as number) - (at[0] as number)) / 1000)).toBe(25);
  });

  it('waits longer than setTimeout can hold, and until an instant', async () => {
    const world = await openWorld();
    await world.create('m', {
      StartAt: 'Long',
      States: {
        Long: { Type: 'Wait', Seconds: '{% 60 * 60 * 24 * 40 %}', Next: 'Until' },
        Until: { Type: 'Wait', Timestamp: '{% $fromMillis($toMillis($states.context.Execution.StartTime) + 60 * 86400000) %}', End: true },
      },
    });
    const execution = await world.start('m', 'e');
    await world.clock.advance(39 * 86_400_000);
    expect((await world.history(execution)).at(-1)?.type).toBe('WaitStateEntered');
    await world.clock.advance(20 * 86_400_000);
    expect((await world.describe(execution)).status).toBe('RUNNING');
    await world.clock.advance(2 * 86_400_000);
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });

  it('times a hanging task out, does not let it hold the clock, and ignores its late answer', async () => {
    let release: (value: string) => void = () => undefined;
    const world = await openWorld({ functions: { hang: () => new Promise<string>((resolve) => (release = resolve)) }, graceMs: 20 });
    await world.create('m', single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'hang' }, TimeoutSeconds: 30 }));
    const execution = await world.start('m', 'e');
    await world.clock.advance(31_000);
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    const { length } = await world.history(execution);
    release('late');
    await world.settle();
    expect(await world.history(execution)).toHaveLength(length);
  });

  it('ends an execution at the TimeoutSeconds of its machine', async () => {
    const world = await openWorld();
    await world.create('m', { ...single({ Type: 'Wait', Seconds: 1000 }), TimeoutSeconds: 100 });
    const execution = await world.start('m', 'e');
    await world.clock.advance(99_000);
    expect((await world.describe(execution)).status).toBe('RUNNING');
    await world.clock.advance(2_000);
    expect((await world.describe(execution)).status).toBe('TIMED_OUT');
    expect((await world.history(execution)).at(-1)?.type).toBe('ExecutionTimedOut');
  });

  it('runs branches side by side: they read outer variables, keep their own, and give an array in order', async () => {
    const world = await openWorld();
    const branch = (start: Record<string, unknown>) => ({ StartAt: 'W', States: { W: { Type: 'Wait', ...start, Next: 'P' }, P: { Type: 'Pass', Assign: { own: '{% $outer + 1 %}' }, Next: 'Q' }, Q: { Type: 'Pass', Output: '{% $own %}', End: true } } });
    await world.create('m', {
      StartAt: 'Set',
      States: {
        Set: { Type: 'Pass', Assign: { outer: 10 }, Next: 'Both' },
        Both: { Type: 'Parallel', Branches: [branch({ Seconds: 20 }), branch({ Seconds: 5 })], Next: 'End' },
        End: { Type: 'Pass', Output: '{% {"results": $states.input, "own": $exists($own)} %}', End: true },
      },
    });
    const execution = await world.start('m', 'e');
    await world.clock.advance(21_000);
    expect(json((await world.describe(execution)).output)).toEqual({ results: [11, 11], own: false });
  });

  it('maps with an item selector, at most MaxConcurrency at a time', async () => {
    const world = await openWorld({ functions: { work: ({ value, index }: { value: number; index: number }) => value * 10 + index } });
    const { described, events } = await world.run(
      single({
        Type: 'Map',
        Items: '{% $states.input.list %}',
        MaxConcurrency: 2,
        ItemSelector: { value: '{% $states.context.Map.Item.Value %}', index: '{% $states.context.Map.Item.Index %}' },
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'T', States: { T: { Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'work', Payload: '{% $states.input %}' }, Output: '{% $states.result.Payload %}', End: true } } },
      }),
      { list: [1, 2, 3, 4, 5] },
    );
    expect(json(described.output)).toEqual([10, 21, 32, 43, 54]);
    const running = events.reduce<number[]>((counts, { type }) => [...counts, (counts.at(-1) ?? 0) + (type === 'MapIterationStarted' ? 1 : type === 'MapIterationSucceeded' ? -1 : 0)], []);
    expect(Math.max(...running)).toBe(2);
  });

  it('keeps States.DataLimitExceeded from States.ALL, but not from its own name', async () => {
    const big = { functions: { big: () => 'x'.repeat(300_000) } };
    const task = (errors: string[]) => ({ StartAt: 'S', States: { S: { Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'big' }, Catch: [{ ErrorEquals: errors, Next: 'C' }], End: true }, C: { Type: 'Succeed' } } });
    expect((await (await openWorld(big)).run(task(['States.ALL']))).described).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect((await (await openWorld(big)).run(task(['States.DataLimitExceeded']))).described).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails an execution that would pass 25,000 events', async () => {
    const world = await openWorld();
    const { described, events } = await world.run({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }] } } });
    expect(described).toMatchObject({ status: 'FAILED', redriveStatus: 'NOT_REDRIVABLE' });
    expect(events).toHaveLength(25_000);
    expect(events.at(-1)?.type).toBe('ExecutionFailed');
  }, 120_000);

  it('tells status changes, with dates in milliseconds', async () => {
    const told: Record<string, unknown>[] = [];
    const world = await openWorld({ onStatusChange: (detail) => told.push(detail) });
    const { execution } = await world.run(single({ Type: 'Fail', Error: 'E', Cause: 'c' }), { a: 1 });
    expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'FAILED']);
    expect(told[1]).toMatchObject({ executionArn: execution, name: 'e', input: '{"a":1}', error: 'E', cause: 'c', output: null, redriveStatus: 'REDRIVABLE' });
    expect(told[1]?.['startDate']).toBeGreaterThan(1e12);
  });

  it('lets a function call back into the service that runs it', async () => {
    const world = await openWorld({ functions: { parent: async () => (await world.send('DescribeExecution', { executionArn: await world.start('child', 'c') }))['status'] } });
    await world.create('child', single({ Type: 'Pass' }));
    const { described } = await world.run(single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'parent' }, Output: '{% $states.result.Payload %}' }));
    expect(described.status).toBe('SUCCEEDED');
  });
});
