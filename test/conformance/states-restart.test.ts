import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedClock } from '../../local/clock.ts';
import { Bench, callback, machine, task, typesOf, type Event, type Wire } from '../local/states/harness.ts';

// An execution goes on from every line of its journal: Standard executions outlive what runs them (aws-facts 3.1).

const lambdas = { prepare: ({ n }: { n: number }) => ({ n: n + 1 }), ask: () => 'asked', finish: (payload: unknown) => ({ finished: payload }) };
const twoBranches = ['left', 'right'].map((side) => ({ StartAt: side, States: { [side]: task('prepare', { Output: { side, n: '{% $states.result.Payload.n %}' } }) } }));
const definitions: [string, Wire, unknown][] = [
  [
    'a lambda, a wait and a callback',
    machine({
      Prepare: task('prepare', { Assign: { prepared: '{% $states.result.Payload.n %}' }, Next: 'Soak' }),
      Soak: { Type: 'Wait', Seconds: 3_000_000, Next: 'Ask' },
      Ask: callback('ask', { TimeoutSeconds: 500, HeartbeatSeconds: 400, Next: 'Finish' }),
      Finish: task('finish', { Arguments: { FunctionName: 'finish', Payload: { answer: '{% $states.input %}', prepared: '{% $prepared %}' } } }),
    }),
    { finished: { answer: { approved: 'yes' }, prepared: 42 } },
  ],
  [
    'branches, items and a callback among them',
    machine({
      Both: { Type: 'Parallel', Branches: twoBranches, Assign: { sum: '{% $sum($states.result.n) %}' }, Next: 'Each' },
      Each: { Type: 'Map', Items: [1, 2, 3], MaxConcurrency: 2, ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Wait', Seconds: 60, Next: 'Two' }, Two: task('prepare', { Arguments: { FunctionName: 'prepare', Payload: { n: '{% $states.input + $sum %}' } } }) } }, Next: 'Ask' },
      Ask: callback('ask', { Output: { answer: '{% $states.result %}', each: '{% $states.input.n %}' } }),
    }),
    { answer: { approved: 'yes' }, each: [86, 87, 88] },
  ],
];

/** The token of the callback that waits now, as its Lambda was told it: history holds the parameters. */
function openToken(events: readonly Event[]): string | undefined {
  const scheduled = events.findLast((e) => e.type === 'TaskScheduled');
  const { parameters } = (scheduled?.taskScheduledEventDetails ?? { parameters: '{}' }) as { parameters: string };
  const answered = events.some((e) => e.id > (scheduled?.id ?? 0) && e.type === 'TaskSucceeded');
  return answered ? undefined : (JSON.parse(parameters) as { Payload?: { token?: string } }).Payload?.token;
}

/** Takes an execution to its end: time passes, and who is asked answers. */
async function finish(bench: Bench, arn: string): Promise<void> {
  for (let round = 0; round < 10 && (await bench.describe(arn)).status === 'RUNNING'; round++) {
    await bench.advance(0);
    const token = openToken(await bench.history(arn));
    if (token === undefined) await bench.advance(3_000_000);
    else expect(await bench.succeed(token, { approved: 'yes' })).toBeUndefined();
  }
}

/** Each branch's own events, by the names of the states, whatever order the branches took. */
const sortedTypes = (events: readonly Event[]): string[] => typesOf(events).sort();

describe.each(definitions)('%s', (_, definition, output) => {
  const benches: Bench[] = [];
  let first: Bench;
  let arn: string;
  let lines: string[];
  beforeEach(async () => {
    first = await Bench.open(lambdas);
    benches.push(first);
    arn = await first.start(definition, { n: 41 });
    await finish(first, arn);
    expect(await first.end(arn)).toMatchObject({ status: 'SUCCEEDED', result: output });
    lines = (await readFile(join(first.folder, 'states.journal'), 'utf8')).split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(8);
  });
  afterEach(async () => {
    for (const bench of benches.splice(0)) await bench.close();
  });

  /** Opens a fresh folder with the first lines of the journal; `torn` is the beginning of the next line. */
  async function reopened(length: number, torn: string, clock: EmbeddedClock): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'rota-states-')), lambdas, clock);
    const path = join(bench.folder, 'states.journal');
    await writeFile(path, lines.slice(0, length).map((line) => `${line}\n`).join(''));
    await appendFile(path, torn);
    await bench.reopen();
    benches.push(bench);
    return bench;
  }

  const cuts: [string, (line: string) => string, () => EmbeddedClock][] = [
    ['between lines', () => '', () => new EmbeddedClock(first.clock.offsetMs)],
    ['between lines, the clock not yet moved', () => '', () => new EmbeddedClock()],
    ['in the middle of a line', (line) => line.slice(0, line.length / 2), () => new EmbeddedClock(first.clock.offsetMs)],
  ];
  test.each(cuts)('cut %s, it ends the same from each line', async (__, torn, clock) => {
    const told = await first.end(arn);
    // Lines 1 and 2 make the machine and the execution; before those there is nothing to go on with.
    for (let length = 2; length <= lines.length; length++) {
      const bench = await reopened(length, torn(lines[length] ?? ''), clock());
      const kept = lines.slice(1, length).flatMap((line) => { const { event, events } = JSON.parse(line) as { event?: Event; events?: Event[] }; return event ?? events ?? []; });
      await finish(bench, arn);
      const end = await bench.end(arn);
      expect(end, `from line ${length}`).toMatchObject({ status: 'SUCCEEDED', result: output });
      expect(end.events.slice(0, kept.length), `from line ${length}`).toEqual(kept);
      expect(sortedTypes(end.events), `from line ${length}`).toEqual(sortedTypes(told.events));
      // An attempt that was scheduled is done again under the same token, never under a second one.
      const tokens = new Set(bench.invoked.filter(({ name }) => name === 'ask').map(({ payload }) => (payload as { token: string }).token));
      expect(tokens.size).toBeLessThanOrEqual(1);
    }
  });

  test('cut before the execution, there is none, and it may be started', async () => {
    for (const length of [0, 1]) {
      const bench = await reopened(length, '', new EmbeddedClock());
      expect(await bench.refusal('DescribeExecution', { executionArn: arn })).toBe('ExecutionDoesNotExist');
      const again = await bench.start(definition, { n: 41 });
      await finish(bench, again);
      expect(await bench.end(again)).toMatchObject({ status: 'SUCCEEDED', result: output });
    }
  });

  test('opened again and again, it ends the same', async () => {
    const bench = await reopened(1, '', new EmbeddedClock());
    const again = await bench.start(definition, { n: 41 });
    for (let round = 0; round < 10 && (await bench.describe(again)).status === 'RUNNING'; round++) {
      await bench.reopen();
      await bench.advance(0);
      const token = openToken(await bench.history(again));
      if (token === undefined) await bench.advance(3_000_000);
      else expect(await bench.succeed(token, { approved: 'yes' })).toBeUndefined();
    }
    expect(await bench.end(again)).toMatchObject({ status: 'SUCCEEDED', result: output });
  });
});
