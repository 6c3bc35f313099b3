import { Aws, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { tasks } from '../tasks/catalogue.ts';
import { ledgerActions } from '../tasks/task.ts';
import { pascalCase } from './definition.ts';
import type { Rights } from './permissions.ts';
import { RotaFunction } from './rota-function.ts';
import { sweeperRoleName, sweepers } from './sweepers.ts';

/**
 * A minute less than the workflow gives a task: Lambda ends a function that hangs before the state machine gives up on it and
 * goes the way back, so that no effect comes after.
 */
const timeout = Duration.minutes(14);

/**
 * A cutover plan of method `asymmetric` names what is published and who acknowledged; in an emergency the set is made there. It is of public keys of people's own
 * keys, beside that of Rota's by which decisions are checked.
 */
const cutoverEvidence: Rights['at'] = { registryTable: ['dynamodb:GetItem'], publicationTable: ['dynamodb:PutItem', 'dynamodb:Query'], acknowledgementTable: ['dynamodb:Query'], keys: ['kms:GetPublicKey'] };

/** Whoever acts on an approval reads the decisions and checks their signatures. */
const approvalEvidence: Rights['at'] = { approvalTable: ['dynamodb:GetItem'], decisionKey: ['kms:GetPublicKey'] };

/** Whoever looks at keys of a place brings its findings and records in line with what it saw. */
const looking: Rights['at'] = {
  registryTable: ['dynamodb:GetItem', 'dynamodb:Query'],
  ledgerTable: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
  findingTable: ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
  records: ['s3:GetObject', 's3:PutObject'],
  recordBucket: ['s3:ListBucket'],
  sweepRoles: ['sts:AssumeRole'],
};

/** What tasks do at other places than the ledger and the keys that they rotate. The names of actions are the task's own. */
const elsewhere: Readonly<Record<string, Rights['at']>> = {
  'plan-rotation': { registryTable: ['dynamodb:GetItem'], ledgerTable: ['dynamodb:DeleteItem'] },
  'check-start': { registryTable: ['dynamodb:GetItem'], ...approvalEvidence },
  'wrap-generated': { registryTable: ['dynamodb:GetItem'], escrow: ['s3:PutObject'] },
  'request-approval': { approvalTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], tokenKey: ['kms:Encrypt'] },
  'check-freeze': { registryTable: ['dynamodb:GetItem'] },
  'plan-cutover': { ...cutoverEvidence },
  'repoint-aliases': { ...cutoverEvidence, ...approvalEvidence },
  'publish-keys': { ...cutoverEvidence, ...approvalEvidence, publishedObjects: ['s3:GetObject', 's3:PutObject'], publishedBuckets: ['s3:ListBucket'] },
  'remind-consumers': { acknowledgementTable: ['dynamodb:Query'] },
  'lift-stop': { ...approvalEvidence },
  'open-wait': { waitTable: ['dynamodb:GetItem', 'dynamodb:PutItem'], tokenKey: ['kms:Encrypt'] },
  'plan-retirement': { registryTable: ['dynamodb:GetItem'] },
  'stop-retired-key': { registryTable: ['dynamodb:GetItem'], ...approvalEvidence },
  'check-unused': { waitTable: ['dynamodb:GetItem'] },
  'disable-key': { registryTable: ['dynamodb:GetItem'], ...approvalEvidence },
  'check-wanted': { waitTable: ['dynamodb:GetItem'] },
  'prepare-deletion': { approvalTable: ['dynamodb:GetItem'], retirements: ['s3:GetObject', 's3:PutObject'] },
  'list-targets': { registryTable: ['dynamodb:GetItem', 'dynamodb:Query'] },
  'sweep-target': looking,
  'judge-event': { ...looking, ledgerTable: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] },
  'judge-for-config': { registryTable: ['dynamodb:GetItem', 'dynamodb:Query'] },
  'close-sweep': {
    registryTable: ['dynamodb:GetItem', 'dynamodb:Query'],
    ledgerTable: ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    approvalTable: ['dynamodb:Scan'],
    findingTable: ['dynamodb:DeleteItem', 'dynamodb:Scan'],
    records: ['s3:GetObject', 's3:PutObject'],
    recordBucket: ['s3:ListBucket'],
  },
  'seal-dossier': {
    ledgerTable: ['dynamodb:DeleteItem'],
    approvalTable: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    decisionKey: ['kms:GetPublicKey'],
    publicationTable: ['dynamodb:Query'],
    acknowledgementTable: ['dynamodb:Query'],
    dossierKey: ['kms:GetPublicKey', 'kms:Sign'],
    dossiers: ['s3:GetObject', 's3:PutObject'],
  },
};

/** The rights of a task: what it declares, each at its place. */
function rightsOf({ name, actions, inLedger }: (typeof tasks)[number]): Rights {
  const at = elsewhere[name] ?? {};
  // Every step of a rotation may come to call KMS, and waits for its turn.
  const turns = { paceTable: ['dynamodb:GetItem', 'dynamodb:UpdateItem'] };
  return { actions, at: inLedger ? { ...at, ...turns, ledgerTable: [...ledgerActions, ...(at.ledgerTable ?? [])] } : at, disablesRetiredKeys: name === 'disable-key' };
}

/** A function of each task of the catalogue. One bundle serves all; `ROTA_TASK` says which it is. */
export class TaskFunctions extends Construct {
  readonly all: readonly { readonly name: string; readonly fn: RotaFunction; readonly rights: Rights }[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.all = tasks.map((task) => {
      const { name, inLedger } = task;
      const fn = new RotaFunction(this, pascalCase(name), { description: `Rota task ${name}`, bundle: 'tasks', timeout, large: !inLedger, ...(sweepers.includes(name) ? { roleName: sweeperRoleName(name, Aws.REGION) } : {}) });
      fn.setEnvironment({ ROTA_TASK: name });
      return { name, fn, rights: rightsOf(task) };
    });
  }

  of(task: string): RotaFunction {
    const found = this.all.find(({ name }) => name === task);
    if (found === undefined) throw new Error(`there is no task ${task} in tasks/catalogue.ts`);
    return found.fn;
  }
}
