import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EmbeddedClock } from '../../local/clock.ts';
import { openStates } from '../../local/states/server.ts';
import type { Caller, Service } from '../../local/service.ts';

/** AWS Step Functions Developer Guide and aws-facts section 3, as far as Rota's workflows lean on it. */
const caller: Caller = { arn: 'arn:aws:iam::000000000000:role/r', userId: 'r', accountId: '000000000000', region: 'eu-central-1', sourceIp: '127.0.0.1', requestId: 'request' };
const lambda = (next: object, more: object = {}) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'f', Payload: { n: '{% $states.context.State.RetryCount %}' } }, ...more, ...next });
const callback = (next: object, more: object = {}) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } }, ...more, ...next });
const end = { End: true };

interface World {
  readonly clock: EmbeddedClock;
  readonly states: Service;
  readonly tokens: string[];
  readonly calls: string[];
  readonly folder: string;
}

async function world(f: (payload: { n: number }) => unknown = () => 'done', folder?: string): Promise<World> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'rota-states-')));
  const clock = new EmbeddedClock();
  const tokens: string[] = [];
  const calls: string[] = [];
  const states = await openStates({
    folder: home,
    clock,
    random: () => 1,
    callService: () => Promise.reject(new Error('no service')),
    invokeLambda: async (name, payload) => {
      calls.push(name);
      if (name === 'ask') return Promise.resolve(tokens.push((payload as { token: string }).token));
      return Promise.resolve(f(payload as { n: number }));
    },
  });
  onTestFinished(async () => {
    clock.stop();
    await states.close();
    await rm(home, { recursive: true, force: true });
  });
  return { clock, states, tokens, calls, folder: home };
}

const define = (States: object, more: object = {}) => JSON.stringify({ QueryLanguage: 'JSONata', StartAt: Object.keys(States)[0], States, ...more });

async function begin({ states }: World, definition: string, input = '{}'): Promise<string> {
  const { stateMachineArn } = await states.handle('CreateStateMachine', { name: 'm', definition, roleArn: 'arn:aws:iam::000000000000:role/x' }, caller);
  return (await states.handle('StartExecution', { stateMachineArn, name: 'e', input }, caller)).executionArn as string;
}

const read = ({ states }: World, executionArn: string) => states.handle('DescribeExecution', { executionArn }, caller);
const types = async ({ states }: World, executionArn: string) => ((await states.handle('GetExecutionHistory', { executionArn, maxResults: 1000 }, caller)).events as { type: string }[]).map((e) => e.type);
const named = (name: string) => Object.assign(new Error(`${name} it was`), { name });

async function finished(w: World, executionArn: string): Promise<Record<string, unknown>> {
  for (let stepMs = 1000; ; stepMs *= 2) {
    const now = await read(w, executionArn);
    if (now.status !== 'RUNNING') return now;
    await w.clock.advance(stepMs);
  }
}

const machines: { name: string; states: object; f?: (payload: { n: number }) => unknown; input?: string; ends: object }[] = [
  { name: 'Assign is seen by the next state, Output is its input', states: { A: { Type: 'Pass', Assign: { x: 1 }, Output: { y: '{% 1 + 1 %}' }, Next: 'B' }, B: { Type: 'Pass', Output: '{% [$x, $states.input.y] %}', ...end } }, ends: { status: 'SUCCEEDED', output: '[1,2]' } },
  { name: 'Choice takes the first that holds', states: { A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 1 %}', Next: 'B' }], Default: 'C' }, B: { Type: 'Succeed' }, C: { Type: 'Fail', Error: 'Small' } }, input: '{"n":2}', ends: { status: 'SUCCEEDED' } },
  { name: 'a Wait longer than setTimeout holds', states: { A: { Type: 'Wait', Seconds: 2_600_000, Next: 'B' }, B: { Type: 'Succeed', Output: 'later' } }, ends: { status: 'SUCCEEDED', output: '"later"' } },
  { name: 'Retry until it works', states: { A: lambda(end, { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 5, MaxAttempts: 3 }], Output: '{% $states.result.Payload %}' }) }, f: ({ n }) => { if (n < 2) throw named('Busy'); return n; }, ends: { status: 'SUCCEEDED', output: '2' } },
  { name: 'Retry used up, then Catch', states: { A: lambda({ Next: 'B' }, { Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }], Catch: [{ ErrorEquals: ['States.ALL'], Assign: { e: '{% $states.errorOutput.Error %}' }, Next: 'C' }] }), B: { Type: 'Succeed' }, C: { Type: 'Succeed', Output: '{% $e %}' } }, f: () => { throw named('Busy'); }, ends: { status: 'SUCCEEDED', output: '"Busy"' } },
  { name: 'an expression that yields nothing', states: { A: { Type: 'Pass', Output: '{% $states.input.nothing %}', ...end } }, ends: { status: 'FAILED', error: 'States.QueryEvaluationError' } },
  { name: 'too much data is not caught by States.ALL', states: { A: lambda({ Next: 'B' }, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }), B: { Type: 'Succeed' } }, f: () => 'x'.repeat(300_000), ends: { status: 'FAILED', error: 'States.DataLimitExceeded' } },
  { name: 'Parallel gives its results in order', states: { P: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 5, Next: 'B' }, B: { Type: 'Pass', Output: 'slow', ...end } } }, { StartAt: 'A', States: { A: { Type: 'Pass', Output: 'quick', ...end } } }], ...end } }, ends: { status: 'SUCCEEDED', output: '["slow","quick"]' } },
  { name: 'Map over items, two at a time', states: { M: { Type: 'Map', Items: '{% [1,2,3] %}', MaxConcurrency: 2, ItemSelector: { v: '{% $states.context.Map.Item.Value * 10 %}' }, ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Pass', Output: '{% $states.input.v %}', ...end } } }, ...end } }, ends: { status: 'SUCCEEDED', output: '[10,20,30]' } },
  { name: 'Fail by expression', states: { A: { Type: 'Fail', Error: "{% 'E' & 1 %}", Cause: 'because' } }, ends: { status: 'FAILED', error: 'E1', cause: 'because' } },
];
test.each(machines)('$name', async ({ states, f, input, ends }) => {
  const w = await world(f);
  expect(await finished(w, await begin(w, define(states), input))).toMatchObject(ends);
});

test('a callback task: the answer goes on, a second one is too late, a stranger is refused', async () => {
  const w = await world();
  const arn = await begin(w, define({ A: callback(end, { TimeoutSeconds: 100, HeartbeatSeconds: 50 }) }));
  await w.clock.advance(1);
  const [taskToken = ''] = w.tokens;
  await w.clock.advance(40_000);
  await w.states.handle('SendTaskHeartbeat', { taskToken }, caller);
  await w.clock.advance(40_000);
  expect((await read(w, arn)).status).toBe('RUNNING');
  await w.states.handle('SendTaskSuccess', { taskToken, output: '"yes"' }, caller);
  expect(await finished(w, arn)).toMatchObject({ status: 'SUCCEEDED', output: '"yes"' });
  await expect(w.states.handle('SendTaskSuccess', { taskToken, output: '1' }, caller)).rejects.toMatchObject({ code: 'TaskTimedOut' });
  await expect(w.states.handle('SendTaskSuccess', { taskToken: 'stranger', output: '1' }, caller)).rejects.toMatchObject({ code: 'InvalidToken' });
  expect(await types(w, arn)).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
});

test.each([
  { name: 'silence', more: { TimeoutSeconds: 100, HeartbeatSeconds: 50 }, error: 'States.Timeout' },
  { name: 'the whole time', more: { TimeoutSeconds: 100 }, error: 'States.Timeout' },
])('a callback task ends by $name', async ({ more, error }) => {
  const w = await world();
  const arn = await begin(w, define({ A: callback(end, more) }));
  await w.clock.advance(101_000);
  expect(await finished(w, arn)).toMatchObject({ status: 'FAILED', error });
  await expect(w.states.handle('SendTaskSuccess', { taskToken: w.tokens[0], output: '1' }, caller)).rejects.toMatchObject({ code: 'TaskTimedOut' });
});

test('StartExecution is idempotent by name and input while it runs; a failed execution can be redriven', async () => {
  let works = false;
  const w = await world(() => {
    if (!works) throw named('Broken');
    return 'mended';
  });
  const definition = define({ W: { Type: 'Wait', Seconds: 10, Next: 'A' }, A: lambda(end, { Output: '{% $states.result.Payload %}' }) });
  const arn = await begin(w, definition);
  expect(await begin(w, definition)).toBe(arn);
  await expect(begin(w, definition, '{"other":1}')).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  expect(await finished(w, arn)).toMatchObject({ status: 'FAILED', error: 'Broken', redriveStatus: 'REDRIVABLE' });
  await expect(begin(w, definition)).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  works = true;
  await w.states.handle('RedriveExecution', { executionArn: arn }, caller);
  expect(await finished(w, arn)).toMatchObject({ status: 'SUCCEEDED', output: '"mended"', redriveCount: 1 });
  expect((await types(w, arn)).filter((t) => t === 'WaitStateEntered')).toHaveLength(1);
});

test.each([
  { name: 'JSONPath', definition: JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Succeed' } } }), says: 'runs JSONata only' },
  { name: 'a field of JSONPath', definition: define({ A: { Type: 'Pass', ResultPath: '$.x', End: true } }), says: 'Field ResultPath belongs to JSONPath' },
  { name: 'Next to nowhere', definition: define({ A: { Type: 'Pass', Next: 'B' } }), says: 'B names no state' },
  { name: 'an integration that is not there', definition: define({ A: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true } }), says: 'is not integrated' },
  { name: 'neither Next nor End', definition: define({ A: { Type: 'Pass' } }), says: 'either Next or End' },
])('refuses a definition with $name', async ({ definition, says }) => {
  const w = await world();
  await expect(begin(w, definition)).rejects.toMatchObject({ code: 'InvalidDefinition', message: expect.stringContaining(says) as string });
});

test('killed after any journal entry, an execution ends the same, with one consistent history', async () => {
  const definition = define({ A: lambda({ Next: 'W' }, { Assign: { a: '{% $states.result.Payload %}' } }), W: { Type: 'Wait', Seconds: 60, Next: 'C' }, C: callback({ Next: 'Z' }, { TimeoutSeconds: 3600 }), Z: { Type: 'Succeed', Output: '{% [$a, $states.input] %}' } });
  const finish = async (w: World, arn: string): Promise<string> => {
    for (;;) {
      const now = await read(w, arn);
      if (now.status !== 'RUNNING') return now.output as string;
      await w.clock.advance(1000);
      const journal = await readFile(join(w.folder, 'states.journal'), 'utf8');
      const token = [...journal.matchAll(/"token":"([^"]+)"/g)].at(-1)?.[1];
      if (token !== undefined) await w.states.handle('SendTaskSuccess', { taskToken: token, output: '"ok"' }, caller).catch(() => undefined);
    }
  };
  const whole = await world();
  const arn = await begin(whole, definition);
  expect(await finish(whole, arn)).toBe('["done","ok"]');
  const lines = (await readFile(join(whole.folder, 'states.journal'), 'utf8')).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(10);
  for (let kept = 2; kept <= lines.length; kept++) {
    const folder = await mkdtemp(join(tmpdir(), 'rota-states-'));
    await writeFile(join(folder, 'states.journal'), `${lines.slice(0, kept).join('\n')}\n`);
    const again = await world(undefined, folder);
    expect(await finish(again, arn)).toBe('["done","ok"]');
    const { events } = (await again.states.handle('GetExecutionHistory', { executionArn: arn, maxResults: 1000 }, caller)) as { events: { id: number; previousEventId: number; type: string }[] };
    expect(events.map((e) => e.id)).toEqual(events.map((_, i) => i + 1));
    expect(events.every((e) => e.previousEventId === (e.id <= 2 ? 0 : e.id - 1))).toBe(true);
    expect(events.filter((e) => e.type === 'TaskSucceeded')).toHaveLength(2);
  }
});
