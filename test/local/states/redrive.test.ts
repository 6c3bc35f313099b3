import { describe, expect, it } from 'vitest';
import { detailsOf, lambda, openWorld, single, types } from './world.ts';

const call = (name: string, more: Record<string, unknown> = { End: true }) => ({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: name, Payload: '{% $states.input %}' }, Output: '{% $states.result.Payload %}', ...more });

/** Functions that note their calls; those in `broken` fail while they are in it. */
function functionsOf(names: string[], broken: Set<unknown>): { calls: unknown[]; functions: Record<string, (payload: never) => unknown> } {
  const calls: unknown[] = [];
  const make = (name: string) => (payload: unknown) => {
    calls.push(typeof payload === 'object' ? name : payload);
    if (broken.has(name) || broken.has(payload)) throw new Error('broken');
    return payload;
  };
  return { calls, functions: Object.fromEntries(names.map((name) => [name, make(name)])) };
}

describe('RedriveExecution', () => {
  it('goes on from the failed state with its input, and does not run what was done', async () => {
    const broken = new Set<unknown>(['second']);
    const { calls, functions } = functionsOf(['first', 'second'], broken);
    const world = await openWorld({ functions });
    const { execution, events: before } = await world.run({ StartAt: 'A', States: { A: call('first', { Next: 'B' }), B: call('second') } }, { k: 1 });
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', redriveStatus: 'REDRIVABLE', redriveCount: 0 });
    broken.clear();
    await world.send('RedriveExecution', { executionArn: execution });
    await world.settle();
    expect(await world.describe(execution)).toMatchObject({ status: 'SUCCEEDED', output: '{"k":1}', redriveCount: 1, redriveStatus: 'NOT_REDRIVABLE' });
    expect((await world.describe(execution)).error).toBeUndefined();
    expect(calls).toEqual(['first', 'second', 'second']);
    const events = await world.history(execution);
    expect(events.slice(0, before.length)).toEqual(before);
    expect(types(events.slice(before.length))).toEqual(['ExecutionRedriven', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
    expect(detailsOf(events[before.length])).toEqual({ redriveCount: 1 });
  });

  it('runs only the iterations and branches again that failed or were aborted', async () => {
    const broken = new Set<unknown>([2]);
    const { calls, functions } = functionsOf(['item'], broken);
    const world = await openWorld({ functions });
    const map = { Type: 'Map', Items: '{% $states.input.list %}', MaxConcurrency: 1, ItemProcessor: { StartAt: 'I', States: { I: call('item') } } };
    const { execution } = await world.run(single(map), { list: [1, 2, 3] });
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED' });
    expect(calls).toEqual([1, 2]);
    broken.clear();
    await world.send('RedriveExecution', { executionArn: execution });
    await world.settle();
    expect(calls).toEqual([1, 2, 2, 3]);
    expect(await world.describe(execution)).toMatchObject({ status: 'SUCCEEDED', output: '[1,2,3]' });
  });

  it('starts an aborted execution and its timeout afresh', async () => {
    const world = await openWorld();
    await world.create('m', { ...single({ Type: 'Wait', Seconds: 50 }), TimeoutSeconds: 60 });
    const execution = await world.start('m', 'e');
    await world.settle();
    await world.send('StopExecution', { executionArn: execution });
    await world.clock.advance(100_000);
    await world.send('RedriveExecution', { executionArn: execution });
    await world.clock.advance(49_000);
    expect((await world.describe(execution)).status).toBe('RUNNING');
    await world.clock.advance(2_000);
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });

  it('goes on after branches whose result could not be put out', async () => {
    const broken = new Set<unknown>();
    const { calls, functions } = functionsOf(['item'], broken);
    const world = await openWorld({ functions });
    const { execution } = await world.run(single({ Type: 'Parallel', Branches: [{ StartAt: 'I', States: { I: call('item') } }], Output: '{% $nowhere %}' }), 5);
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    await world.send('RedriveExecution', { executionArn: execution });
    await world.settle();
    expect(calls).toEqual([5]);
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', redriveCount: 1 });
  });
});
