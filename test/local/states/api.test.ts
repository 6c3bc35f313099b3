import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbeddedClock } from '../../../local/clock.ts';
import { caller, executionArnOf, machineArnOf, openWorld, roleArn, single } from './world.ts';

const pass = single({ Type: 'Pass' });
const wait = single({ Type: 'Wait', Seconds: 3600 });
const day = 86_400_000;

describe('state machines', () => {
  it('are made once, and again for the same definition only', async () => {
    const world = await openWorld();
    expect(await world.create('m', pass)).toBe(machineArnOf('m'));
    expect(await world.create('m', pass)).toBe(machineArnOf('m'));
    await expect(world.create('m', wait)).rejects.toMatchObject({ code: 'StateMachineAlreadyExists' });
    await expect(world.create('a b', pass)).rejects.toMatchObject({ code: 'InvalidName' });
    await expect(world.send('CreateStateMachine', { name: 'x', definition: '{}', roleArn, type: 'EXPRESS' })).rejects.toMatchObject({ code: 'StateMachineTypeNotSupported' });
    await expect(world.send('CreateStateMachine', { name: 'x', definition: '{}', roleArn: 'role' })).rejects.toMatchObject({ code: 'InvalidArn' });
  });

  it('are updated; what runs keeps its definition', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    const execution = await world.start('m', 'e');
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', ...pass });
    await world.send('UpdateStateMachine', { stateMachineArn: machineArnOf('m'), definition });
    expect(await world.send('DescribeStateMachine', { stateMachineArn: machineArnOf('m') })).toMatchObject({ name: 'm', status: 'ACTIVE', type: 'STANDARD', roleArn, definition });
    const used = await world.send('DescribeStateMachineForExecution', { executionArn: execution });
    expect(JSON.parse(used['definition'] as string)).toMatchObject(wait);
    await expect(world.send('UpdateStateMachine', { stateMachineArn: machineArnOf('m') })).rejects.toMatchObject({ code: 'MissingRequiredParameter' });
  });

  it('are listed page by page, for their own account and Region', async () => {
    const world = await openWorld();
    for (const name of ['c', 'a', 'b']) await world.create(name, pass);
    const first = await world.send('ListStateMachines', { maxResults: 2 });
    const second = await world.send('ListStateMachines', { maxResults: 2, nextToken: first['nextToken'] });
    expect([first, second].flatMap((page) => (page['stateMachines'] as { name: string }[]).map(({ name }) => name))).toEqual(['a', 'b', 'c']);
    expect(second).not.toHaveProperty('nextToken');
    expect(await world.service.handle('ListStateMachines', {}, { ...caller, region: 'us-east-1' })).toEqual({ stateMachines: [] });
  });

  it('are deleted; what runs goes on, nothing new starts', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    const execution = await world.start('m', 'e');
    await world.send('DeleteStateMachine', { stateMachineArn: machineArnOf('m') });
    await expect(world.start('m', 'f')).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
    await world.clock.advance(3_601_000);
    expect((await world.describe(execution)).status).toBe('SUCCEEDED');
  });

  it('are there after a restart, with their tags', async () => {
    const world = await openWorld();
    await world.send('CreateStateMachine', { name: 'm', definition: JSON.stringify({ QueryLanguage: 'JSONata', ...pass }), roleArn, tags: [{ key: 'a', value: 'b' }] });
    await world.service.close();
    const again = await openWorld({ folder: world.folder });
    expect(await again.send('ListTagsForResource', { resourceArn: machineArnOf('m') })).toEqual({ tags: [{ key: 'a', value: 'b' }] });
  });
});

describe('executions', () => {
  it('are started once by name and input while they run, and not again for 90 days', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    const both = await Promise.all([1, 2].map(() => world.send('StartExecution', { stateMachineArn: machineArnOf('m'), name: 'e', input: '{"a":1}' })));
    expect(both[0]).toEqual(both[1]);
    await expect(world.start('m', 'e', { a: 2 })).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await world.clock.advance(3_601_000);
    await expect(world.start('m', 'e', { a: 1 })).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await world.clock.advance(91 * day);
    await expect(world.describe(executionArnOf('m', 'e'))).rejects.toMatchObject({ code: 'ExecutionDoesNotExist' });
    await world.start('m', 'e', { a: 2 });
    expect(await world.describe(executionArnOf('m', 'e'))).toMatchObject({ status: 'RUNNING', input: '{"a":2}' });
  });

  it('refuse a bad name, a bad input, a bad ARN and an unknown field', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    const start = { stateMachineArn: machineArnOf('m') };
    for (const name of ['a b', 'a:b', 'a/b', 'a*', 'a\u0007']) await expect(world.send('StartExecution', { ...start, name })).rejects.toMatchObject({ code: 'InvalidName' });
    await expect(world.send('StartExecution', { ...start, input: '{' })).rejects.toMatchObject({ code: 'InvalidExecutionInput' });
    await expect(world.send('StartExecution', { ...start, input: JSON.stringify('x'.repeat(262_144)) })).rejects.toMatchObject({ code: 'InvalidExecutionInput' });
    await expect(world.send('StartExecution', { stateMachineArn: 'm' })).rejects.toMatchObject({ code: 'InvalidArn' });
    await expect(world.send('StartExecution', { ...start, label: 'x' })).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(world.send('DescribeExecution', { executionArn: executionArnOf('m', 'none') })).rejects.toMatchObject({ code: 'ExecutionDoesNotExist' });
    await expect(world.send('StartSyncExecution', start)).rejects.toMatchObject({ code: 'UnknownOperationException' });
  });

  it('are listed newest first, page by page, by status', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    for (const name of ['a', 'b', 'c']) await world.start('m', name);
    await world.send('StopExecution', { executionArn: executionArnOf('m', 'b') });
    const list = (input: Record<string, unknown>) => world.send('ListExecutions', { stateMachineArn: machineArnOf('m'), ...input });
    const names = (page: Record<string, unknown>) => (page['executions'] as { name: string }[]).map(({ name }) => name);
    const first = await list({ maxResults: 2 });
    expect(names(first)).toEqual(['c', 'b']);
    expect(names(await list({ maxResults: 2, nextToken: first['nextToken'] }))).toEqual(['a']);
    expect(names(await list({ statusFilter: 'ABORTED' }))).toEqual(['b']);
    await expect(list({ nextToken: 'x' })).rejects.toMatchObject({ code: 'InvalidToken' });
    await expect(list({ maxResults: 1001 })).rejects.toMatchObject({ code: 'ValidationException' });
  });

  it('are in the journal before they are answered', async () => {
    const world = await openWorld();
    await world.create('m', wait);
    await world.start('m', 'e');
    expect(await readFile(join(world.folder, 'states.journal'), 'utf8')).toContain('"name":"e"');
  });

  it('carry a mark when the clock had been moved', async () => {
    const moved = await openWorld({ clock: new EmbeddedClock(5_000) });
    await moved.create('m', pass);
    await moved.start('m', 'e');
    expect(await readFile(join(moved.folder, 'states.journal'), 'utf8')).toContain('"movedClock":true');
  });
});
