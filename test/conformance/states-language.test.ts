import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Bench, machine, task, typesOf, type Wire } from '../local/states/harness.ts';

// The states language as JSONata runs it. Sources: aws-facts 3.x; ASL = https://states-language.net/spec.html.

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open({
    echo: (payload: unknown) => payload,
    big: () => 'x'.repeat(262_145),
    broken: () => {
      throw Object.assign(new Error('it broke'), { name: 'Broken' });
    },
  });
});
afterEach(() => bench.close());

const pass = (more: Wire = {}): Wire => ({ Type: 'Pass', ...('Next' in more ? {} : { End: true }), ...more });
const branch = (states: Wire): Wire => ({ StartAt: Object.keys(states)[0], States: states });

describe('states that end well', () => {
  const choice = machine({
    C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 5 %}', Next: 'Big' }, { Condition: '{% $states.input.n > 1 %}', Next: 'Mid', Output: 'from the rule' }], Default: 'Small', Output: 'from the default' },
    Big: pass(),
    Mid: pass(),
    Small: pass(),
  });
  const table: [string, Wire, unknown, unknown][] = [
    // ASL "Pass State": without Output the input goes on.
    ['Pass hands its input on', machine({ P: pass() }), { a: 1 }, { a: 1 }],
    // aws-facts 3.8: {% … %} fills the whole string; anything else is a text.
    ['Output mixes texts and expressions', machine({ P: pass({ Output: { a: '{% $states.input.n + 1 %}', b: 'n is {% n %}.', c: [true, null, '{% "x" %}'] } }) }), { n: 1 }, { a: 2, b: 'n is {% n %}.', c: [true, null, 'x'] }],
    // aws-facts 3.8: Assign is evaluated in parallel with Output; visible from the next state.
    ['Assign is visible from the next state', machine({ P: pass({ Assign: { v: '{% $states.input.n %}' }, Next: 'Q' }), Q: pass({ Output: '{% $v * 10 %}' }) }), { n: 4 }, 40],
    ['a variable reassigned has its old value beside it', machine({ P: pass({ Assign: { v: 1 }, Next: 'Q' }), Q: pass({ Assign: { v: 2 }, Output: { seen: '{% $v %}' }, Next: 'R' }), R: pass({ Output: { before: '{% $states.input.seen %}', now: '{% $v %}' } }) }), {}, { before: 1, now: 2 }],
    // ASL "Choice State": first rule that holds; Output of the rule, or of the state for Default.
    ['Choice takes the first rule that holds', choice, { n: 9 }, { n: 9 }],
    ['Choice takes a later rule, with its Output', choice, { n: 3 }, 'from the rule'],
    ['Choice takes Default, with the Output of the state', choice, { n: 0 }, 'from the default'],
    // ASL "Succeed State".
    ['Succeed ends with its Output', machine({ P: pass({ Next: 'S' }), S: { Type: 'Succeed', Output: { done: '{% $states.input.a %}' } } }), { a: 1 }, { done: 1 }],
    // ASL "Parallel State": the results in the order of the branches, whichever ends first.
    ['Parallel answers in the order of its branches', machine({ P: { Type: 'Parallel', End: true, Branches: [branch({ A: pass({ Next: 'B' }), B: pass({ Next: 'C' }), C: pass({ Output: 'slow' }) }), branch({ D: pass({ Output: '{% $states.input %}' }) })] } }), 7, ['slow', 7]],
    ['Parallel hands Arguments to its branches', machine({ P: { Type: 'Parallel', End: true, Arguments: { b: '{% $states.input.a %}' }, Branches: [branch({ A: pass() })], Output: '{% $states.result[0] %}' } }), { a: 5 }, { b: 5 }],
    // aws-facts 3.8, "workflow-variables": an inner scope reads the outer one; its own assignments stay inside.
    [
      'a branch reads outer variables and keeps its own',
      machine({
        V: pass({ Assign: { v: 'outer' }, Next: 'P' }),
        P: { Type: 'Parallel', Next: 'W', Branches: [branch({ A: pass({ Assign: { w: 1 }, Output: '{% $v %}' }) })] },
        W: pass({ Output: { inner: '{% $states.input[0] %}', leaks: '{% $exists($w) %}' } }),
      }),
      {},
      { inner: 'outer', leaks: false },
    ],
    // ASL "Map State".
    ['Map answers in the order of its items', machine({ M: { Type: 'Map', End: true, Items: '{% $states.input.list %}', ItemProcessor: branch({ E: task('echo') }) } }), { list: [3, 1, 2] }, [3, 1, 2]],
    ['Map takes an array as input when it has no Items', machine({ M: { Type: 'Map', End: true, ItemProcessor: branch({ E: pass() }) } }), [1, 2], [1, 2]],
    ['Map of nothing', machine({ M: { Type: 'Map', End: true, Items: [], ItemProcessor: branch({ E: pass() }) } }), {}, []],
    [
      'ItemSelector sees index, value and the input of the Map',
      machine({ M: { Type: 'Map', End: true, Items: '{% $states.input.list %}', ItemSelector: { i: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}', all: '{% $states.input.tag %}' }, ItemProcessor: branch({ E: pass() }) } }),
      { list: ['a', 'b'], tag: 't' },
      [{ i: 0, v: 'a', all: 't' }, { i: 1, v: 'b', all: 't' }],
    ],
    // ASL "Task State"; Developer Guide "connect-lambda": the result holds Payload and StatusCode.
    ['Task hands on the answer of the integration', machine({ T: task('echo', { Output: { p: '{% $states.result.Payload %}', s: '{% $states.result.StatusCode %}' } }) }), { a: 1 }, { p: { a: 1 }, s: 200 }],
    // Developer Guide "transforming-data": functions that Step Functions adds.
    ['$parse, $partition, $range, $hash', machine({ P: pass({ Output: { p: `{% $parse('{"a":1}') %}`, q: '{% $partition([1,2,3],2) %}', r: '{% $range(1,5,2) %}', h: "{% $hash('a','SHA-256') %}" } }) }), {}, { p: { a: 1 }, q: [[1, 2], [3]], r: [1, 3, 5], h: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' }],
  ];
  test.each(table)('%s', async (_, definition, input, output) => {
    const { status, result } = await bench.run(definition, input);
    expect({ status, result }).toEqual({ status: 'SUCCEEDED', result: output });
  });
});

describe('states that fail', () => {
  const table: [string, Wire, string, string?][] = [
    // ASL "Fail State": Error and Cause may be expressions.
    ['Fail', machine({ F: { Type: 'Fail', Error: '{% "My." & $states.input.e %}', Cause: 'because' } }), 'My.E', 'because'],
    // ASL "Choice State".
    ['Choice without a match and without Default', machine({ C: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'P' }] }, P: pass() }), 'States.NoChoiceMatched'],
    // aws-facts 3.8: an expression that yields undefined fails.
    ['undefined Output', machine({ P: pass({ Output: '{% $states.input.nothing %}' }) }), 'States.QueryEvaluationError'],
    ['undefined Assign', machine({ P: pass({ Assign: { v: '{% $w %}' } }) }), 'States.QueryEvaluationError'],
    ['an expression that throws', machine({ P: pass({ Output: '{% $error("no") %}' }) }), 'States.QueryEvaluationError'],
    ['$eval is taken away', machine({ P: pass({ Output: "{% $eval('1') %}" }) }), 'States.QueryEvaluationError'],
    ['a Condition that is no boolean', machine({ C: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'P' }] }, P: pass() }), 'States.QueryEvaluationError'],
    ['Seconds that are no whole number', machine({ W: { Type: 'Wait', Seconds: '{% 1.5 %}', End: true } }), 'States.QueryEvaluationError'],
    ['Items that are no array', machine({ M: { Type: 'Map', End: true, ItemProcessor: branch({ E: pass() }) } }), 'States.QueryEvaluationError'],
    // aws-facts 3.4: 256 KiB.
    ['a result beyond 256 KiB', machine({ T: task('big') }), 'States.DataLimitExceeded'],
    // Developer Guide "concepts-error-handling": a Lambda's error goes by its type.
    ['a Lambda that throws', machine({ T: task('broken') }), 'Broken', '{"errorMessage":"it broke","errorType":"Broken","trace":[]}'],
    // ASL "Parallel State", "Map State": one failing part fails the whole.
    ['Parallel by one branch', machine({ P: { Type: 'Parallel', End: true, Branches: [branch({ A: pass() }), branch({ F: { Type: 'Fail', Error: 'E' } })] } }), 'E'],
    ['Map by one item', machine({ M: { Type: 'Map', End: true, Items: [1], ItemProcessor: branch({ F: { Type: 'Fail', Error: 'E' } }) } }), 'E'],
  ];
  test.each(table)('%s', async (_, definition, error, cause) => {
    const end = await bench.run(definition, { e: 'E' });
    expect(end).toMatchObject({ status: 'FAILED', error, ...(cause === undefined ? {} : { cause }) });
    expect(end.output).toBeUndefined();
    expect(typesOf(end.events).includes('EvaluationFailed')).toBe(error === 'States.QueryEvaluationError');
    expect(typesOf(end.events).at(-1)).toBe('ExecutionFailed');
  });
});

describe('no partial assignment (aws-facts 3.8)', () => {
  test('an Output that fails leaves Assign undone for the catcher', async () => {
    const { result } = await bench.run(
      machine({
        V: pass({ Assign: { v: 'old' }, Next: 'T' }),
        T: task('echo', { Assign: { v: 'new' }, Output: '{% $nothing %}', Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Q' }] }),
        Q: pass({ Output: '{% $v %}' }),
      }),
    );
    expect(result).toBe('old');
  });
});

describe('Wait', () => {
  const longest = 99_999_999; // ASL "Wait State"; about 46 times what a Node timer holds
  const table: [string, Wire, number][] = [
    ['Seconds', { Seconds: 10 }, 10],
    ['Seconds by an expression', { Seconds: '{% $states.input.s %}' }, 20],
    ['Seconds beyond 2^31 ms', { Seconds: longest }, longest],
    ['Timestamp', { Timestamp: '{% $fromMillis($toMillis($states.context.State.EnteredTime) + 3000000000) %}' }, 3_000_000],
  ];
  test.each(table)('%s', async (_, how, seconds) => {
    const arn = await bench.start(machine({ W: { Type: 'Wait', ...how, End: true } }), { s: 20 });
    await bench.advance(seconds - 5);
    expect((await bench.describe(arn)).status).toBe('RUNNING');
    await bench.advance(6);
    const end = await bench.end(arn);
    expect(end.status).toBe('SUCCEEDED');
    expect(typesOf(end.events)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded']);
  });

  test('a Timestamp of the past goes on at once', async () => {
    const arn = await bench.start(machine({ W: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', End: true } }));
    await bench.advance(0.001);
    expect((await bench.describe(arn)).status).toBe('SUCCEEDED');
  });
});

describe('MaxConcurrency', () => {
  // ASL "Map State": 0 is no limit.
  test.each([[0, 5], [1, 1], [2, 2], [9, 5]])('%i lets %i of five items run', async (MaxConcurrency, most) => {
    let running = 0;
    let seen = 0;
    const open: (() => void)[] = [];
    bench.lambdas.hold = () => {
      seen = Math.max(seen, ++running);
      return new Promise<string>((resolve) => open.push(() => {
        running -= 1;
        resolve('done');
      }));
    };
    const stateMachineArn = await bench.create(machine({ M: { Type: 'Map', End: true, MaxConcurrency, Items: [1, 2, 3, 4, 5], ItemProcessor: branch({ H: task('hold') }) } }));
    const { executionArn } = await bench.call<{ executionArn: string }>('StartExecution', { stateMachineArn });
    let done = 0;
    while (done < 5) {
      await expect.poll(() => open.length).toBe(Math.min(most, 5 - done));
      open.shift()?.();
      done += 1;
    }
    await bench.advance(0);
    const { result } = await bench.end(executionArn);
    expect(result).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(seen).toBe(most);
  });
});

describe('Retry', () => {
  const retry = (more: Wire) => machine({ T: task('count', { Retry: [{ ErrorEquals: ['Broken'], ...more }] }) });
  let failures: number;
  let times: number[];
  beforeEach(() => {
    // Real time stands still, so that the moved clock alone counts.
    vi.useFakeTimers({ toFake: ['Date'] });
    failures = Number.POSITIVE_INFINITY;
    times = [];
    bench.lambdas.count = () => {
      times.push(bench.clock.now());
      if (times.length <= failures) throw Object.assign(new Error('it broke'), { name: 'Broken' });
      return times.length;
    };
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  // aws-facts 3.4: IntervalSeconds 1, MaxAttempts 3, BackoffRate 2.0 by default; MaxDelaySeconds caps; FULL draws (here 0.5).
  const table: [string, Wire, number[]][] = [
    ['defaults', {}, [1, 2, 4]],
    ['IntervalSeconds and BackoffRate', { IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 4 }, [10, 30, 90, 270]],
    ['MaxDelaySeconds', { IntervalSeconds: 100, MaxAttempts: 3, MaxDelaySeconds: 150 }, [100, 150, 150]],
    ['FULL jitter', { IntervalSeconds: 100, MaxAttempts: 2, JitterStrategy: 'FULL' }, [50, 100]],
    ['MaxAttempts 0', { MaxAttempts: 0 }, []],
  ];
  test.each(table)('%s', async (_, retrier, delays) => {
    const arn = await bench.start(retry(retrier));
    await bench.advance(10_000);
    expect(await bench.end(arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(times).toHaveLength(delays.length + 1);
    expect(times.slice(1).map((at, i) => (at - (times[i] ?? 0)) / 1000)).toEqual(delays);
  });

  test('no attempt before its time; success ends it', async () => {
    failures = 1;
    const arn = await bench.start(retry({ IntervalSeconds: 100 }));
    await bench.advance(90);
    expect(times).toHaveLength(1);
    await bench.advance(11);
    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', result: 2 });
    // Developer Guide "concepts-error-handling": a retried state is entered and left once.
    expect(typesOf((await bench.end(arn)).events)).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
  });

  test('an error that no retrier names is not retried', async () => {
    const arn = await bench.start(machine({ T: task('count', { Retry: [{ ErrorEquals: ['Other'] }] }) }));
    await bench.advance(100);
    expect(times).toHaveLength(1);
    expect((await bench.describe(arn)).status).toBe('FAILED');
  });

  test('each retrier counts for itself, and Catch comes after', async () => {
    const names = ['A', 'B', 'A', 'B', 'A'];
    bench.lambdas.mixed = () => {
      throw Object.assign(new Error('x'), { name: names[times.push(0) - 1] });
    };
    const arn = await bench.start(
      machine({
        T: task('mixed', { Retry: [{ ErrorEquals: ['A'], MaxAttempts: 2 }, { ErrorEquals: ['States.ALL'], MaxAttempts: 5 }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'P' }] }),
        P: pass({ Output: 'caught' }),
      }),
    );
    await bench.advance(1000);
    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', result: 'caught' });
    expect(times).toHaveLength(5);
  });

  test('a Parallel is retried as a whole', async () => {
    failures = 1;
    const arn = await bench.start(machine({ P: { Type: 'Parallel', End: true, Retry: [{ ErrorEquals: ['States.ALL'] }], Branches: [branch({ T: task('count') }), branch({ E: task('echo') })] } }), 1);
    await bench.advance(5);
    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', result: [2, 1] });
  });
});

describe('Catch', () => {
  const caught = (name: string, ErrorEquals: string[], more: Wire = {}) =>
    machine({ T: task(name, { Catch: [{ ErrorEquals, Next: 'P', Output: '{% $states.errorOutput %}', Assign: { e: '{% $states.errorOutput.Error %}' } }], ...more }), P: pass({ Output: { output: '{% $states.input %}', e: '{% $e %}' } }) });
  const broken = { Error: 'Broken', Cause: '{"errorMessage":"it broke","errorType":"Broken","trace":[]}' };

  // aws-facts 3.9, "Built-in errors".
  const table: [string, Wire, string?][] = [
    ['by name', caught('broken', ['Broken'])],
    ['by States.TaskFailed', caught('broken', ['States.TaskFailed'])],
    ['by States.ALL', caught('broken', ['States.ALL'])],
    ['another name does not', caught('broken', ['Other']), 'Broken'],
    ['States.Timeout does not', caught('broken', ['States.Timeout']), 'Broken'],
    ['States.ALL does not catch States.DataLimitExceeded', caught('big', ['States.ALL']), 'States.DataLimitExceeded'],
  ];
  test.each(table)('%s', async (_, definition, error) => {
    const end = await bench.run(definition);
    if (error === undefined) expect(end).toMatchObject({ status: 'SUCCEEDED', result: { output: broken, e: 'Broken' } });
    else expect(end).toMatchObject({ status: 'FAILED', error });
  });

  test('States.DataLimitExceeded is caught by its name', async () => {
    expect(await bench.run(caught('big', ['States.DataLimitExceeded']))).toMatchObject({ status: 'SUCCEEDED', result: { e: 'States.DataLimitExceeded' } });
  });

  test('without Output the error output goes on; the first catcher wins', async () => {
    const end = await bench.run(machine({ T: task('broken', { Catch: [{ ErrorEquals: ['Broken'], Next: 'P' }, { ErrorEquals: ['States.ALL'], Next: 'Q' }] }), P: pass(), Q: pass({ Output: 'second' }) }));
    expect(end.result).toEqual(broken);
  });

  test('a Map catches what an item throws', async () => {
    const end = await bench.run(machine({ M: { Type: 'Map', End: true, Items: [1], Catch: [{ ErrorEquals: ['Broken'], Next: 'P' }], ItemProcessor: branch({ B: task('broken') }) }, P: pass() }));
    expect(end.result).toEqual(broken);
  });

  // aws-facts 3.9: Kms. + the exception name, always ending in Exception.
  test.each([['NotFoundException', 'Kms.NotFoundException'], ['ExpiredImportToken', 'Kms.ExpiredImportTokenException']])('%s of KMS is %s', async (name, error) => {
    bench.callService = () => {
      throw Object.assign(new Error('no'), { name });
    };
    const end = await bench.run(machine({ T: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:kms:describeKey', Arguments: { KeyId: 'k' }, End: true } }));
    expect(end).toMatchObject({ status: 'FAILED', error });
    expect(bench.called).toEqual([{ service: 'kms', operation: 'DescribeKey', input: { KeyId: 'k' } }]);
  });
});
