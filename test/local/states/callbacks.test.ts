import { describe, expect, it } from 'vitest';
import { callback, caller, detailsOf, openWorld, types, type World } from './world.ts';

const ask = (more: Record<string, unknown> = {}) => ({
  StartAt: 'Ask',
  States: { Ask: { Type: 'Task', Resource: callback, Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } }, End: true, ...more } },
});

async function asked(definition: Record<string, unknown>): Promise<{ world: World; tokens: string[]; execution: string; last: () => string }> {
  const tokens: string[] = [];
  const world = await openWorld({ functions: { ask: ({ token }: { token: string }) => void tokens.push(token) } });
  await world.create('m', definition);
  const execution = await world.start('m', 'e');
  await world.settle();
  return { world, tokens, execution, last: () => tokens.at(-1) as string };
}

describe('task tokens', () => {
  it('hold at least 256 random bits, and are the same in the function and in the history', async () => {
    const { world, tokens, execution } = await asked(ask());
    expect(Buffer.from(tokens[0] as string, 'base64url').length).toBeGreaterThanOrEqual(32);
    const scheduled = (await world.history(execution)).find(({ type }) => type === 'TaskScheduled');
    expect(JSON.parse(detailsOf(scheduled)['parameters'] as string)).toEqual({ FunctionName: 'ask', Payload: { token: tokens[0] } });
  });

  it('take the first answer; every later one is too late', async () => {
    const { world, execution, last } = await asked(ask());
    await world.send('SendTaskSuccess', { taskToken: last(), output: '{"a":1}' });
    for (const [operation, input] of [['SendTaskSuccess', { output: '2' }], ['SendTaskFailure', {}], ['SendTaskHeartbeat', {}]] as const)
      await expect(world.send(operation, { taskToken: last(), ...input })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    await world.settle();
    expect(await world.describe(execution)).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
  });

  it('let two answers at once win once', async () => {
    const { world, execution, last } = await asked(ask());
    const answers = await Promise.allSettled([1, 2, 3].map((n) => world.send('SendTaskSuccess', { taskToken: last(), output: `${n}` })));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await world.settle();
    expect(types(await world.history(execution)).filter((type) => type === 'TaskSucceeded')).toHaveLength(1);
  });

  it('take a failure with its name and cause', async () => {
    const { world, execution, last } = await asked(ask());
    await world.send('SendTaskFailure', { taskToken: last(), error: 'Refused', cause: 'no' });
    await world.settle();
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'no' });
  });

  it('refuse what is no token, another account, and an output that is no JSON or too long', async () => {
    const { world, last } = await asked(ask());
    const strange = Buffer.alloc(64, 1).toString('base64url');
    await expect(world.send('SendTaskSuccess', { taskToken: 'x', output: '1' })).rejects.toMatchObject({ code: 'InvalidToken' });
    await expect(world.send('SendTaskSuccess', { taskToken: strange, output: '1' })).rejects.toMatchObject({ code: 'TaskDoesNotExist' });
    await expect(world.service.handle('SendTaskSuccess', { taskToken: last(), output: '1' }, { ...caller, accountId: '999999999999' })).rejects.toMatchObject({ code: 'TaskDoesNotExist' });
    await expect(world.send('SendTaskSuccess', { taskToken: last(), output: 'yes' })).rejects.toMatchObject({ code: 'InvalidOutput' });
    await expect(world.send('SendTaskSuccess', { taskToken: last(), output: JSON.stringify('x'.repeat(262_144)) })).rejects.toMatchObject({ code: 'InvalidOutput' });
    await world.send('SendTaskSuccess', { taskToken: last(), output: '1' });
  });

  it('are new in each attempt, and the old one is dead', async () => {
    const { world, tokens, execution } = await asked(ask({ TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 1 }] }));
    await world.clock.advance(62_000);
    expect(tokens).toHaveLength(2);
    await expect(world.send('SendTaskSuccess', { taskToken: tokens[0], output: '1' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    await world.send('SendTaskSuccess', { taskToken: tokens[1], output: '1' });
    await world.settle();
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });

  it('live on by heartbeats, which leave no event and do not move the timeout', async () => {
    const { world, execution, last } = await asked(ask({ TimeoutSeconds: 100, HeartbeatSeconds: 30 }));
    const { length } = await world.history(execution);
    for (let beat = 0; beat < 3; beat += 1) {
      await world.clock.advance(25_000);
      await world.send('SendTaskHeartbeat', { taskToken: last() });
    }
    expect(await world.history(execution)).toHaveLength(length);
    await world.clock.advance(24_000);
    expect((await world.describe(execution)).status).toBe('RUNNING');
    await world.send('SendTaskHeartbeat', { taskToken: last() });
    await world.clock.advance(2_000);
    expect(await world.describe(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  for (const name of ['States.HeartbeatTimeout', 'States.Timeout', 'States.ALL'])
    it(`die of a missed heartbeat, which ${name} catches`, async () => {
      const { world, execution } = await asked({ ...ask(), States: { Ask: { ...ask({ TimeoutSeconds: 100, HeartbeatSeconds: 30, Catch: [{ ErrorEquals: [name], Next: 'Late' }] }).States.Ask }, Late: { Type: 'Succeed' } } });
      await world.clock.advance(31_000);
      expect((await world.describe(execution)).status).toBe('SUCCEEDED');
    });

  it('do not outlive the execution', async () => {
    const { world, execution, last } = await asked(ask());
    await world.send('StopExecution', { executionArn: execution, error: 'Stop', cause: 'enough' });
    await expect(world.send('SendTaskSuccess', { taskToken: last(), output: '1' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    expect(await world.describe(execution)).toMatchObject({ status: 'ABORTED', error: 'Stop', cause: 'enough', redriveStatus: 'REDRIVABLE' });
  });

  it('may be answered from inside the function that is given them', async () => {
    const world: World = await openWorld({ functions: { ask: ({ token }: { token: string }) => world.send('SendTaskSuccess', { taskToken: token, output: '"at once"' }) } });
    const { described, events } = await world.run(ask());
    expect(described.output).toBe('"at once"');
    expect(types(events)).not.toContain('TaskSubmitted');
  });

  it('do not hold a moved clock while a person thinks', async () => {
    const { world, execution, last } = await asked(ask());
    await world.clock.advance(300 * 86_400_000);
    await world.send('SendTaskSuccess', { taskToken: last(), output: '1' });
    await world.settle();
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });

  it('survive a restart, open and closed', async () => {
    const { world, tokens, execution } = await asked(ask({ TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] }));
    await world.clock.advance(62_000);
    await world.service.close();
    const again = await openWorld({ folder: world.folder, clock: world.clock });
    await expect(again.send('SendTaskSuccess', { taskToken: tokens[0], output: '1' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    await again.send('SendTaskSuccess', { taskToken: tokens[1], output: '1' });
    await again.settle();
    expect((await again.describe(execution)).status).toBe('SUCCEEDED');
  });
});
