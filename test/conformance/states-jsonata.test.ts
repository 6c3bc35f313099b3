/** JSONata as Step Functions evaluates it. Sources: SFN-DG transforming-data and input-output-contextobject; where noted, recordings on AWS in LocalStack's snapshots. */
import { describe, expect, it } from 'vitest';
import { lambda, openWorld, single } from '../local/states/world.ts';

async function valueOf(expression: unknown, input: unknown = {}): Promise<unknown> {
  const world = await openWorld();
  const { described } = await world.run(single({ Type: 'Pass', Output: { value: expression } }), input);
  return described.status === 'SUCCEEDED' ? (JSON.parse(described.output as string) as { value: unknown }).value : `${described.error ?? ''}: ${described.cause ?? ''}`;
}

const table: readonly [what: string, expression: unknown, value: unknown, input?: unknown][] = [
  ['a string that is no expression stays', 'plain {% not %} one', 'plain {% not %} one'],
  ['numbers, booleans, null and arrays stay', [1, true, null, { a: '{% 1 + 1 %}' }], [1, true, null, { a: 2 }]],
  ['$states.input', '{% $states.input.a %}', 7, { a: 7 }],
  ['$partition, evenly and not (test_array_jsonata, 2024-11-15)', '{% $partition([0,1,2], 2) %}', [[0, 1], [2]]],
  ['$range includes its end', '{% $range(0, 10, 5) %}', [0, 5, 10]],
  ['$range counts down', '{% $range(3, 1, -1) %}', [3, 2, 1]],
  ['$hash SHA-256', `{% $hash('abc', 'SHA-256') %}`, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['$hash MD5', `{% $hash('abc', 'MD5') %}`, '900150983cd24fb0d6963f7d28e17f72'],
  ['$parse', `{% $parse('{"a":[1,{"b":null}]}').a[1] %}`, { b: null }],
  ['$parse of -0 (test_json_manipulation_jsonata, 2024-11-21)', `{% $parse('-0') %}`, 0],
  ['$random with a seed repeats', '{% $random(5) = $random(5) %}', true],
  ['$random is below 1', '{% $random() < 1 and $random() >= 0 %}', true],
  ['$uuid is a version 4', `{% $match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/).index %}`, 0],
  ['regular expressions (test_base_jsonata_regular_expressions, 2025-07-22)', `{% $contains('aaa', /^a+$/) %}`, true],
  ['the context: execution', '{% $states.context.Execution.(Name & " " & RedriveCount) %}', 'e 0'],
  ['the context: role and machine', '{% [$states.context.Execution.RoleArn, $states.context.StateMachine.Name] %}', ['arn:aws:iam::111122223333:role/states', 'm']],
  ['the context: input', '{% $states.context.Execution.Input.a %}', 1, { a: 1 }],
  ['the context: state', '{% $states.context.State.Name %}', 'S'],
];

describe('JSONata', () => {
  for (const [what, expression, value, input] of table)
    it(what, async () => {
      expect(await valueOf(expression, input)).toEqual(value);
    });

  const failing: readonly [what: string, expression: string, cause: RegExp][] = [
    ['$eval is absent', `{% $eval('1') %}`, /T1006/],
    ['nothing is an error', '{% $states.input.none %}', /returned nothing \(undefined\)/],
    ['the input is not the root, as it is in plain JSONata', '{% a %}', /returned nothing \(undefined\)/],
    ['a function is no value', '{% $sum %}', /unsupported result type/],
    ['an error in the expression', `{% $error('wrong') %}`, /threw an error during evaluation\. .*wrong/],
    ['$range of too many', '{% $range(1, 5000, 1) %}', /1000 numbers at most/],
    ['$hash with an unknown algorithm', `{% $hash('a', 'CRC') %}`, /\$hash knows the algorithms/],
    ['endless recursion', '{% ($f := function($n){ 1 + $f($n + 1) }; $f(0)) %}', /recurses too deeply|longer than 1 second/],
    ['an endless tail call', '{% ($f := function($n){ $f($n + 1) }; $f(0)) %}', /recurses too deeply|longer than 1 second/],
  ];
  for (const [what, expression, cause] of failing)
    it(`${what}: States.QueryEvaluationError`, async () => {
      const shown = await valueOf(expression, { a: 1 });
      expect(shown).toMatch(/^States\.QueryEvaluationError: /);
      expect(shown).toMatch(cause);
    });

  it('Assign and Output do not see each other (SFN-DG workflow-variables)', async () => {
    const world = await openWorld();
    const { described } = await world.run({ StartAt: 'A', States: { A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' }, B: { Type: 'Pass', Assign: { x: 2, y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' }, C: { Type: 'Pass', Output: '{% [$states.input, $x, $y] %}', End: true } } });
    expect(described.output).toBe('[1,2,1]');
  });

  it('no variable is assigned when the output fails (SFN-DG workflow-variables: no partial assignment)', async () => {
    const world = await openWorld({ functions: { f: () => 1 } });
    const { described } = await world.run({
      StartAt: 'A',
      States: { A: { Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'f' }, Assign: { x: 1 }, Output: '{% $none %}', Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }], End: true }, B: { Type: 'Pass', Output: '{% $exists($x) %}', End: true } },
    });
    expect(described.output).toBe('false');
  });

  it('a Wait takes a timestamp with T and offset only (test_wait_timestamp_jsonata, 2024-12-27)', async () => {
    for (const text of ['2016-12-05 21:29:29Z', '2016-12-05T21:29:29', '2016-12-05T25:29:29Z', '2016-13-05T21:29:29Z', '05-12-2016T21:29:29Z']) {
      const world = await openWorld();
      const { described } = await world.run(single({ Type: 'Wait', Timestamp: '{% $states.input.t %}' }), { t: text });
      expect(described).toMatchObject({ error: 'States.QueryEvaluationError', cause: `An error occurred while executing the state 'S' (entered at the event id #2). The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}` });
    }
  });
});
