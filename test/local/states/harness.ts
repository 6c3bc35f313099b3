import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EmbeddedClock } from '../../../local/clock.ts';
import type { Caller, Service } from '../../../local/service.ts';
import { openStates } from '../../../local/states/server.ts';
import { AwsError } from '../../../local/wire/errors.ts';

export type Wire = Record<string, unknown>;
type Lambda = (payload: never) => unknown;

const caller = (): Caller => ({
  arn: 'arn:aws:iam::111122223333:user/alice',
  userId: 'AIDAEXAMPLE',
  accountId: '111122223333',
  region: 'eu-central-1',
  sourceIp: '127.0.0.1',
  requestId: randomUUID(),
});

const lambdaArn = 'arn:aws:states:::lambda:invoke';
const callbackArn = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

/** A Task that invokes a Lambda with the state's input. */
export const task = (name: string, more: Wire = {}): Wire => ({
  ...{ Type: 'Task', Resource: lambdaArn, Arguments: { FunctionName: name, Payload: '{% $states.input %}' }, Output: '{% $states.result.Payload %}' },
  ...('Next' in more ? {} : { End: true }),
  ...more,
});

/** A callback Task whose Lambda gets the token. */
export const callback = (name: string, more: Wire = {}): Wire => ({
  ...{ Type: 'Task', Resource: callbackArn, Arguments: { FunctionName: name, Payload: { token: '{% $states.context.Task.Token %}' } } },
  ...('Next' in more ? {} : { End: true }),
  ...more,
});

/** A definition of these states, begun at the first. */
export const machine = (states: Wire, more: Wire = {}): Wire => ({ QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more });

export interface Event {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

export interface Execution {
  readonly status: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: number;
  readonly redriveStatus: string;
}

const ends = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut'];

/** Ids are 1, 2, 3, …; each follows an earlier one, the first two nothing (LocalStack's recordings on AWS); an end is last, or is redriven. (aws-facts 3.12) */
export function expectConsistent(events: readonly Event[]): void {
  expect(events.map((e) => e.id)).toEqual(events.map((_, i) => i + 1));
  expect(events[0]).toMatchObject({ type: 'ExecutionStarted', previousEventId: 0 });
  for (const event of events.slice(1)) {
    expect(event.previousEventId, `${event.id} ${event.type}`).toBeGreaterThanOrEqual(0);
    expect(event.previousEventId, `${event.id} ${event.type}`).toBeLessThan(event.id);
  }
  for (const event of events.filter((e) => ends.includes(e.type))) expect([undefined, 'ExecutionRedriven']).toContain(events[event.id]?.type);
}

export const typesOf = (events: readonly Event[]): string[] => events.map((e) => e.type);

/** An embedded Step Functions in a folder of its own, with a clock to move and Lambdas that are plain functions. */
export class Bench {
  readonly folder: string;
  readonly clock: EmbeddedClock;
  readonly lambdas: Record<string, Lambda>;
  /** What was invoked, in order. */
  readonly invoked: { name: string; payload: unknown }[] = [];
  readonly called: { service: string; operation: string; input: Wire }[] = [];
  callService: (service: string, operation: string) => unknown = () => ({});
  states: Service | undefined;

  constructor(folder: string, lambdas: Record<string, Lambda> = {}, clock = new EmbeddedClock()) {
    this.folder = folder;
    this.lambdas = lambdas;
    this.clock = clock;
  }

  static async open(lambdas: Record<string, Lambda> = {}): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'rota-states-')), lambdas);
    await bench.reopen();
    return bench;
  }

  async reopen(): Promise<void> {
    await this.states?.close();
    this.states = await openStates({
      folder: this.folder,
      clock: this.clock,
      random: () => 0.5,
      invokeLambda: async (name, payload) => {
        this.invoked.push({ name, payload });
        const lambda = this.lambdas[name];
        if (lambda === undefined) throw new Error(`no lambda ${name}`);
        return Promise.resolve(lambda(payload as never));
      },
      callService: async (service, operation, input) => {
        this.called.push({ service, operation, input });
        return Promise.resolve(this.callService(service, operation));
      },
    });
  }

  /** Ends the test; what was told of the executions must be what the folder holds. */
  async close(): Promise<void> {
    const told = await this.finished();
    await this.reopen();
    const kept = await this.finished();
    for (const [arn, view] of told) expect(kept.get(arn)).toEqual(view);
    await this.states?.close();
    this.clock.stop();
    await rm(this.folder, { recursive: true });
  }

  async finished(): Promise<Map<string, unknown>> {
    const views = new Map<string, unknown>();
    const { stateMachines } = await this.call<{ stateMachines: { stateMachineArn: string }[] }>('ListStateMachines');
    for (const { stateMachineArn } of stateMachines) {
      const { executions } = await this.call<{ executions: { executionArn: string; status: string }[] }>('ListExecutions', { stateMachineArn });
      for (const { executionArn, status } of executions)
        if (status !== 'RUNNING') views.set(executionArn, { execution: await this.describe(executionArn), history: await this.history(executionArn) });
    }
    return views;
  }

  async call<T = Wire>(operation: string, input: Wire = {}): Promise<T> {
    if (this.states === undefined) throw new Error('the bench is closed');
    return (await this.states.handle(operation, input, caller())) as T;
  }

  /** The code of the refusal, or undefined when it was not refused. */
  async refusal(operation: string, input: Wire): Promise<string | undefined> {
    try {
      await this.call(operation, input);
      return undefined;
    } catch (error) {
      if (error instanceof AwsError) return error.code;
      throw error;
    }
  }

  async create(definition: Wire): Promise<string> {
    const name = `m-${randomUUID()}`;
    const { stateMachineArn } = await this.call<{ stateMachineArn: string }>('CreateStateMachine', { name, definition: JSON.stringify(definition), roleArn: 'arn:aws:iam::111122223333:role/states' });
    return stateMachineArn;
  }

  /** Starts an execution and lets it go as far as it goes without time passing. */
  async start(definition: Wire, input: unknown = {}): Promise<string> {
    const stateMachineArn = await this.create(definition);
    const { executionArn } = await this.call<{ executionArn: string }>('StartExecution', { stateMachineArn, input: JSON.stringify(input) });
    await this.advance(0);
    return executionArn;
  }

  /** Starts an execution that needs no time, and answers its end. */
  async run(definition: Wire, input: unknown = {}): Promise<Execution & { result: unknown; events: Event[] }> {
    return this.end(await this.start(definition, input));
  }

  async end(arn: string): Promise<Execution & { result: unknown; events: Event[] }> {
    const execution = await this.describe(arn);
    const events = await this.history(arn);
    expectConsistent(events);
    return { ...execution, result: execution.output === undefined ? undefined : (JSON.parse(execution.output) as unknown), events };
  }

  advance(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1000);
  }

  describe(executionArn: string): Promise<Execution> {
    return this.call<Execution>('DescribeExecution', { executionArn });
  }

  async history(executionArn: string): Promise<Event[]> {
    return (await this.call<{ events: Event[] }>('GetExecutionHistory', { executionArn, maxResults: 1000 })).events;
  }

  /** The token that the last Lambda invoked was given. */
  get token(): string {
    return (this.invoked.at(-1)?.payload as { token: string }).token;
  }

  async succeed(taskToken: string, output: unknown): Promise<string | undefined> {
    const refused = await this.refusal('SendTaskSuccess', { taskToken, output: JSON.stringify(output) });
    await this.advance(0);
    return refused;
  }
}
