import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { defaultNames, type Names } from '../store/clients.ts';
import { nameVariables } from '../store/names-from-environment.ts';
import { Alarms } from './alarms.ts';
import { BusPolicy, type Senders } from './bus-policy.ts';
import { Console } from './console.ts';
import { pascalCase } from './definition.ts';
import { KeyConfigRules } from './guardrails/key-config-rules.ts';
import { Notices, type Recipients } from './notices.ts';
import { OwnKeys } from './own-keys.ts';
import { placesOf, statementsOf, type Published } from './permissions.ts';
import { StateMachines } from './state-machines.ts';
import { sweepers } from './sweepers.ts';
import { Tables, type Retention } from './tables.ts';
import { TaskFunctions } from './task-functions.ts';
import { Watch } from './watch.ts';

export interface RotaStackProps extends StackProps {
  readonly retention: Retention;
  /** Who may apply the first registry. */
  readonly platformArns: readonly string[];
  /** Where people open the console, when that is not the API's own URL: passkeys belong to its host name for good. */
  readonly consoleUrl?: string;
  /** Where tasks may publish public keys. */
  readonly published: Published;
  /** Roles in other accounts that sweeps assume, as ARNs; `*` allowed. */
  readonly sweepRoles: readonly string[];
  /** Other accounts whose events of KMS are looked at. */
  readonly senders: Senders;
  /** Quotas of KMS above AWS's defaults, like `GetParametersForImport=5,CreateKey=20`. */
  readonly kmsQuotas: string;
  /** Who is told of what happens. */
  readonly recipients: Recipients;
  /** Rules of AWS Config: none, Rota's, or AWS's own for keys of `RotatedKey` too. */
  readonly configRules: ConfigRules;
}

export const configRuleChoices = ['none', 'rota', 'rota-and-managed'] as const;
export type ConfigRules = (typeof configRuleChoices)[number];

/** Rota on AWS: exactly the workflows, tasks and API that the embedded AWS runs. */
export class RotaStack extends Stack {
  constructor(scope: Construct, id: string, { retention, platformArns, consoleUrl, published, sweepRoles, senders, kmsQuotas, recipients, configRules, ...props }: RotaStackProps) {
    super(scope, id, props);
    const tables = new Tables(this, 'Tables', retention);
    const keys = new OwnKeys(this, 'Keys');
    const functions = new TaskFunctions(this, 'Tasks');
    const console = new Console(this, 'Console', platformArns, consoleUrl);
    const machines = new StateMachines(this, 'Machines', functions);
    const watch = new Watch(this, 'Watch', functions);
    new BusPolicy(this, 'BusPolicy', senders);
    if (configRules !== 'none') new KeyConfigRules(this, 'ConfigRules', { judge: functions.of('judge-for-config').lambda, managedRule: configRules === 'rota-and-managed' });
    const notices = new Notices(this, 'Notices', consoleUrl ?? console.url, recipients);
    new Alarms(this, 'Alarms', { machines, functions, api: console.fn, notices, watch });

    const places = placesOf(this, tables, keys, published, sweepRoles);
    const environment = { ...environmentOf(tables), ROTA_KMS_QUOTAS: kmsQuotas };
    for (const { fn, rights } of [...functions.all, console]) {
      fn.setEnvironment(environment);
      fn.allow(statementsOf(rights, places));
    }
    keys.reserveFor({ api: console.fn.role, tokenKeepers: ['request-approval', 'open-wait'].map((task) => functions.of(task).role), sealDossier: functions.of('seal-dossier').role });

    const output = (name: string, value: string, description: string) => new CfnOutput(this, name, { value, description });
    output('ApiUrl', console.url, 'ROTA_URL for the CLI');
    output('DossierBucket', tables.dossiers.bucketName, 'Dossiers and escrow envelopes, under Object Lock');
    output('NoticeTopic', notices.topic.topicArn, 'Subscribe to be told of approvals, rotations and alarms');
    for (const task of sweepers) output(`${pascalCase(task)}RoleArn`, functions.of(task).role.roleArn, `Roles for sweeps in other accounts trust this: task ${task}`);
    for (const [name, machine] of Object.entries(machines.byName)) output(`${pascalCase(name)}Arn`, machine.stateMachineArn, `State machine ${name}`);
  }
}

/** The names that the functions are handed (store/names-from-environment.ts). */
function environmentOf({ byName, dossiers, records }: Tables): Record<string, string> {
  const names: Names = {
    ...defaultNames,
    registryTable: byName.registryTable.tableName,
    ledgerTable: byName.ledgerTable.tableName,
    approvalTable: byName.approvalTable.tableName,
    publicationTable: byName.publicationTable.tableName,
    acknowledgementTable: byName.acknowledgementTable.tableName,
    waitTable: byName.waitTable.tableName,
    findingTable: byName.findingTable.tableName,
    passkeyTable: byName.passkeyTable.tableName,
    sessionTable: byName.sessionTable.tableName,
    waveTable: byName.waveTable.tableName,
    paceTable: byName.paceTable.tableName,
    dossierBucket: dossiers.bucketName,
    recordBucket: records.bucketName,
  };
  return Object.fromEntries((Object.keys(names) as (keyof Names)[]).map((name) => [nameVariables[name], names[name]]));
}
