import { describe, expect, it } from 'vitest';
import { callback, caller, detailsOf, openWorld, type World } from './world.ts';

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

  for (const name of ['States.HeartbeatTimeout', 'States.Timeout', 'States.ALL'])
    it(`die of a missed heartbeat, which ${name} catches`, async () => {
      const { world, execution } = await asked({ ...ask(), States: { Ask: { ...ask({ TimeoutSeconds: 100, HeartbeatSeconds: 30, Catch: [{ ErrorEquals: [name], Next: 'Late' }] }).States.Ask }, Late: { Type: 'Succeed' } } });
      await world.clock.advance(31_000);
      expect((await world.describe(execution)).status).toBe('SUCCEEDED');
    });

  it('do not hold a moved clock while a person thinks', async () => {
    const { world, execution, last } = await asked(ask());
    await world.clock.advance(300 * 86_400_000);
    await world.send('SendTaskSuccess', { taskToken: last(), output: '1' });
    await world.settle();
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });
});
