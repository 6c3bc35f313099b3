/**
 * Starts the embedded AWS and hands it Rota's state machines, tasks and API: the one file that couples them. On AWS the
 * folder `cdk` does the same.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CreateStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { makeApp } from '../../api/app.ts';
import { apiActions, type ApiDeps } from '../../api/deps.ts';
import { settle } from '../../api/settle.ts';
import { driveWaves } from '../../api/waves/drive.ts';
import { isoSeconds } from '../../core/clock.ts';
import { watchedCalls, watchedFacts } from '../../core/findings/key-event.ts';
import type { StoredEvent } from '../../local/events.ts';
import { quotasOf } from '../../core/pace/kms-rates.ts';
import { outboxOf } from '../../core/notice/outbox.ts';
import { startEmbeddedAws, type EmbeddedAws, type Principal } from '../../local/server.ts';
import { defaultNames, makeClients, type AwsAccess, type Clients, type Closable } from '../../store/clients.ts';
import { setUp, type OwnKeyPolicies } from '../../store/set-up.ts';
import { makeStore } from '../../store/store.ts';
import { tasks, type CataloguedTask } from '../../tasks/catalogue.ts';
import { workflows, type WorkflowName } from '../../workflows/catalogue.ts';
import { command } from '../command.ts';
import { embeddedAccount, rolesOf, type EmbeddedAccount } from '../embedded-accounts.ts';
import { embeddedPeople, writeProfiles, type EmbeddedPerson } from '../embedded-people.ts';
import { show, type Io } from '../io.ts';
import { readNumber, readWhole } from '../read-number.ts';

export interface LocalOptions {
  readonly port: number;
  readonly folder: string;
  readonly region: string;
  /** Ids of other accounts, each with a role that sweeps may assume. */
  readonly accounts?: readonly string[];
  /** Where the keys live, when not in the embedded KMS: `aws`, or the URL of a compatible endpoint. */
  readonly kms?: string;
  /** Files with service control policies, in JSON. */
  readonly scp?: readonly string[];
  /** Milliseconds that every answer takes longer. */
  readonly latencyMs?: number;
  /** Enforces the request quotas of KMS and of CloudTrail's lookups, multiplied by this. */
  readonly quotaScale?: number;
}

/** The embedded AWS, up and ready. */
export interface Local {
  readonly place: { readonly url: string; readonly consoleUrl: string; readonly region: string; readonly accountId: string; readonly people: readonly EmbeddedPerson[]; readonly accounts: readonly EmbeddedAccount[] };
  readonly embedded: EmbeddedAws;
  close(): Promise<void>;
}

/** Where no quota is enforced, waves need not wait for any. */
const unpacedScale = 1000;

const accountId = '000000000000';
const roleArn = (name: string): string => `arn:aws:iam::${accountId}:role/${name}`;
const roles = { api: 'rota-api', setUp: 'rota-set-up', states: 'rota-states' } as const;
const taskRole = (task: string): string => `rota-task-${task}`;

/** Rights of people in the embedded AWS: the API for all, the rest as their seat needs; nobody answers task tokens. */
const rightsOfRole = {
  custodian: ['kms:*', 'tag:GetResources'],
  approver: [],
  consumer: ['kms:GetPublicKey', 'kms:Verify', 's3:GetObject', 'ssm:GetParameter'],
  auditor: ['kms:Describe*', 'kms:List*', 'kms:Get*', 's3:Get*', 's3:List*', 'tag:GetResources', 'cloudtrail:LookupEvents'],
  platform: ['kms:*', 's3:*', 'ssm:*', 'states:StopExecution', 'states:RedriveExecution', 'events:*', 'tag:*', 'cloudtrail:LookupEvents', 'sts:AssumeRole'],
} as const;
const rightsOfAll = ['execute-api:Invoke', 'states:Describe*', 'states:List*', 'states:GetExecutionHistory', 'rota-local:*'];

const credentials = () => ({ accessKeyId: `ROLE${randomBytes(8).toString('hex').toUpperCase()}`, secretAccessKey: randomBytes(30).toString('base64url') });

const rolePrincipal = (id: string, allow: readonly string[]): Principal => ({ id, arn: roleArn(id), accountId, allow, ...credentials() });

const personPrincipal = ({ id, arn, roles: seats, accessKeyId, secretAccessKey }: EmbeddedPerson): Principal => ({
  id,
  arn,
  accountId,
  accessKeyId,
  secretAccessKey,
  allow: [...rightsOfAll, ...seats.flatMap((seat) => rightsOfRole[seat])],
});

/** Only these roles may use Rota's own keys for what they are for: the explicit Deny holds for administrators too. */
function ownKeyPolicies(): OwnKeyPolicies {
  const only = (action: string, ...allowed: string[]) => ({ Effect: 'Deny', Principal: { AWS: '*' }, Action: action, Resource: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': allowed.map(roleArn) } } });
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' };
  const policy = (...denials: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: [root, ...denials] });
  return {
    tokenKey: policy(only('kms:Decrypt', roles.api), only('kms:Encrypt', taskRole('request-approval'), taskRole('open-wait')), only('kms:ReEncrypt*', roles.api)),
    decisionKey: policy(only('kms:Sign', roles.api)),
    dossierKey: policy(only('kms:Sign', taskRole('seal-dossier'))),
  };
}

/** The same place by its name: a passkey belongs to a domain, and an address is none. Web Authentication Level 3, section 5.1.3, step 8. */
function consoleUrlOf(url: string): string {
  const named = new URL(url);
  named.hostname = 'localhost';
  return named.href;
}

/** Starts everything. Repeated on the same folder it goes on where it was stopped or killed. */
export async function startLocal({ port, folder, region, accounts: otherAccounts = [], kms, scp = [], latencyMs, quotaScale }: LocalOptions): Promise<Local> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const people = await embeddedPeople(folder, accountId);
  const platformArns = people.filter((p) => p.roles.includes('platform')).map((p) => p.arn);
  const accounts = otherAccounts.map(embeddedAccount);
  await writeProfiles(folder, people, accounts);
  const principals = new Map<string, Principal>();
  for (const person of people) principals.set(person.id, personPrincipal(person));
  for (const { name, actions } of tasks) principals.set(taskRole(name), rolePrincipal(taskRole(name), actions));
  principals.set(roles.api, rolePrincipal(roles.api, apiActions));
  principals.set(roles.setUp, rolePrincipal(roles.setUp, ['*']));
  principals.set(roles.states, rolePrincipal(roles.states, ['lambda:InvokeFunction']));
  const sweepers = tasks.filter(({ actions }) => actions.includes('sts:AssumeRole')).map(({ name }) => roleArn(taskRole(name)));
  for (const role of accounts.flatMap((account) => rolesOf(account, { sweepers, platform: platformArns }))) principals.set(role.id, role);

  // Keys that live elsewhere have AWS's own quotas.
  const paceScale = quotaScale ?? (kms === undefined ? undefined : 1);
  const open: Closable[] = [];
  const clientsOf = ({ url, inside }: Pick<EmbeddedAws, 'url' | 'inside'>, role: string): Clients => {
    const principal = principals.get(role);
    if (principal === undefined) throw new Error(`no principal is called ${role}`);
    const access: AwsAccess = { region, endpoint: url, inside: inside(role), credentials: principal, ...(kms === undefined ? {} : { kmsEndpoint: kms }) };
    const clients = makeClients(access);
    open.push(clients);
    return clients;
  };
  const lambdaOf = (task: CataloguedTask, embedded: Pick<EmbeddedAws, 'url' | 'clock' | 'inside'>) => {
    const clients = clientsOf(embedded, taskRole(task.name));
    const pace = paceScale === undefined ? {} : { kmsQuotas: quotasOf('', paceScale) };
    const deps = { clock: embedded.clock, clients, names: defaultNames, store: makeStore(clients, defaultNames), movedClockSeconds: () => Math.round(embedded.clock.offsetMs / 1000), ...pace };
    return (payload: unknown) => task.run(payload, deps);
  };
  const stateMachineArnOf = (workflow: string): string => `arn:aws:states:${region}:${accountId}:stateMachine:${workflow}`;
  let api: ApiDeps | undefined;
  let judge: ((event: StoredEvent) => Promise<void>) | undefined;

  const embedded = await startEmbeddedAws({
    folder,
    port,
    region,
    accountId,
    ...(kms === undefined ? {} : { clockFixed: 'The clock cannot be moved while the keys live elsewhere: they have a time of their own.' }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(quotaScale === undefined ? {} : { quotaScale }),
    principals: [...principals.values()],
    onEvent: (event) => judge?.(event),
    serviceControlPolicies: await Promise.all(scp.map(async (name) => ({ name, document: await readFile(name, 'utf8') }))),
    lambdas: (self) => {
      const lambdas = new Map(tasks.map((task) => [task.name, lambdaOf(task, self)]));
      judge = judgeOf(lambdas);
      return lambdas;
    },
    http: (self) => {
      const clients = clientsOf(self, roles.api);
      api = {
        clock: self.clock,
        clients,
        names: defaultNames,
        store: makeStore(clients, defaultNames),
        kmsQuotas: quotasOf('', paceScale ?? unpacedScale),
        stateMachineArnOf,
        consoleUrl: consoleUrlOf(self.url),
        platformArns,
        outbox: () => outboxOf(self.events(), consoleUrlOf(self.url)),
        randomSuffix: () => randomBytes(2).toString('hex'),
      };
      const app = makeApp(api);
      return async (request, { caller, requestId, sourceIp }) => app.fetch(request, { requestId, sourceIp, ...(caller === undefined ? {} : { signedBy: { arn: caller.arn, requestId } }) });
    },
  });

  const close = async (): Promise<void> => {
    await embedded.close();
    for (const clients of open) clients.destroy();
  };
  try {
    const setUpClients = clientsOf(embedded, roles.setUp);
    await setUp(setUpClients, defaultNames, kms === undefined ? ownKeyPolicies() : {});
    for (const name of Object.keys(workflows) as WorkflowName[]) await deploy(setUpClients, name, stateMachineArnOf(name));
    await seedRegistry(setUpClients, people, embedded);
  } catch (error) {
    await close();
    throw error;
  }

  // What one round leaves undone the next one finds again.
  const settleOnce = async (): Promise<void> => {
    if (api !== undefined) await settle(api).catch(() => undefined);
  };
  const driveOnce = async (): Promise<void> => {
    if (api !== undefined) await driveWaves(api, wavesMs).catch(() => undefined);
  };
  await settleOnce();
  const stops = [every(5_000, settleOnce), every(wavesMs, driveOnce)];
  // Or an answer that is still owed would come after the deadline of its question.
  embedded.clock.beforeAdvance(settleOnce);

  return {
    place: { url: embedded.url, consoleUrl: consoleUrlOf(embedded.url), region, accountId, people, accounts },
    embedded,
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await close();
    },
  };
}

/** How often waves of rotations are carried on. */
const wavesMs = 500;

/** Calls again and again, never twice at once. Answers how to stop it. */
function every(ms: number, round: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= round().finally(() => (running = undefined));
  }, ms);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** The rules for what `judge-event` looks at, as cdk/watch.ts deploys them. */
function judgeOf(lambdas: ReadonlyMap<string, (payload: unknown) => Promise<unknown>>) {
  const calls: ReadonlySet<string> = new Set(watchedCalls);
  const facts: ReadonlySet<string> = new Set(watchedFacts);
  const isWatched = ({ source, detail, 'detail-type': type }: StoredEvent): boolean =>
    source === 'rota' ? facts.has(type) : source === 'aws.kms' && calls.has((detail as { eventName?: string }).eventName ?? '');
  return async (event: StoredEvent): Promise<void> => {
    if (!isWatched(event)) return;
    // Best effort, as on AWS: what an event misses the next sweep finds.
    await lambdas.get('judge-event')?.(event).catch(() => undefined);
  };
}

/** Makes the state machine, or brings one of an earlier release up to date; running executions keep what they started with. */
async function deploy({ states }: Clients, name: WorkflowName, stateMachineArn: string): Promise<void> {
  const definition = JSON.stringify(workflows[name]({ partition: 'aws', functionOf: (task) => task }));
  try {
    await states.send(new CreateStateMachineCommand({ name, definition, roleArn: roleArn(roles.states), type: 'STANDARD' }));
  } catch (error) {
    if ((error as Error).name !== 'StateMachineAlreadyExists') throw error;
    await states.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
  }
}

/** The people of the embedded AWS, as the first registry; one that was applied later stays. */
async function seedRegistry(clients: Clients, people: readonly EmbeddedPerson[], { clock }: EmbeddedAws): Promise<void> {
  const { registry } = makeStore(clients, defaultNames);
  if ((await registry.head()) !== undefined) return;
  const persons = people.map(({ id, name, arn, roles: seats, groups }) => ({ id, name, arn, roles: seats, groups }));
  await registry.apply({ version: 1, people: persons, keys: [] }, 'rota local', isoSeconds(clock.now()));
}

function readyText({ place }: Local, folder: string, kms: string | undefined): string {
  return [
    `The embedded AWS is ready at ${place.url} (console: ${place.consoleUrl}). It is no place for production secrets.`,
    kms === undefined ? `Keys and state are in ${folder}.` : `Keys live in ${kms === 'aws' ? 'AWS, with your ambient credentials' : kms}; state is in ${folder}.`,
    '',
    ...place.people.map((p) => `  ${p.id.padEnd(7)} ${p.roles.join(', ').padEnd(20)} groups ${p.groups.join(', ').padEnd(16)} ${p.accessKeyId} ${p.secretAccessKey}`),
    ...(place.accounts.length === 0 ? [] : ['', ...place.accounts.map((a) => `  account ${a.accountId}: ${a.sweepRoleArn} is assumed by sweeps and by pat; AWS_PROFILE=${a.accountId} administers it`)]),
    '',
    'In another terminal, as one of them:',
    `  export ROTA_URL=${place.url} AWS_ENDPOINT_URL=${place.url} AWS_REGION=${place.region}`,
    `  export AWS_SHARED_CREDENTIALS_FILE=${join(folder, 'credentials')} AWS_PROFILE=carol`,
    '  npx rota status',
  ].join('\n');
}

function addAccount(id: string, before: readonly string[]): readonly string[] {
  if (!/^\d{12}$/.test(id) || id === accountId) throw new InvalidArgumentError(`It must be twelve digits, and not ${accountId}, which is Rota's own account.`);
  return before.includes(id) ? before : [...before, id];
}

interface CommandOptions {
  readonly json?: boolean;
  readonly port: number;
  readonly data: string;
  readonly region: string;
  readonly account: readonly string[];
  readonly kms?: string;
  readonly scp: readonly string[];
  readonly latency?: number;
  readonly quotas?: number;
}

export const local = (io: Io): Command =>
  command('local', 'Start the embedded AWS on 127.0.0.1, to try Rota out or rehearse a ceremony', [
    'rota local --port 4599 --data .rota',
    'rota local --port 4599 --data .rota --kms aws',
    'rota local --port 4599 --data .rota --account 111122223333 --account 444455556666',
    'rota local --port 4599 --data .rota --latency 5 --quotas 1',
  ])
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0 takes a free one').argParser(readWhole(0, 65_535)).default(4599))
    .option('--data <folder>', 'where state is kept', '.rota')
    .option('--region <region>', 'the Region it plays', 'eu-central-1')
    .addOption(new Option('--account <id>', 'another account, with a role that sweeps and inventories may assume; may be repeated').argParser(addAccount).default([], '').conflicts('kms'))
    .option('--kms <where>', 'where the keys live instead: "aws" (real AWS, ambient credentials) or the URL of a KMS endpoint')
    .option('--scp <file...>', 'service control policies, in JSON, that the embedded KMS enforces', [])
    .addOption(new Option('--latency <ms>', 'milliseconds that every answer takes longer').argParser(readWhole(0, 60_000)))
    .addOption(new Option('--quotas <scale>', "enforce the request quotas of KMS and CloudTrail, multiplied by this: 1 is AWS's defaults").argParser(readNumber('a number above 0', (n) => n > 0 && n <= 1_000_000)))
    .action(async ({ port, data, region, account, kms, scp, latency, quotas, json }: CommandOptions) => {
      const folder = resolve(data);
      const running = await startLocal({
        port,
        folder,
        region,
        accounts: account,
        scp,
        ...(kms === undefined ? {} : { kms }),
        ...(latency === undefined ? {} : { latencyMs: latency }),
        ...(quotas === undefined ? {} : { quotaScale: quotas }),
      });
      const { place } = running;
      const people = place.people.map(({ id, groups, accessKeyId, secretAccessKey }) => ({ id, groups, accessKeyId, secretAccessKey }));
      const document = { url: place.url, consoleUrl: place.consoleUrl, region, accountId: place.accountId, people, accounts: place.accounts };
      show(io, { ...(json === undefined ? {} : { json }) }, document, () => readyText(running, folder, kms));
      await stopped();
      await running.close();
    });

/** Resolves when somebody asks the process to end. */
const stopped = (): Promise<void> =>
  new Promise((end) => {
    process.once('SIGINT', () => end());
    process.once('SIGTERM', () => end());
  });
