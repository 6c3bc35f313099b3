/** Which names of ErrorEquals reach which failure. Source: SFN-DG concepts-error-handling. */
import { describe, expect, it } from 'vitest';
import { callback, lambda, openWorld } from '../local/states/world.ts';

const failures: Readonly<Record<string, { readonly state: Record<string, unknown>; readonly caughtBy: readonly string[]; readonly missedBy: readonly string[] }>> = {
  'an error of the function': {
    state: { Resource: lambda, Arguments: { FunctionName: 'broken' } },
    caughtBy: ['Own', 'States.TaskFailed', 'States.ALL'],
    missedBy: ['Other', 'States.Timeout', 'States.Runtime'],
  },
  'a timeout': {
    state: { Resource: callback, Arguments: { FunctionName: 'ok' }, TimeoutSeconds: 5 },
    caughtBy: ['States.Timeout', 'States.ALL'],
    missedBy: ['States.TaskFailed', 'States.HeartbeatTimeout'],
  },
  'a missed heartbeat': {
    state: { Resource: callback, Arguments: { FunctionName: 'ok' }, HeartbeatSeconds: 5 },
    caughtBy: ['States.HeartbeatTimeout', 'States.Timeout', 'States.ALL'],
    missedBy: ['States.TaskFailed'],
  },
  'too much data': {
    state: { Resource: lambda, Arguments: { FunctionName: 'big' } },
    caughtBy: ['States.DataLimitExceeded'],
    missedBy: ['States.ALL', 'States.TaskFailed'],
  },
  'a failed evaluation of the arguments': {
    state: { Resource: lambda, Arguments: { FunctionName: 'ok', Payload: '{% $none %}' } },
    caughtBy: ['States.QueryEvaluationError', 'States.ALL'],
    missedBy: ['States.Timeout'],
  },
  'a failed evaluation of the output': {
    state: { Resource: lambda, Arguments: { FunctionName: 'ok' }, Output: '{% $none %}' },
    caughtBy: ['States.QueryEvaluationError', 'States.ALL'],
    missedBy: ['Other'],
  },
};

const functions = {
  ok: () => 1,
  big: () => 'x'.repeat(300_000),
  broken: () => {
    throw Object.assign(new Error('m'), { name: 'Own' });
  },
};

describe('Catch', () => {
  for (const [what, { state, caughtBy, missedBy }] of Object.entries(failures))
    for (const name of [...caughtBy, ...missedBy])
      it(`by ${name} ${caughtBy.includes(name) ? 'reaches' : 'misses'} ${what}`, async () => {
        const world = await openWorld({ functions });
        await world.create('m', { StartAt: 'S', States: { S: { Type: 'Task', ...state, Catch: [{ ErrorEquals: [name], Next: 'C' }], End: true }, C: { Type: 'Succeed' } } });
        const execution = await world.start('m', 'e');
        await world.clock.advance(6_000);
        expect((await world.describe(execution)).status).toBe(caughtBy.includes(name) ? 'SUCCEEDED' : 'FAILED');
      });
});
