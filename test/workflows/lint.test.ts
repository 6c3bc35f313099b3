import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../core/errors.ts';
import { notVisibleYetErrors, transientAwsErrors } from '../../core/transient-errors.ts';
import { tasks } from '../../tasks/catalogue.ts';
import { isOfClosing } from '../../tasks/task.ts';
import type { State, StateMachine } from '../../workflows/asl.ts';
import { workflows, type WorkflowName } from '../../workflows/catalogue.ts';
import {
  carelessRetries,
  tasksCalled,
  unassignedReads,
  unboundedCallbacks,
  unknownErrors,
  unknownRetryErrors,
  unreachable,
  unsealedEnds,
  wholeOf,
  type KnownErrors,
} from './lint.ts';

const names = Object.keys(workflows) as WorkflowName[];
/** A sweep changes nothing that must be put back, and leaves records rather than a dossier. */
const moves = (name: WorkflowName): boolean => name !== 'key-sweep';
const machineOf = (name: WorkflowName): StateMachine => workflows[name]({ partition: 'aws', functionOf: (task) => task });
const withArns = (name: WorkflowName): StateMachine => workflows[name]({ partition: 'aws', functionOf: (task) => `arn:aws:lambda:eu-central-1:111122223333:function:${task}` });

const known: KnownErrors = {
  ofTask: (name) => tasks.find((t) => t.name === name)?.errors ?? [],
  // Errors of SDK calls that tasks pass on by AWS's name, and those that the wrapper around every task throws.
  ofAnyTask: [...transientAwsErrors, ...notVisibleYetErrors, 'ConnectionLost', 'AwsRefused', 'BadRequest', 'KmsPaceFull'],
};
const someTaskThrows = [...known.ofAnyTask, ...tasks.flatMap((t) => t.errors)];

/** A copy of `byok-rotation` with one state changed. */
function mutated(state: string, change: (state: Record<string, unknown>) => void): StateMachine {
  const copy = structuredClone(machineOf('byok-rotation')) as { States: Record<string, State> } & StateMachine;
  change(copy.States[state] as unknown as Record<string, unknown>);
  return copy;
}

describe.each(names)('%s', (name) => {
  const machine = machineOf(name);
  const parts = wholeOf(machine);
  test('survives JSON', () => expect(JSON.parse(JSON.stringify(machine))).toEqual(machine));
  test('is accepted by asl-validator', () => {
    const verdict = validate(withArns(name));
    expect(verdict.isValid ? '' : verdict.errorsText('\n')).toBe('');
  });
  test('has no state that is never reached', () => expect(parts.flatMap(unreachable)).toEqual([]));
  test('waits for nobody for ever', () => expect(parts.flatMap(unboundedCallbacks)).toEqual([]));
  test('retries a bounded number of times, with jitter', () => expect(parts.flatMap(carelessRetries)).toEqual([]));
  test('assigns each variable before it reads it', () => expect(parts.flatMap(unassignedReads)).toEqual([]));
  test('catches errors that its tasks declare', () => expect(parts.flatMap((part) => unknownErrors(part, known))).toEqual([]));
  test('retries errors that something throws', () => expect(parts.flatMap((part) => unknownRetryErrors(part, someTaskThrows))).toEqual([]));
  test('ends with a dossier on every way', () => expect(moves(name) ? unsealedEnds(machine) : []).toEqual([]));
  test('has names that Step Functions takes', () => expect([name, ...Object.keys(machine.States)].filter((n) => n.length > 80)).toEqual([]));
});

/** Called by a rule for events, or of AWS Config, rather than by a workflow. */
const byRule = ['judge-event', 'judge-for-config'];

test('workflows and the task catalogue name the same tasks', () => {
  expect([...new Set(names.map(machineOf).flatMap(wholeOf).flatMap(tasksCalled)), ...byRule].sort()).toEqual(tasks.map((t) => t.name).sort());
});

test('every declared error is in the catalogue', () => {
  expect(tasks.flatMap((t) => t.errors).filter((e) => !(e in catalogue))).toEqual([]);
});

describe('each check can fail', () => {
  test('JSON: a function in a definition', () => {
    const machine = mutated('Begin', (s) => (s.Comment = () => 'x'));
    expect(JSON.parse(JSON.stringify(machine))).not.toEqual(machine);
  });
  test.each([
    ['a Next to nowhere', 'Begin', { Next: 'Nowhere' }],
    ['a field of JSONPath', 'Make canary', { Parameters: {} }],
    ['Arguments that are no expression', 'Make canary', { Arguments: '$states.input' }],
    ['a timeout in words', 'Make canary', { TimeoutSeconds: 'soon' }],
  ])('asl-validator: %s', (_, state, fields) => {
    expect(validate(mutated(state, (s) => Object.assign(s, fields))).isValid).toBe(false);
  });
  test('a state that nothing goes to', () => {
    expect(unreachable(mutated('Prove through alias', (s) => (s.Next = 'Must the old key be quiet?')))).toEqual(['Keep old key is never reached']);
  });
  test('a way to nowhere', () => {
    expect(unreachable(mutated('Keep old key', (s) => (s.Next = 'Seal the dossier')))).toContain('Seal the dossier is gone to, but is no state');
  });
  test.each(['TimeoutSeconds', 'HeartbeatSeconds'])('a callback without %s', (field) => {
    expect(unboundedCallbacks(mutated('Await cutover approval', (s) => Reflect.deleteProperty(s, field)))).toEqual(['Await cutover approval waits without TimeoutSeconds or HeartbeatSeconds']);
  });
  test.each([
    ['no Retry', undefined, 'Make canary retries nothing'],
    ['a thousand attempts', { MaxAttempts: 1000 }, 'Make canary retries 1000 times'],
    ['no jitter', { JitterStrategy: 'NONE' }, 'Make canary retries without jitter'],
    ['an hour between', { MaxDelaySeconds: 3600 }, 'Make canary waits 3600 s between attempts'],
    ['any error', { ErrorEquals: ['States.ALL'] }, 'Make canary retries whatever happens'],
  ])('a Retry with %s', (_, fields, fault) => {
    const change = (s: Record<string, unknown>) => {
      if (fields === undefined) delete s.Retry;
      else s.Retry = [{ ...(s.Retry as object[])[0], ...fields }];
    };
    expect(carelessRetries(mutated('Make canary', change))).toEqual([fault]);
  });
  test.each([['jitter', { JitterStrategy: 'FULL' }], ['a short wait', { IntervalSeconds: 2 }]])('a look for a new key that may come at once: %s', (_, fields) => {
    expect(carelessRetries(mutated('Create successor', (s) => (s.Retry = [{ ...(s.Retry as object[])[0], ...fields }])))).toEqual(['Create successor may look at once for what it made']);
  });
  test('a variable that the way back needs, not assigned by one Catch', () => {
    const machine = mutated('Copy grants', (s) => (s.Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Restore aliases' }]));
    expect(unassignedReads(machine)).toEqual(['Restore aliases reads $failure, which not every way to it assigns', 'Seal failed dossier reads $failure, which not every way to it assigns', 'Ended without effect reads $failure, which not every way to it assigns']);
  });
  test('a variable that only one branch assigns', () => {
    const machine = mutated('Plan rotation', (s) => delete (s.Assign as Record<string, unknown>).planDigest);
    expect(unassignedReads(machine)).toEqual(['Await start approval reads $planDigest, which not every way to it assigns', 'Check start reads $planDigest, which not every way to it assigns']);
  });
  test('a Catch for an error that its task does not declare', () => {
    const machine = mutated('Import material', (s) => (s.Catch = [{ ErrorEquals: ['PlanChanged'], Next: 'Wrap material' }]));
    expect(unknownErrors(machine, known)).toEqual(['Import material catches PlanChanged, which task import-material does not declare']);
  });
  test('a Retry for an error that nothing throws', () => {
    const machine = mutated('Make canary', (s) => (s.Retry = [{ ErrorEquals: ['TrottlingException'] }]));
    expect(unknownRetryErrors(machine, someTaskThrows)).toEqual(['Make canary retries TrottlingException, which nothing throws']);
  });
  test('an end without a dossier', () => {
    expect(unsealedEnds(mutated('Keep old key', (s) => (s.Next = 'Rotated')))).toEqual(['Rotated ends without a dossier']);
    expect(unsealedEnds(mutated('Keep old key', (s) => delete s.Catch))).toEqual(['Keep old key may fail without a dossier']);
  });
  test('a task that the catalogue does not have', () => {
    const machine = mutated('Make canary', (s) => ((s.Arguments as Record<string, unknown>).FunctionName = 'make-canaries'));
    expect(tasksCalled(machine)).toContain('make-canaries');
    expect(tasks.map((t) => t.name)).not.toContain('make-canaries');
  });
});

test('what closes a rotation may do so, once nothing else of it may', () => {
  const machine = workflows['close-rotation']({ partition: 'aws', functionOf: (task) => task });
  const steps = Object.values(machine.States).flatMap((state) => {
    if (state.Type !== 'Task') return [];
    const { FunctionName, Payload } = state.Arguments as { FunctionName: string; Payload: { stage?: string; wait?: string } };
    return [[FunctionName, Payload.stage ?? Payload.wait].filter((part) => part !== undefined).join('.')];
  });
  expect(steps).toContain('publish-keys.restore');
  expect(steps.filter((step) => !isOfClosing(step))).toEqual([]);
});
