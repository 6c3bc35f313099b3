/**
 * From what a task declares to what IAM allows it: the same actions, each only where the task uses it. A role's policy is
 * made here and nowhere else.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { defaultNames } from '../store/clients.ts';
import { workflowNames } from './definition.ts';
import type { OwnKeys } from './own-keys.ts';
import type { TableName, Tables } from './tables.ts';

/** The places that a right may be about, each as ARNs. */
type Places = Readonly<Record<TableName | OwnKeyName | 'dossiers' | 'escrow' | 'retirements' | 'publishedBuckets' | 'publishedObjects' | 'publishedParameters' | OtherPlace, readonly string[]>>;
type OwnKeyName = 'tokenKey' | 'decisionKey' | 'dossierKey';
type OtherPlace = 'anything' | 'records' | 'recordBucket' | 'sweepRoles' | 'bucket' | 'keys' | 'keysAndAliases' | 'ownAliases' | 'machines' | 'executions' | 'eventBus';
type Place = keyof Places;

const ownKeys: readonly OwnKeyName[] = ['tokenKey', 'decisionKey', 'dossierKey'];

export interface Rights {
  /** Every action that the role needs; the declaration of the task or of the API. */
  readonly actions: readonly string[];
  /** Of these, the actions that are for a certain table, key or folder; they are allowed there, and not where they usually are. */
  readonly at: Partial<Readonly<Record<Place, readonly string[]>>>;
  /** The one exception from P3: task disable-key, for a key that a rotation has put aside. */
  readonly disablesRetiredKeys?: boolean;
}

/** Actions that IAM knows no resource for. KMS Developer Guide, "KMS permissions" (kms-api-permissions-reference). */
export const withoutResource: readonly string[] = ['kms:CreateKey', 'kms:ListKeys', 'kms:ListAliases', 'kms:GenerateRandom', 'cloudtrail:LookupEvents', 'config:PutEvaluations', 'tag:GetResources'];

/** Where an action is allowed that a role does not place itself. */
function usualPlace(action: string): Place {
  if (withoutResource.includes(action)) return 'anything';
  if (action === 'kms:UpdateAlias') return 'keysAndAliases'; // needs both keys and the alias
  if (action === 's3:ListBucket') return 'bucket';
  if (action === 'events:PutEvents') return 'eventBus';
  if (action === 'states:StartExecution' || action.startsWith('states:SendTask')) return 'machines';
  const byService: Readonly<Record<string, Place>> = { kms: 'keys', dynamodb: 'ledgerTable', states: 'executions', ssm: 'publishedParameters' };
  const place = byService[action.split(':')[0] ?? ''];
  if (place === undefined) throw new Error(`nothing says where ${action} may be done: cdk/permissions.ts`);
  return place;
}

/** Where public keys may be published: names of buckets and parameters, `*` at the end allowed. */
export interface Published {
  readonly buckets: readonly string[];
  readonly parameters: readonly string[];
}

/** Each place as ARNs. `sweepRoles` are the roles in other accounts that sweeps may assume. */
export function placesOf(stack: Stack, tables: Tables, keys: OwnKeys, published: Published, sweepRoles: readonly string[]): Places {
  const arn = (service: string, resource: string, name: string, format = ArnFormat.SLASH_RESOURCE_NAME) =>
    stack.formatArn({ service, resource, resourceName: name, arnFormat: format });
  const managedKeys = arn('kms', 'key', '*');
  const inStates = (resource: string, name: string) => arn('states', resource, name, ArnFormat.COLON_RESOURCE_NAME);
  return {
    registryTable: [tables.byName.registryTable.tableArn],
    ledgerTable: [tables.byName.ledgerTable.tableArn],
    approvalTable: [tables.byName.approvalTable.tableArn],
    publicationTable: [tables.byName.publicationTable.tableArn],
    acknowledgementTable: [tables.byName.acknowledgementTable.tableArn],
    waitTable: [tables.byName.waitTable.tableArn],
    findingTable: [tables.byName.findingTable.tableArn],
    passkeyTable: [tables.byName.passkeyTable.tableArn],
    sessionTable: [tables.byName.sessionTable.tableArn],
    waveTable: [tables.byName.waveTable.tableArn],
    paceTable: [tables.byName.paceTable.tableArn],
    publishedBuckets: published.buckets.map((bucket) => stack.formatArn({ service: 's3', region: '', account: '', resource: bucket })),
    publishedObjects: published.buckets.map((bucket) => stack.formatArn({ service: 's3', region: '', account: '', resource: bucket, resourceName: '*' })),
    publishedParameters: published.parameters.map((name) => arn('ssm', 'parameter', name.replace(/^\//, ''))),
    tokenKey: [keys.tokenKey.keyArn],
    decisionKey: [keys.decisionKey.keyArn],
    dossierKey: [keys.dossierKey.keyArn],
    dossiers: [tables.dossiers.arnForObjects('dossiers/*')],
    retirements: [tables.dossiers.arnForObjects('retirement/*')],
    escrow: [tables.dossiers.arnForObjects('escrow/*')],
    bucket: [tables.dossiers.bucketArn],
    records: [tables.records.arnForObjects('*')],
    recordBucket: [tables.records.bucketArn],
    sweepRoles,
    anything: ['*'],
    keys: [managedKeys],
    keysAndAliases: [managedKeys, arn('kms', 'alias', '*')],
    ownAliases: ownKeys.map((key) => stack.formatArn({ service: 'kms', resource: defaultNames[key] })),
    machines: workflowNames.map((name) => inStates('stateMachine', name)),
    executions: workflowNames.map((name) => inStates('execution', `${name}:*`)),
    eventBus: [arn('events', 'event-bus', defaultNames.eventBus)],
  };
}

/** The policy of a role: its rights, each at its place, and what no role of Rota may ever do. */
export function statementsOf({ actions, at, disablesRetiredKeys = false }: Rights, places: Places): iam.PolicyStatement[] {
  return [...allowed(actions, at, places), ...forbidden(at, places, disablesRetiredKeys)];
}

function allowed(actions: readonly string[], at: Rights['at'], places: Places): iam.PolicyStatement[] {
  const byPlace = new Map<Place, Set<string>>();
  const allow = (action: string, place: Place) => byPlace.set(place, (byPlace.get(place) ?? new Set()).add(action));
  for (const [place, there] of Object.entries(at) as [Place, readonly string[]][])
    for (const action of there) {
      if (!actions.includes(action)) throw new Error(`${action} is placed at ${place}, but not declared`);
      allow(action, place);
    }
  const placed = new Set(Object.values(at).flat());
  for (const action of new Set(actions)) if (!placed.has(action)) allow(action, usualPlace(action));
  return [...byPlace].map(([place, there]) => new iam.PolicyStatement({ actions: [...there].sort(), resources: [...places[place]] }));
}

/** A key that lacks the tag by which a rotation marks what it put aside. IAM User Guide, condition operator Null. */
const notPutAside = { Null: { 'aws:ResourceTag/rota:retained-for': 'true' } };

function forbidden(at: Rights['at'], places: Places, disablesRetiredKeys: boolean): iam.PolicyStatement[] {
  const deny = (props: iam.PolicyStatementProps) => new iam.PolicyStatement({ effect: iam.Effect.DENY, ...props });
  return [
    // P3: a rotation never disables or deletes a key or its material, whatever its code comes to say.
    deny({ actions: ['kms:DeleteImportedKeyMaterial', 'kms:ScheduleKeyDeletion'], resources: ['*'] }),
    deny({ actions: ['kms:DisableKey'], resources: ['*'], ...(disablesRetiredKeys ? { conditions: notPutAside } : {}) }),
    // "Any key" of the rights above is any key but Rota's own, and "any alias" likewise.
    ...ownKeys.map((key) => {
      const allowedThere = at[key];
      const resources = [...places[key]];
      return allowedThere === undefined ? deny({ actions: ['kms:*'], resources }) : deny({ notActions: [...allowedThere], resources });
    }),
    deny({ actions: ['kms:*'], resources: [...places.ownAliases] }),
  ];
}
