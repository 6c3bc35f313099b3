import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import type { Caller } from '../service.ts';
import { checkDefinition } from './check-definition.ts';
import type { Machine } from './model.ts';
import { checkArn, checkName, isOwn, machineArn } from './names.ts';
import { arn, flag, maxResults, name, operation, present, seconds, type Api, type Operation, type Output } from './operation.ts';
import { page } from './paging.ts';

const definition = z.string().min(1).max(1_048_576);
const tags = z.array(z.strictObject({ key: z.string().max(128), value: z.string().max(256) })).optional();

// What is accepted changes nothing here; logging, tracing and keys of one's own are refused.
const quiet = {
  loggingConfiguration: z.strictObject({ level: z.enum(['OFF']).optional(), includeExecutionData: flag, destinations: z.array(z.never()).optional() }).optional(),
  tracingConfiguration: z.strictObject({ enabled: z.literal(false).optional() }).optional(),
  encryptionConfiguration: z.strictObject({ type: z.enum(['AWS_OWNED_KEY']) }).optional(),
};

/** A machine of the caller's account and Region. Throws StateMachineDoesNotExist. */
export function machineOf({ store, caller }: { store: Api['store']; caller: Caller }, machine: string): Machine {
  checkArn(machine, 'stateMachine');
  const found = isOwn(caller, machine) ? store.machines.get(machine) : undefined;
  if (found === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machine}'`);
  return found;
}

const create = operation(
  z.strictObject({ name, definition, roleArn: arn, type: z.enum(['STANDARD', 'EXPRESS']).optional(), publish: z.literal(false).optional(), tags, ...quiet }),
  async (input, { store, clock, caller }) => {
    checkName(input.name);
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(input.roleArn)) throw new AwsError('InvalidArn', `Invalid Arn: '${input.roleArn}'`);
    if (input.type === 'EXPRESS') throw new AwsError('StateMachineTypeNotSupported', 'The embedded Step Functions runs state machines of type STANDARD only');
    checkDefinition(input.definition);
    const machine = machineArn(caller, input.name);
    const existing = store.machines.get(machine);
    if (existing === undefined) {
      const now = clock.now();
      const asked = Object.fromEntries((input.tags ?? []).map(({ key, value }) => [key, value]));
      await store.saveMachine({ arn: machine, name: input.name, definition: input.definition, roleArn: input.roleArn, createdMs: now, updatedMs: now, tags: asked });
      return { stateMachineArn: machine, creationDate: seconds(now) };
    }
    // SFN:CreateStateMachineCommand: idempotent by name and definition, whatever role and tags a repeated request has.
    if (existing.definition !== input.definition) throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${machine}'`);
    return { stateMachineArn: machine, creationDate: seconds(existing.createdMs) };
  },
);

const update = operation(
  z.strictObject({ stateMachineArn: arn, definition: definition.optional(), roleArn: arn.optional(), publish: z.literal(false).optional(), ...quiet }),
  async (input, { store, clock, caller }) => {
    const machine = machineOf({ store, caller }, input.stateMachineArn);
    if (input.definition === undefined && input.roleArn === undefined && input.loggingConfiguration === undefined && input.tracingConfiguration === undefined)
      throw new AwsError('MissingRequiredParameter', 'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified');
    if (input.definition !== undefined) checkDefinition(input.definition);
    const updated = { ...machine, definition: input.definition ?? machine.definition, roleArn: input.roleArn ?? machine.roleArn, updatedMs: clock.now(), revisionId: randomUUID() };
    await store.saveMachine(updated);
    return { updateDate: seconds(updated.updatedMs), revisionId: updated.revisionId };
  },
);

/** What never varies here, as AWS shows it. */
export const constant: Output = { loggingConfiguration: { level: 'OFF', includeExecutionData: false }, tracingConfiguration: { enabled: false } };

const describe = operation(z.strictObject({ stateMachineArn: arn, includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).optional() }), (input, api) => {
  const machine = machineOf(api, input.stateMachineArn);
  return present({
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: input.includedData === 'METADATA_ONLY' ? undefined : machine.definition,
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: seconds(machine.createdMs),
    revisionId: machine.revisionId,
    ...constant,
  });
});

const list = operation(z.strictObject({ maxResults, nextToken: z.string().min(1).max(1024).optional() }), (input, { store, caller, clock }) => {
  const own = [...store.machines.values()].filter((machine) => isOwn(caller, machine.arn)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const { items, nextToken } = page(own, `machines ${caller.accountId} ${caller.region}`, input, clock.now());
  return present({ stateMachines: items.map((machine) => ({ stateMachineArn: machine.arn, name: machine.name, type: 'STANDARD', creationDate: seconds(machine.createdMs) })), nextToken });
});

/** Running executions go on: each has its definition. Deleting what is not there succeeds, as on AWS. */
const remove = operation(z.strictObject({ stateMachineArn: arn }), async ({ stateMachineArn }, { store, caller }) => {
  checkArn(stateMachineArn, 'stateMachine');
  if (isOwn(caller, stateMachineArn) && store.machines.has(stateMachineArn)) await store.deleteMachine(stateMachineArn);
  return {};
});

const listTags = operation(z.strictObject({ resourceArn: arn }), ({ resourceArn }, { store, caller }) => {
  const machine = isOwn(caller, resourceArn) ? store.machines.get(resourceArn) : undefined;
  if (machine === undefined) throw new AwsError('ResourceNotFound', `Resource not found: '${resourceArn}'`);
  return { tags: Object.entries(machine.tags).map(([key, value]) => ({ key, value })) };
});

export const machineOperations: Readonly<Record<string, Operation>> = {
  CreateStateMachine: create,
  UpdateStateMachine: update,
  DeleteStateMachine: remove,
  DescribeStateMachine: describe,
  ListStateMachines: list,
  ListTagsForResource: listTags,
};
