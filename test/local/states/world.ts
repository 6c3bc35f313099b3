import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { EmbeddedClock } from '../../../local/clock.ts';
import type { Caller, Service } from '../../../local/service.ts';
import { openStates, type StatesOptions } from '../../../local/states/server.ts';

export const caller: Caller = { arn: 'arn:aws:iam::111122223333:user/ann', userId: 'ann', accountId: '111122223333', region: 'eu-central-1', sourceIp: '127.0.0.1', requestId: 'r' };
export const roleArn = 'arn:aws:iam::111122223333:role/states';
export const machineArnOf = (name: string): string => `arn:aws:states:eu-central-1:111122223333:stateMachine:${name}`;
export const executionArnOf = (machine: string, name: string): string => `arn:aws:states:eu-central-1:111122223333:execution:${machine}:${name}`;

export const lambda = 'arn:aws:states:::lambda:invoke';
export const callback = `${lambda}.waitForTaskToken`;

export interface Event {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: number;
  readonly [details: string]: unknown;
}

export type Functions = Record<string, (payload: never) => unknown>;

interface Described {
  readonly status: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly input?: string;
  readonly redriveCount: number;
  readonly redriveStatus: string;
  readonly redriveStatusReason?: string;
}

/** An embedded Step Functions with functions of its own, a clock to move, and a folder that can be opened again. */
export interface World {
  readonly service: Service;
  readonly clock: EmbeddedClock;
  readonly folder: string;
  /** Sends a request as `caller`. */
  send(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  create(name: string, definition: Record<string, unknown>): Promise<string>;
  start(machine: string, name: string, input?: unknown): Promise<string>;
  describe(execution: string): Promise<Described>;
  history(execution: string): Promise<Event[]>;
  /** Creates a machine `m`, runs an execution `e` of it and lets everything settle that needs no time. */
  run(definition: Record<string, unknown>, input?: unknown): Promise<{ execution: string; described: Described; events: Event[] }>;
  /** Lets work settle without moving time. */
  settle(): Promise<void>;
}

const opened: World[] = [];

afterEach(async () => {
  for (const { service, clock } of opened.splice(0)) {
    await service.close();
    clock.stop();
  }
});

const unused = (): Promise<unknown> => Promise.reject(new Error('no service is called in this test'));

/** Opens a world on a folder, a fresh one unless given. */
export async function openWorld({ functions = {}, folder, clock = new EmbeddedClock(), ...options }: { functions?: Functions; folder?: string; clock?: EmbeddedClock } & Partial<StatesOptions> = {}): Promise<World> {
  const at = folder ?? (await mkdtemp(join(tmpdir(), 'states-')));
  const service = await openStates({
    folder: at,
    clock,
    invokeLambda: (name, payload) => Promise.resolve(payload as never).then(functions[name]),
    callService: unused,
    random: () => 0.5,
    ...options,
  });
  const send = (operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => service.handle(operation, input, caller);
  const world: World = {
    service,
    clock,
    folder: at,
    send,
    settle: () => clock.advance(0),
    async create(name, definition) {
      const text = JSON.stringify({ QueryLanguage: 'JSONata', ...definition });
      return (await send('CreateStateMachine', { name, definition: text, roleArn }))['stateMachineArn'] as string;
    },
    async start(machine, name, input = {}) {
      return (await send('StartExecution', { stateMachineArn: machineArnOf(machine), name, input: JSON.stringify(input) }))['executionArn'] as string;
    },
    describe: async (execution) => (await send('DescribeExecution', { executionArn: execution })) as unknown as Described,
    async history(execution) {
      const events: Event[] = [];
      let nextToken: string | undefined;
      do {
        const page = await send('GetExecutionHistory', { executionArn: execution, maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) });
        events.push(...(page['events'] as Event[]));
        nextToken = page['nextToken'] as string | undefined;
      } while (nextToken !== undefined);
      return events;
    },
    async run(definition, input = {}) {
      await world.create('m', definition);
      const execution = await world.start('m', 'e', input);
      await world.settle();
      return { execution, described: await world.describe(execution), events: await world.history(execution) };
    },
  };
  opened.push(world);
  return world;
}

/** A machine of one state. */
export const single = (state: Record<string, unknown>): Record<string, unknown> => ({ StartAt: 'S', States: { S: { ...(state['Type'] === 'Choice' || state['Type'] === 'Succeed' || state['Type'] === 'Fail' || 'Next' in state ? {} : { End: true }), ...state } } });

/** A history in one line an event: `3<2 TaskScheduled`. */
export const lines = (events: readonly Event[]): string[] => events.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);

export const types = (events: readonly Event[]): string[] => events.map(({ type }) => type);

export const detailsOf = (event: Event | undefined): Record<string, unknown> => Object.entries(event ?? {}).find(([key]) => key.endsWith('EventDetails'))?.[1] as Record<string, unknown>;
