/**
 * Histories as AWS writes them. Each case is a machine, and the events that AWS recorded for one of the same shape: ids, what
 * each follows, and types. Source: snapshots of LocalStack (github.com/localstack/localstack, tests/aws/services/stepfunctions/v2),
 * which are recorded on AWS; each case names its test and date of recording.
 */
import { describe, expect, it } from 'vitest';
import { callback, detailsOf, lambda, lines, openWorld, single, type Event } from '../local/states/world.ts';

const broken = () => {
  throw Object.assign(new Error('Some exception was raised.'), { name: 'Exception' });
};
const functions = { ok: () => ({}), broken, hang: () => new Promise(() => undefined) };
const call = (name: string, more: Record<string, unknown> = { End: true }) => ({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: name }, ...more });
const pass = (more: Record<string, unknown> = { End: true }) => ({ Type: 'Pass', ...more });
const fail = { Type: 'Fail', Error: 'FailError', Cause: 'FailCause' };
const mapOf = (states: Record<string, unknown>, more: Record<string, unknown> = {}) => ({ Type: 'Map', Items: '{% $states.input.list %}', MaxConcurrency: 1, ItemProcessor: { StartAt: Object.keys(states)[0], States: states }, ...more });

interface Case {
  readonly source: string;
  readonly machine: Record<string, unknown>;
  readonly input?: unknown;
  readonly advanceMs?: number;
  readonly history: readonly string[];
  /** Details of some events, by id. */
  readonly details?: Readonly<Record<number, Record<string, unknown>>>;
}

const cases: Readonly<Record<string, Case>> = {
  'a Pass state': {
    source: 'test_sfn_api test_start_execution, 2024-06-30',
    machine: single(pass()),
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<2 PassStateExited', '4<3 ExecutionSucceeded'],
    details: { 1: { input: '{}', inputDetails: { truncated: false }, roleArn: 'arn:aws:iam::111122223333:role/states' }, 3: { name: 'S', output: '{}', outputDetails: { truncated: false } }, 4: { output: '{}' } },
  },
  'a task': {
    source: 'evaluate_jsonata test_base_task[TIMEOUT_SECONDS], 2025-07-22',
    machine: single(call('ok', { TimeoutSeconds: '{% 1 %}' })),
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskSucceeded', '6<5 TaskStateExited', '7<6 ExecutionSucceeded'],
    details: {
      3: { resourceType: 'lambda', resource: 'invoke', region: 'eu-central-1', parameters: '{"FunctionName":"ok"}', timeoutInSeconds: 1 },
      4: { resourceType: 'lambda', resource: 'invoke' },
      5: { resourceType: 'lambda', resource: 'invoke', outputDetails: { truncated: false } },
    },
  },
  'a task that fails': {
    source: 'error_handling/test_task_service_lambda test_raise_exception, 2024-11-28',
    machine: single(call('broken')),
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskFailed', '6<5 ExecutionFailed'],
    details: { 5: { resourceType: 'lambda', resource: 'invoke', error: 'Exception' }, 6: { error: 'Exception' } },
  },
  'a task that fails, is retried and caught': {
    source: 'states_variables/test_error_output test_task_catch_error_with_retry, 2024-11-12',
    machine: { StartAt: 'Task', States: { Task: call('broken', { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Fallback' }], End: true }), Fallback: pass() } },
    advanceMs: 2000,
    history: [
      '1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskFailed', '6<5 TaskScheduled', '7<6 TaskStarted', '8<7 TaskFailed',
      '9<8 TaskStateExited', '10<9 PassStateEntered', '11<10 PassStateExited', '12<11 ExecutionSucceeded',
    ],
    details: { 9: { name: 'Task', output: '{"Error":"Exception","Cause":"{\\"errorMessage\\":\\"Some exception was raised.\\",\\"errorType\\":\\"Exception\\",\\"trace\\":[]}"}' } },
  },
  'a task that times out': {
    source: 'timeouts/test_timeouts test_fixed_timeout_service_lambda, 2024-03-10',
    machine: single(call('hang', { TimeoutSeconds: 5 })),
    advanceMs: 6000,
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskTimedOut', '6<5 ExecutionFailed'],
    details: { 5: { resourceType: 'lambda', resource: 'invoke', error: 'States.Timeout' }, 6: { error: 'States.Timeout' } },
  },
  'a callback without a heartbeat': {
    source: 'timeouts/test_heartbeats test_heartbeat_timeout, 2024-04-18',
    machine: single({ Type: 'Task', Resource: callback, Arguments: { FunctionName: 'ok' }, TimeoutSeconds: 600, HeartbeatSeconds: 5 }),
    advanceMs: 6000,
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskSubmitted', '6<5 TaskTimedOut', '7<6 ExecutionFailed'],
    details: {
      3: { resourceType: 'lambda', resource: 'invoke.waitForTaskToken', timeoutInSeconds: 600, heartbeatInSeconds: 5 },
      5: { resourceType: 'lambda', resource: 'invoke.waitForTaskToken', outputDetails: { truncated: false } },
      6: { error: 'States.Timeout' },
    },
  },
  'a result that is too large': {
    source: 'error_handling/test_states_errors test_service_task_lambada_data_limit_exceeded_on_large_utf8_response, 2024-03-21',
    machine: { StartAt: 'S', States: { S: call('big', { Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'C' }], End: true }), C: pass() } },
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<2 TaskScheduled', '4<3 TaskStarted', '5<4 TaskFailed', '6<5 TaskStateExited', '7<6 PassStateEntered', '8<7 PassStateExited', '9<8 ExecutionSucceeded'],
    details: { 5: { error: 'States.DataLimitExceeded', cause: `The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.` } },
  },
  'a Pass output that is too large': {
    source: 'error_handling/test_states_errors test_start_large_input, 2024-03-21',
    machine: single(pass({ Output: `{% $pad('', 300000, 'x') %}`, End: true })),
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<2 ExecutionFailed'],
    details: { 3: { error: 'States.DataLimitExceeded', cause: `The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.` } },
  },
  'a Fail state': {
    source: 'base/test_base test_state_fail, 2024-03-06',
    machine: single({ ...fail }),
    history: ['1<0 ExecutionStarted', '2<0 FailStateEntered', '3<2 ExecutionFailed'],
    details: { 3: { error: 'FailError', cause: 'FailCause' } },
  },
  'a Fail state that says nothing': {
    source: 'base/test_base test_state_fail_empty, 2024-03-06',
    machine: single({ Type: 'Fail' }),
    history: ['1<0 ExecutionStarted', '2<0 FailStateEntered', '3<2 ExecutionFailed'],
    details: { 3: {} },
  },
  'an undefined output': {
    source: 'assign/test_assign_reference_variables test_undefined_reference[BASE_UNDEFINED_OUTPUT_MULTIPLE_STATES], 2024-11-21',
    machine: { StartAt: 'State0', States: { State0: pass({ Next: 'State1' }), State1: pass({ Next: 'State2' }), State2: pass({ Output: { result: '{% $doesNotExist %}' }, End: true }) } },
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<2 PassStateExited', '4<3 PassStateEntered', '5<4 PassStateExited', '6<5 PassStateEntered', '7<5 EvaluationFailed', '8<7 ExecutionFailed'],
    details: {
      7: {
        cause: `An error occurred while executing the state 'State2' (entered at the event id #6). The JSONata expression '$doesNotExist' specified for the field 'Output/result' returned nothing (undefined).`,
        error: 'States.QueryEvaluationError', location: 'Output/result', state: 'State2',
      },
    },
  },
  'an undefined argument': {
    source: 'assign/test_assign_reference_variables test_undefined_reference[BASE_UNDEFINED_ARGUMENTS_FIELD], 2024-11-21',
    machine: single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: '{% $doesNotExist %}' } }),
    history: ['1<0 ExecutionStarted', '2<0 TaskStateEntered', '3<0 EvaluationFailed', '4<3 ExecutionFailed'],
    details: { 3: { error: 'States.QueryEvaluationError', location: 'Arguments/FunctionName', state: 'S' } },
  },
  'an undefined variable': {
    source: 'assign/test_assign_reference_variables test_undefined_reference[BASE_UNDEFINED_ASSIGN], 2024-11-21',
    machine: single(pass({ Assign: { result: '{% $doesNotExist %}' }, End: true })),
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<0 EvaluationFailed', '4<3 ExecutionFailed'],
    details: { 3: { location: 'Assign/result' } },
  },
  'a function that is not there': {
    source: 'intrinsic_functions/test_math_operations_jsonata test_math_random_seeded, 2024-11-15',
    machine: single(pass({ Output: { FunctionResult: '{% $randomSeeded($states.input) %}' }, End: true })),
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<0 EvaluationFailed', '4<3 ExecutionFailed'],
    details: {
      3: { cause: `An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$randomSeeded($states.input)' specified for the field 'Output/FunctionResult' threw an error during evaluation. T1006: Attempted to invoke a non-function` },
    },
  },
  'Map items that are no array': {
    source: 'scenarios/test_base_scenarios test_map_state_items_eval_jsonata_fail[number], 2024-11-19',
    machine: single(mapOf({ P: pass() }, { Items: '{% 1 %}' })),
    history: ['1<0 ExecutionStarted', '2<0 MapStateEntered', '3<0 EvaluationFailed', '4<3 MapStateFailed', '5<4 ExecutionFailed'],
    details: { 3: { cause: `An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1`, location: 'Items' } },
  },
  'Map items that are a function': {
    source: 'scenarios/test_base_scenarios test_map_state_items_eval_jsonata_fail[function], 2024-11-19',
    machine: single(mapOf({ P: pass() }, { Items: '{% $fn := function($x){$x} %}' })),
    history: ['1<0 ExecutionStarted', '2<0 MapStateEntered', '3<0 EvaluationFailed', '4<3 MapStateFailed', '5<4 ExecutionFailed'],
    details: { 3: { cause: `An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$fn := function($x){$x}' specified for the field 'Items' returned an unsupported result type.` } },
  },
  'Map input that is no array': {
    source: 'scenarios/test_base_scenarios test_map_state_items_input_types[number], 2024-11-19',
    machine: { StartAt: 'Start', States: { Start: pass({ Output: 1, Next: 'M' }), M: { ...mapOf({ P: pass() }), Items: undefined, End: true } } },
    history: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<2 PassStateExited', '4<3 MapStateEntered', '5<3 EvaluationFailed', '6<5 MapStateFailed', '7<6 ExecutionFailed'],
    details: { 5: { cause: `An error occurred while executing the state 'M' (entered at the event id #4). Map state input must be an array but was: 1`, state: 'M' } },
  },
  'a Map, one at a time': {
    source: 'assign/test_assign_reference_variables test_reference_in_map_state[MAP_STATE_REFERENCE_IN_ITEMS_PATH], 2024-11-18',
    machine: single(mapOf({ P: pass() })),
    input: { list: ['a', 'b'] },
    history: [
      '1<0 ExecutionStarted', '2<0 MapStateEntered', '3<2 MapStateStarted', '4<3 MapIterationStarted', '5<4 PassStateEntered', '6<5 PassStateExited', '7<6 MapIterationSucceeded', '8<6 MapIterationStarted',
      '9<8 PassStateEntered', '10<9 PassStateExited', '11<10 MapIterationSucceeded', '12<11 MapStateSucceeded', '13<11 MapStateExited', '14<13 ExecutionSucceeded',
    ],
    details: { 3: { length: 2 }, 4: { name: 'S', index: 0 }, 8: { name: 'S', index: 1 } },
  },
  'a Map whose iteration fails, caught': {
    source: 'scenarios/test_base_scenarios test_map_state_catch, 2023-07-18',
    machine: { StartAt: 'M', States: { M: mapOf({ F: { ...fail } }, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], End: true }), C: pass() } },
    input: { list: [1] },
    history: [
      '1<0 ExecutionStarted', '2<0 MapStateEntered', '3<2 MapStateStarted', '4<3 MapIterationStarted', '5<4 FailStateEntered', '6<5 MapIterationFailed', '7<5 MapStateFailed', '8<7 MapStateExited',
      '9<8 PassStateEntered', '10<9 PassStateExited', '11<10 ExecutionSucceeded',
    ],
    details: { 8: { name: 'M', output: '{"Error":"FailError","Cause":"FailCause"}' } },
  },
  'a Map that is retried': {
    source: 'scenarios/test_base_scenarios test_map_state_retry, 2023-07-18',
    machine: single(mapOf({ F: { ...fail } }, { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] })),
    input: { list: [1] },
    advanceMs: 2000,
    history: [
      '1<0 ExecutionStarted', '2<0 MapStateEntered', '3<2 MapStateStarted', '4<3 MapIterationStarted', '5<4 FailStateEntered', '6<5 MapIterationFailed', '7<5 MapStateStarted', '8<7 MapIterationStarted',
      '9<8 FailStateEntered', '10<9 MapIterationFailed', '11<9 MapStateFailed', '12<11 ExecutionFailed',
    ],
  },
  'a Map with a failed evaluation inside': {
    source: 'states_variables/test_error_output test_map_catch_error[MAP_CATCH_ERROR_OUTPUT_WITH_RETRY], 2024-11-12',
    machine: single(mapOf({ P: pass({ Output: '{% $nothing %}', End: true }) })),
    input: { list: [1] },
    history: ['1<0 ExecutionStarted', '2<0 MapStateEntered', '3<2 MapStateStarted', '4<3 MapIterationStarted', '5<4 PassStateEntered', '6<4 EvaluationFailed', '7<6 MapIterationFailed', '8<6 MapStateFailed', '9<8 ExecutionFailed'],
  },
  'a Parallel whose task fails, caught': {
    source: 'callback/test_callback test_sqs_failure_in_wait_for_task_tok_no_error_field[SQS_PARALLEL_WAIT_FOR_TASK_TOKEN], 2024-04-29',
    machine: { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [{ StartAt: 'T', States: { T: call('broken') } }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], End: true }, C: pass() } },
    history: [
      '1<0 ExecutionStarted', '2<0 ParallelStateEntered', '3<2 ParallelStateStarted', '4<3 TaskStateEntered', '5<4 TaskScheduled', '6<5 TaskStarted', '7<6 TaskFailed', '8<7 TaskStateAborted', '9<7 ParallelStateFailed',
      '10<9 ParallelStateExited', '11<10 PassStateEntered', '12<11 PassStateExited', '13<12 ExecutionSucceeded',
    ],
  },
  'a Parallel of Pass states': {
    source: 'scenarios/test_base_scenarios test_parallel_state, 2023-07-17',
    machine: single({ Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: pass() } }] }),
    history: ['1<0 ExecutionStarted', '2<0 ParallelStateEntered', '3<2 ParallelStateStarted', '4<3 PassStateEntered', '5<4 PassStateExited', '6<5 ParallelStateSucceeded', '7<5 ParallelStateExited', '8<7 ExecutionSucceeded'],
  },
};

const started = async ({ machine, input, advanceMs = 0 }: Case): Promise<Event[]> => {
  const world = await openWorld({ functions: { ...functions, big: () => 'é'.repeat(200_000) }, graceMs: 10 });
  await world.create('m', machine);
  const execution = await world.start('m', 'e', input);
  await world.clock.advance(advanceMs);
  return world.history(execution);
};

describe('history', () => {
  for (const [name, each] of Object.entries(cases))
    it(`of ${name} (${each.source})`, async () => {
      const events = await started(each);
      expect(lines(events)).toEqual(each.history);
      for (const [id, details] of Object.entries(each.details ?? {})) expect(detailsOf(events[Number(id) - 1])).toMatchObject(details);
    });

  it('of a stopped Wait (test_sfn_api test_stop_execution, 2024-05-06)', async () => {
    const world = await openWorld();
    await world.create('m', single({ Type: 'Wait', Seconds: 60 }));
    const executionArn = await world.start('m', 'e');
    await world.settle();
    await world.send('StopExecution', { executionArn });
    expect(lines(await world.history(executionArn))).toEqual(['1<0 ExecutionStarted', '2<0 WaitStateEntered', '3<0 ExecutionAborted']);
  });

  it('of a Map whose iterations time out: the others are aborted (timeouts/test_timeouts test_service_lambda_map_timeout, 2024-03-10)', async () => {
    const events = await started({ source: '', machine: single(mapOf({ T: call('hang', { TimeoutSeconds: 5, End: true }) }, { MaxConcurrency: 0 })), input: { list: [1, 2] }, advanceMs: 6000, history: [] });
    const after = events.slice(events.findIndex(({ type }) => type === 'TaskTimedOut') + 1);
    const previous = after[0]?.previousEventId;
    expect(after.map(({ type }) => type)).toEqual(['MapIterationFailed', 'TaskStateAborted', 'MapIterationAborted', 'TaskStateAborted', 'MapStateFailed', 'ExecutionFailed']);
    expect(after.slice(0, 5).map(({ previousEventId }) => previousEventId)).toEqual(Array(5).fill(previous));
  });

  it('has a timestamp in epoch seconds on every event, never going back', async () => {
    const events = await started({ source: '', machine: { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, Next: 'P' }, P: pass() } }, advanceMs: 6000, history: [] });
    const times = events.map(({ timestamp }) => timestamp);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThanOrEqual(5);
  });
});
