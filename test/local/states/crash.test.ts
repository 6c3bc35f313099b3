/** Killed after any line of its journal, and in the middle of any line, an execution ends as if nothing had happened. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callback, detailsOf, executionArnOf, lambda, openWorld, types, type Event, type World } from './world.ts';

const execution = executionArnOf('m', 'e');
const task = (name: string, more: Record<string, unknown> = {}) => ({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: name, Payload: { item: '{% $states.input %}', tries: '{% $states.context.State.RetryCount %}' } }, ...more });

/** Every kind of waiting and every kind of state, once. */
const definition = {
  StartAt: 'Set',
  TimeoutSeconds: 864_000,
  States: {
    Set: { Type: 'Pass', Assign: { list: [1, 2, 3] }, Next: 'Flaky' },
    Flaky: task('flaky', { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 60 }], Assign: { flaky: '{% $states.result.Payload %}' }, Next: 'Caught' }),
    Caught: task('broken', { Catch: [{ ErrorEquals: ['Broken'], Assign: { why: '{% $states.errorOutput.Error %}' }, Next: 'Pause' }], Next: 'Pause' }),
    Pause: { Type: 'Wait', Seconds: 3600, Next: 'Ask' },
    Ask: {
      Type: 'Task',
      Resource: callback,
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 86_400,
      HeartbeatSeconds: 36_000,
      Assign: { answer: '{% $states.result %}' },
      Next: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 120, Next: 'Work' }, Work: task('work', { Output: '{% $states.result.Payload %}', End: true }) } },
        { StartAt: 'Quick', States: { Quick: { Type: 'Pass', Output: 'quick', End: true } } },
      ],
      Assign: { both: '{% $states.result[1] %}' },
      Next: 'Each',
    },
    Each: {
      Type: 'Map',
      Items: '{% $list %}',
      MaxConcurrency: 2,
      ItemProcessor: { StartAt: 'One', States: { One: task('work', { Output: '{% $states.result.Payload %}', End: true }) } },
      Next: 'Choose',
    },
    Choose: { Type: 'Choice', Choices: [{ Condition: '{% $answer = "yes" %}', Next: 'End' }], Default: 'Bad' },
    Bad: { Type: 'Fail', Error: 'Bad' },
    End: { Type: 'Succeed', Output: '{% {"flaky": $flaky, "why": $why, "answer": $answer, "both": $both, "each": $states.input} %}' },
  },
};

const expected = { flaky: 'after 1', why: 'Broken', answer: 'yes', both: 'quick', each: [10, 20, 30] };

/** Functions that only look at what they are given, so that they answer alike in every life of the service. */
function counted(): { calls: string[]; functions: Record<string, (payload: never) => unknown> } {
  const calls: string[] = [];
  const named = (name: string, run: (payload: never) => unknown) => (payload: never) => {
    calls.push(name);
    return run(payload);
  };
  return {
    calls,
    functions: {
      flaky: named('flaky', ({ tries }: { tries: number }) => {
        if (tries === 0) throw Object.assign(new Error('once'), { name: 'Busy' });
        return `after ${tries}`;
      }),
      broken: named('broken', () => {
        throw Object.assign(new Error('always'), { name: 'Broken' });
      }),
      ask: named('ask', () => null),
      work: named('work', ({ item }: { item: unknown }) => (typeof item === 'number' ? item * 10 : 'worked')),
    },
  };
}

const scheduledToken = (events: readonly Event[]): string | undefined => {
  const asked = events.filter(({ type }) => type === 'TaskScheduled').map(detailsOf).find(({ resource }) => resource === 'invoke.waitForTaskToken');
  return asked && (JSON.parse(asked['parameters'] as string) as { Payload: { token: string } }).Payload.token;
};

/** Moves time and answers the question until the execution has ended. */
async function finish(world: World): Promise<Event[]> {
  for (let turn = 0; turn < 20; turn += 1) {
    await world.settle();
    const events = await world.history(execution);
    if ((await world.describe(execution)).status !== 'RUNNING') return events;
    const token = types(events).at(-1) === 'TaskSubmitted' ? scheduledToken(events) : undefined;
    if (token !== undefined) await world.send('SendTaskSuccess', { taskToken: token, output: '"yes"' });
    await world.clock.advance(1_000_000);
  }
  throw new Error('it does not end');
}

const consistent = (events: readonly Event[]): void => {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  for (const { id, previousEventId } of events) expect(previousEventId).toBeLessThan(id);
  const counts = types(events).filter((type) => /^Execution/.test(type));
  expect(counts).toEqual(['ExecutionStarted', 'ExecutionSucceeded']);
};

/** Answers of functions in a history: each is one call. */
const answers = (events: readonly Event[]): number =>
  events.filter((event) => ['TaskSubmitted', 'TaskFailed'].includes(event.type) || (event.type === 'TaskSucceeded' && detailsOf(event)['resource'] === 'invoke')).length;

async function journalOfOneRun(): Promise<{ lines: string[]; events: Event[]; calls: number }> {
  const { calls, functions } = counted();
  const world = await openWorld({ functions });
  await world.create('m', definition);
  await world.start('m', 'e');
  const events = await finish(world);
  expect(JSON.parse((await world.describe(execution)).output as string)).toEqual(expected);
  consistent(events);
  const text = await readFile(join(world.folder, 'states.journal'), 'utf8');
  return { lines: text.trimEnd().split('\n'), events, calls: calls.length };
}

async function reopen(text: string): Promise<{ world: World; calls: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'states-'));
  await writeFile(join(folder, 'states.journal'), text);
  const { calls, functions } = counted();
  return { world: await openWorld({ folder, functions }), calls };
}

describe('a crash', () => {
  it('after any line of the journal loses and doubles nothing', async () => {
    const run = await journalOfOneRun();
    const firstOfExecution = run.lines.findIndex((line) => line.includes('"kind":"start"')) + 1;
    expect(run.lines.length - firstOfExecution).toBeGreaterThan(30);
    for (let length = firstOfExecution; length <= run.lines.length; length += 1) {
      const before = run.lines.slice(0, length).map((line) => JSON.parse(line) as { event?: Event; events?: Event[] }).flatMap(({ event, events }) => event ?? events ?? []);
      const { world, calls } = await reopen(`${run.lines.slice(0, length).join('\n')}\n`);
      const events = await finish(world);
      expect(JSON.parse((await world.describe(execution)).output as string)).toEqual(expected);
      consistent(events);
      expect(events.slice(0, before.length)).toEqual(before);
      expect(types(events).toSorted()).toEqual(types(run.events).toSorted());
      // A call whose answer the journal lacks is made again, once; no other is.
      expect(calls).toHaveLength(answers(events) - answers(before));
      await world.service.close();
      world.clock.stop();
    }
  }, 120_000);

  it('keeps the token of a question, and the deadlines that had been set', async () => {
    const { lines } = await journalOfOneRun();
    const asked = lines.findIndex((line) => line.includes('"TaskSubmitted"')) + 1;
    const { world, calls } = await reopen(`${lines.slice(0, asked).join('\n')}\n`);
    await world.settle();
    const events = await world.history(execution);
    const scheduled = events.findLast(({ type }) => type === 'TaskScheduled') as Event;
    expect(calls).toEqual([]);
    const untilHeartbeatMs = scheduled.timestamp * 1000 + 36_000_000 - world.clock.now();
    await world.clock.advance(untilHeartbeatMs - 1000);
    expect((await world.describe(execution)).status).toBe('RUNNING');
    await world.clock.advance(2000);
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await expect(world.send('SendTaskSuccess', { taskToken: scheduledToken(events), output: '1' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
  });

  it('of another version, whose journal has other lines, is refused', async () => {
    await expect(reopen('{"kind":"moved","arn":"e"}\n')).rejects.toThrow("a line of kind 'moved'");
  });
});
