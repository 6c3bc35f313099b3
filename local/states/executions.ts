import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { parseDefinition } from './definition.ts';
import { executionOf, type Running } from './draft.ts';
import { historyEvent, withoutData } from './history.ts';
import { mostDataBytes } from './limits.ts';
import { constant, machineOf } from './machines.ts';
import { mapRunArn, mapRunAt } from './map-runs.ts';
import type { Execution, Identity, Outcome, Thread } from './model.ts';
import { checkArn, checkName, executionArn, isOwn } from './names.ts';
import { arn, flag, maxResults, name, operation, present, seconds, type Api, type Operation, type Output } from './operation.ts';
import { page } from './paging.ts';
import { redrive, redriveRefusal } from './redrive.ts';
import { beforeWork, endExecution } from './transitions.ts';

const error = z.string().max(256).optional();
const cause = z.string().max(32_768).optional();
const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'] as const;

/** An execution of the caller's account and Region. Throws ExecutionDoesNotExist. Of express ones, AWS only describes those of a Map Run. */
function executionAt({ store, clock, caller }: Api, execution: string, ...types: readonly 'express'[]): Running {
  checkArn(execution, 'execution', ...types);
  const found = isOwn(caller, execution) ? store.execution(execution, clock.now()) : undefined;
  if (found === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${execution}'`);
  return found;
}

function checkInput(text: string): void {
  if (Buffer.byteLength(text) > mostDataBytes) throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: 'The input is longer than ${mostDataBytes} bytes'`);
  try {
    JSON.parse(text);
  } catch (wrong) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${text === '' ? 'Invalid execution input.' : (wrong as Error).message}'`);
  }
}

const start = operation(
  z.strictObject({ stateMachineArn: arn, name: name.optional(), input: z.string().default('{}'), traceHeader: z.string().max(256).optional() }),
  async (input, { store, engine, clock, caller }) => {
    const machine = machineOf({ store, caller }, input.stateMachineArn);
    const executionName = input.name ?? randomUUID();
    checkName(executionName);
    checkInput(input.input);
    const now = clock.now();
    const execution = executionArn(machine.arn, executionName);
    const existing = store.execution(execution, now);
    if (existing !== undefined) {
      // SFN:StartExecutionCommand: the same request again is answered again, while the execution runs.
      if (existing.outcome.status === 'RUNNING' && existing.identity.input === input.input) return { executionArn: execution, startDate: seconds(existing.identity.startMs) };
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${execution}'`);
    }
    const { StartAt, TimeoutSeconds } = parseDefinition(machine.definition);
    const identity: Identity = {
      arn: execution,
      name: executionName,
      machineArn: machine.arn,
      machineName: machine.name,
      roleArn: machine.roleArn,
      definition: machine.definition,
      ...(machine.revisionId === undefined ? {} : { revisionId: machine.revisionId }),
      machineUpdatedMs: machine.updatedMs,
      input: input.input,
      startMs: now,
      ...(clock.offsetMs === 0 ? {} : { movedClock: true }),
    };
    const outcome: Outcome = { status: 'RUNNING', redriveCount: 0, ...(TimeoutSeconds === undefined ? {} : { deadlineMs: now + TimeoutSeconds * 1000 }) };
    const root: Thread = {
      id: 0, index: 0, scope: [], state: StartAt, input: JSON.parse(input.input) as unknown, variables: {}, phase: { at: 'start' },
      // The first state follows event 0, not ExecutionStarted, as on AWS.
      enteredMs: now, enteredEvent: 0, beforeEntered: 0, lastEvent: 0, retries: [],
    };
    await store.start({ identity, outcome, event: historyEvent(1, 0, now, 'ExecutionStarted', { input: input.input, roleArn: machine.roleArn }), root });
    engine.started(execution);
    return { executionArn: execution, startDate: seconds(now) };
  },
);

const stop = operation(z.strictObject({ executionArn: arn, error, cause }), async ({ executionArn: execution, ...failure }, api) => {
  executionAt(api, execution);
  return api.engine.change(execution, (draft, { outcome, threads }) => {
    // A second StopExecution answers like the first (SFN:StopExecutionOutput has the stop date alone).
    if (outcome.status !== 'RUNNING') return { stopDate: seconds(outcome.stopMs ?? draft.nowMs) };
    endExecution(draft, 'ABORTED', failure, beforeWork(threads.get(0) as Thread));
    return { stopDate: seconds(draft.nowMs) };
  });
});

const describe = operation(z.strictObject({ executionArn: arn, includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).optional() }), (input, api) => {
  const running = executionAt(api, input.executionArn, 'express');
  const execution = executionOf(running);
  const isShown = input.includedData !== 'METADATA_ONLY';
  const refusal = redriveRefusal(execution, running.history.length, api.clock.now());
  return present({
    ...summary(execution),
    ...(isShown ? { input: execution.input, inputDetails: { included: true }, error: execution.error, cause: execution.cause } : {}),
    ...(isShown && execution.output !== undefined ? { output: execution.output, outputDetails: { included: true } } : {}),
    redriveStatus: refusal === undefined ? 'REDRIVABLE' : execution.mapRun !== undefined && isUnsuccessful(execution) ? 'REDRIVABLE_BY_MAP_RUN' : 'NOT_REDRIVABLE',
    redriveStatusReason: refusal,
  });
});

const isUnsuccessful = ({ status }: Execution): boolean => status !== 'RUNNING' && status !== 'SUCCEEDED';

const summary = (execution: Execution): Output =>
  present({
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    mapRunArn: execution.mapRun?.arn,
    name: execution.name,
    status: execution.status,
    startDate: seconds(execution.startMs),
    stopDate: execution.stopMs === undefined ? undefined : seconds(execution.stopMs),
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriveMs === undefined ? undefined : seconds(execution.redriveMs),
  });

const describeMachine = operation(z.strictObject({ executionArn: arn, includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).optional() }), (input, api) => {
  const { identity } = executionAt(api, input.executionArn, 'express');
  return present({
    stateMachineArn: identity.machineArn,
    name: identity.machineName,
    mapRunArn: identity.mapRun?.arn,
    label: identity.mapRun?.label,
    definition: input.includedData === 'METADATA_ONLY' ? undefined : identity.definition,
    roleArn: identity.roleArn,
    updateDate: seconds(identity.machineUpdatedMs),
    revisionId: identity.revisionId,
    ...constant,
  });
});

const list = operation(
  z.strictObject({
    stateMachineArn: arn.optional(),
    mapRunArn: mapRunArn.optional(),
    statusFilter: z.enum(statuses).optional(),
    redriveFilter: z.enum(['NOT_REDRIVEN', 'REDRIVEN']).optional(),
    maxResults,
    nextToken: z.string().min(1).max(3096).optional(),
  }),
  (input, api) => {
    if ((input.stateMachineArn === undefined) === (input.mapRunArn === undefined)) throw new AwsError('ValidationException', 'Must provide either a StateMachine ARN or MapRun ARN');
    const of = input.stateMachineArn === undefined ? mapRunAt(api, input.mapRunArn ?? '').run.arn : machineOf(api, input.stateMachineArn).arn;
    const now = api.clock.now();
    const wanted = [...api.store.executions.keys()]
      .flatMap((execution) => api.store.execution(execution, now) ?? [])
      .map(executionOf)
      .filter(({ machineArn, mapRun }) => of === (mapRun?.arn ?? machineArn))
      .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
      .filter(({ redriveCount }) => input.redriveFilter === undefined || redriveCount > 0 === (input.redriveFilter === 'REDRIVEN'))
      .reverse();
    const { items, nextToken } = page(wanted, `executions ${of} ${input.statusFilter ?? ''} ${input.redriveFilter ?? ''}`, input, now);
    return present({ executions: items.map((execution) => present({ ...summary(execution), itemCount: execution.mapRun?.items })), nextToken });
  },
);

const history = operation(
  z.strictObject({ executionArn: arn, maxResults, reverseOrder: flag, nextToken: z.string().min(1).max(1024).optional(), includeExecutionData: flag }),
  (input, api) => {
    const { history: all } = executionAt(api, input.executionArn);
    const ordered = input.reverseOrder === true ? all.toReversed() : all;
    const { items, nextToken } = page(ordered, `history ${input.executionArn} ${input.reverseOrder ?? false}`, input, api.clock.now());
    return present({ events: input.includeExecutionData === false ? items.map(withoutData) : items, nextToken });
  },
);

const redriveExecution = operation(z.strictObject({ executionArn: arn, clientToken: z.string().min(1).max(64).optional() }), async ({ executionArn: execution, clientToken }, api) => {
  executionAt(api, execution);
  return api.engine.change(execution, (draft, running) => {
    const { redriveMs, redriveTokens = [], status } = running.outcome;
    if (clientToken !== undefined && redriveTokens.at(-1) === clientToken && status === 'RUNNING') return { redriveDate: seconds(redriveMs ?? draft.nowMs) };
    const refusal = redriveRefusal(executionOf(running), running.history.length, draft.nowMs);
    if (refusal !== undefined) throw new AwsError('ExecutionNotRedrivable', `The execution ${execution} could not be redriven: ${refusal}`);
    redrive(draft, running.history.length, { clientToken, timeoutSeconds: parseDefinition(running.identity.definition).TimeoutSeconds });
    return { redriveDate: seconds(draft.nowMs) };
  });
});

export const executionOperations: Readonly<Record<string, Operation>> = {
  StartExecution: start,
  StopExecution: stop,
  DescribeExecution: describe,
  DescribeStateMachineForExecution: describeMachine,
  ListExecutions: list,
  GetExecutionHistory: history,
  RedriveExecution: redriveExecution,
};
