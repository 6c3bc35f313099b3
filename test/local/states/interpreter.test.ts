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

  it('invokes a function by name or ARN and shows its answer as $states.result', async () => {
    const world = await openWorld({ functions: { add: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }) } });
    const { described } = await world.run(
      single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'arn:aws:lambda:eu-central-1:111122223333:function:add:live', Payload: { a: '{% $states.input.a %}', b: 2 } }, Output: '{% $states.result.{"sum": Payload.sum, "code": StatusCode} %}' }),
      { a: 40 },
    );
    expect(json(described.output)).toEqual({ sum: 42, code: 200 });
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
