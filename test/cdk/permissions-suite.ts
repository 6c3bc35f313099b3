import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiActions } from '../../api/deps.ts';
import { tasks } from '../../tasks/catalogue.ts';
import { workflows } from '../../workflows/catalogue.ts';
import { parts, storeCallsFrom } from './store-calls.ts';
import { listOf, made, ofType, roleOfFunction, statementsOfRole, type Statement } from './template.ts';

/** What Lambda does in a function's name: its log, its trace, and keeping the events at which it failed, where something keeps them. */
const ambient = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
const roleOf = (task: string) => (task === 'api' ? roleOfFunction('ROTA_STATE_MACHINE_ARN_PREFIX') : roleOfFunction('ROTA_TASK', task));
const allows = (role: string): Statement[] => statementsOfRole(role).filter((s) => s.Effect === 'Allow');
const allowed = (role: string): string[] => [...new Set(allows(role).flatMap((s) => listOf(s.Action)))].filter((a) => !ambient.includes(a)).sort();
const machineRoles = (): Map<string, string> =>
  new Map(ofType('AWS::StepFunctions::StateMachine').map(([, m]) => [String(m.Properties.StateMachineName), /^\$\{(\w+)\.Arn\}$/.exec(String(m.Properties.RoleArn))?.[1] ?? '']));
const ofDistributedMap = ['states:DescribeExecution', 'states:RedriveExecution', 'states:StartExecution', 'states:StopExecution'];
const everyRole = (): string[] => ofType('AWS::IAM::Role').map(([id]) => id);
const rolesThatMay = (action: RegExp): string[] => everyRole().filter((role) => allows(role).some((s) => listOf(s.Action).some((a) => action.test(a))));

describe('a role may what its task declares, and nothing else', () => {
  test.each(tasks.map((t) => [t.name, t.actions] as const))('%s', (name, actions) => {
    expect(allowed(roleOf(name))).toEqual([...actions].sort());
  });
  test('the API', () => expect(allowed(roleOf('api'))).toEqual([...apiActions].sort()));
  test('a state machine calls its functions', () => {
    for (const [name, role] of machineRoles()) {
      expect(allowed(role).filter((a) => !/^(logs|xray):/.test(a))).toEqual(['lambda:InvokeFunction', ...(name === 'key-sweep' ? ofDistributedMap : [])]);
      const functions = allows(role).filter((s) => listOf(s.Action).includes('lambda:InvokeFunction')).flatMap((s) => listOf(s.Resource));
      for (const resource of functions) expect(resource).toMatch(/^\$\{Tasks\w+Function\w+\.Arn\}$/);
    }
  });
});

const machines = Object.keys(workflows).join('|');

// Step Functions Developer Guide, "IAM policies for using Distributed Map state": without these the Map never starts an item, and no key is ever swept.
test('a sweep may start an execution for each account and Region, of its own machine', () => {
  const rights = allows(machineRoles().get('key-sweep') ?? '').filter((s) => listOf(s.Action).some((a) => a.startsWith('states:')));
  expect(rights.map((s) => [listOf(s.Action), listOf(s.Resource)])).toEqual([
    [['states:StartExecution'], ['arn:aws:states:REGION:ACCOUNT:stateMachine:key-sweep']],
    [['states:DescribeExecution', 'states:StopExecution'], ['arn:aws:states:REGION:ACCOUNT:execution:key-sweep:*', 'arn:aws:states:REGION:ACCOUNT:execution:key-sweep/*']],
    [['states:RedriveExecution'], ['arn:aws:states:REGION:ACCOUNT:execution:key-sweep/*']],
  ]);
});

describe('how far a right reaches', () => {
  const boundless = ['cloudtrail:LookupEvents', 'config:PutEvaluations', 'kms:CreateKey', 'kms:GenerateRandom', 'kms:ListAliases', 'kms:ListKeys', 'tag:GetResources'];
  const statements = () => everyRole().flatMap((role) => allows(role).map((s) => ({ role, actions: listOf(s.Action), resources: listOf(s.Resource) })));

  test('no action has a wildcard', () => expect(statements().flatMap((s) => s.actions).filter((a) => a.includes('*'))).toEqual([]));

  test('"*" only where IAM knows no resource', () => {
    const wide = statements().filter((s) => s.resources.includes('*')).flatMap((s) => s.actions);
    expect(wide.filter((a) => !boundless.includes(a) && !/^(logs|xray):/.test(a))).toEqual([]);
  });

  test.each([
    ['dynamodb:', /^\$\{Tables(Registry|Ledger|Approvals|Publications|Acknowledgements|Waits|Findings|Passkeys|Sessions|Waves|Paces)\w+\.Arn\}$/],
    ['s3:PutObject', /^(\$\{TablesRecords\w+\.Arn\}|\$\{TablesDossiers\w+\.Arn\}\/(dossiers|escrow|retirement)|arn:aws:s3:::rota-published-\*)\/\*$/],
    ['s3:GetObject', /^(\$\{TablesRecords\w+\.Arn\}|\$\{TablesDossiers\w+\.Arn\}\/(dossiers|retirement)|arn:aws:s3:::rota-published-\*)\/\*$/],
    ['ssm:', /^arn:aws:ssm:REGION:ACCOUNT:parameter\/rota\/published\/\*$/],
    ['s3:ListBucket', /^(\$\{Tables(Dossiers|Records)\w+\.Arn\}|arn:aws:s3:::rota-published-\*)$/],
    ['sqs:', /^\$\{(Watch|Notices)Undelivered\w+\.Arn\}$/],
    ['sts:AssumeRole', /^arn:aws:iam::\*:role\/rota-sweep$/],
    ['states:', new RegExp(`^arn:aws:states:REGION:ACCOUNT:(stateMachine:(${machines})|execution:(${machines})(:|/)\\*)$`)],
    ['events:PutEvents', /^arn:aws:events:REGION:ACCOUNT:event-bus\/default$/],
    ['events:InvokeApiDestination', /^\$\{NoticesWebhookApiDestination\w+\.Arn\}$/],
    ['kms:UpdateAlias', /^arn:aws:kms:REGION:ACCOUNT:(key|alias)\/\*$/],
    ['kms:PutKeyPolicy', /^arn:aws:kms:REGION:ACCOUNT:key\/\*$/],
  ])('%s', (prefix, resource) => {
    const reached = statements().filter((s) => s.actions.some((a) => a.startsWith(prefix))).flatMap((s) => s.resources);
    expect(reached.length).toBeGreaterThan(0);
    for (const r of reached) expect(r).toMatch(resource);
  });

  test.each([
    ['registry', 'TablesRegistry', ['plan-rotation', 'check-start', 'wrap-generated', 'check-freeze', 'plan-cutover', 'publish-keys', 'repoint-aliases', 'plan-retirement', 'stop-retired-key', 'disable-key', 'list-targets', 'sweep-target', 'close-sweep', 'judge-event', 'judge-for-config']],
    ['approvals', 'TablesApprovals', ['request-approval', 'check-start', 'publish-keys', 'lift-stop', 'repoint-aliases', 'stop-retired-key', 'disable-key', 'prepare-deletion', 'seal-dossier', 'close-sweep']],
    ['findings', 'TablesFindings', ['sweep-target', 'judge-event', 'close-sweep']],
    ['records', 'TablesRecords', ['sweep-target', 'judge-event', 'close-sweep']],
    ['publications', 'TablesPublications', ['publish-keys', 'plan-cutover', 'repoint-aliases', 'seal-dossier']],
    ['acknowledgements', 'TablesAcknowledgements', ['publish-keys', 'remind-consumers', 'plan-cutover', 'repoint-aliases', 'seal-dossier']],
    ['waits', 'TablesWaits', ['open-wait', 'check-unused', 'check-wanted']],
    ['passkeys', 'TablesPasskeys', []],
    ['sessions', 'TablesSessions', []],
  ])('the %s table is for tasks that use it in code', (store, table, expected) => {
    const usedInCode = tasks.map((t) => t.name).filter((name) => closureOf(name).some((text) => text.includes(`store.${store}.`)));
    const reached = tasks.map((t) => t.name).filter((name) => allows(roleOf(name)).some((s) => listOf(s.Resource).some((r) => r.includes(table))));
    expect(usedInCode.sort()).toEqual([...expected].sort());
    expect(reached.sort()).toEqual([...expected].sort());
  });
});

// Amazon S3 API Reference, GetObject, "Permissions": without the right to list, an object that is not there is refused (403) and not missing (404).
test('who reads objects of a bucket is told of those that are not there', () => {
  const readers = everyRole().map((role) => {
    const placesOf = (action: string) => allows(role).filter((s) => listOf(s.Action).includes(action)).flatMap((s) => listOf(s.Resource));
    return { read: [...new Set(placesOf('s3:GetObject').map((place) => place.replace(/\/.*$/, '')))].sort(), listed: placesOf('s3:ListBucket').sort() };
  });
  expect(readers.filter(({ read }) => read.length > 0)).toHaveLength(7);
  for (const { read, listed } of readers) expect(listed).toEqual(read);
});

describe('a role may at each table and bucket what its code does there', () => {
  /** Of a file that it imports, these a task does not call. */
  const others: Readonly<Record<string, readonly string[]>> = { 'close-sweep': ['findings.ofPlace', 'findings.open', 'findings.reword'] };
  const lacking = (name: string, files: readonly string[]): string[] => {
    const mayAt = (resource: string, action: string) => allows(roleOf(name)).some((s) => listOf(s.Action).includes(action) && listOf(s.Resource).some((r) => r.includes(resource)));
    return storeCallsFrom(files)
      .filter(({ call }) => !(others[name] ?? []).includes(call))
      .flatMap(({ part, call, actions }) => [...actions].filter((action) => !mayAt(parts[part]?.resource ?? '', action)).map((action) => `${call} takes ${action}`));
  };

  test.each(tasks)('$name', ({ name, inLedger }) => expect(lacking(name, [fileOf(name), ...(inLedger ? ['tasks/task.ts'] : [])])).toEqual([]));
  test('the API', () => expect(lacking('api', ['api/lambda.ts'])).toEqual([]));
  test('one that lacks is found', () => expect(lacking('list-targets', ['tasks/task.ts'])).toContain('ledger.intend takes dynamodb:UpdateItem'));
});

test.each(['plan-cutover', 'repoint-aliases', 'publish-keys'])('%s may read the public keys that are rotated, and not only that of decisions', (name) => {
  const places = allows(roleOf(name)).filter((s) => listOf(s.Action).includes('kms:GetPublicKey')).flatMap((s) => listOf(s.Resource));
  expect(places).toContain('arn:aws:kms:REGION:ACCOUNT:key/*');
});

describe('what one role alone may', () => {
  const own = (key: string) => new RegExp(`^\\$\\{Keys${key}\\w+\\.Arn\\}$`);

  test('the API alone answers task tokens', () => expect(rolesThatMay(/^states:SendTask/)).toEqual([roleOf('api')]));

  test.each([
    [['api'], 'kms:Decrypt', 'tokenKey'],
    [['request-approval', 'open-wait'], 'kms:Encrypt', 'tokenKey'],
    [['api'], 'kms:Sign', 'decisionKey'],
    [['seal-dossier'], 'kms:Sign', 'dossierKey'],
  ])('%s alone may %s with %s', (who, action, key) => {
    const here = own(key);
    // It is allowed to these roles, at this key and at no other.
    for (const role of who.map(roleOf)) {
      const places = allows(role).filter((s) => listOf(s.Action).includes(action)).flatMap((s) => listOf(s.Resource));
      expect(places).toHaveLength(1);
      expect(places[0]).toMatch(here);
    }
    // Every other role of Rota is denied it there, whatever "any key" it has.
    for (const other of [...tasks.map((t) => t.name), 'api'].filter((n) => !who.includes(n))) {
      const denied = statementsOfRole(roleOf(other)).some(
        (s) => s.Effect === 'Deny' && listOf(s.Resource).some((r) => here.test(r)) && (s.NotAction === undefined ? listOf(s.Action).includes('kms:*') : !listOf(s.NotAction).includes(action)),
      );
      expect(denied, `${other} is denied ${action} with ${key}`).toBe(true);
    }
    // And the key's own policy denies it to everybody else in the account.
    const policy = Object.entries(made.resources).find(([id, r]) => r.Type === 'AWS::KMS::Key' && id.includes(key))?.[1].Properties.KeyPolicy as { Statement: Statement[] };
    const reserved = policy.Statement.filter((s) => s.Effect === 'Deny' && listOf(s.Action).includes(action)).map((s) => s.Condition);
    expect(reserved).toEqual([{ ArnNotEquals: { 'aws:PrincipalArn': who.map((name) => `\${${roleOf(name)}.Arn}`) } }]);
  });
});

describe('P3: no role of a function may delete a key or its material, or disable a key', () => {
  const denials = (name: string) => statementsOfRole(roleOf(name)).filter((s) => s.Effect === 'Deny' && s.Resource === '*');
  const deniedAlways = (name: string) => denials(name).filter((s) => s.Condition === undefined).flatMap((s) => listOf(s.Action)).sort();

  test.each([...tasks.map((t) => t.name), 'api'].filter((name) => name !== 'disable-key'))('%s', (name) => {
    expect(deniedAlways(name)).toEqual(['kms:DeleteImportedKeyMaterial', 'kms:DisableKey', 'kms:ScheduleKeyDeletion']);
  });
  test('but for disable-key, which may disable what a rotation has put aside', () => {
    expect(rolesThatMay(/^kms:DisableKey$/)).toEqual([roleOf('disable-key')]);
    expect(deniedAlways('disable-key')).toEqual(['kms:DeleteImportedKeyMaterial', 'kms:ScheduleKeyDeletion']);
    expect(denials('disable-key').filter((s) => s.Condition !== undefined)).toMatchObject([{ Action: 'kms:DisableKey', Condition: { Null: { 'aws:ResourceTag/rota:retained-for': 'true' } } }]);
  });
  test('and only enable-key may enable one', () => expect(rolesThatMay(/^kms:EnableKey$/)).toEqual([roleOf('enable-key')]));
});

test("no role of a function may move the aliases of Rota's own keys", () => {
  const aliases = ['alias/rota-decisions', 'alias/rota-dossiers', 'alias/rota-task-tokens'].map((a) => `arn:aws:kms:REGION:ACCOUNT:${a}`);
  for (const name of [...tasks.map((t) => t.name), 'api'])
    expect(statementsOfRole(roleOf(name)).some((s) => s.Effect === 'Deny' && s.Action === 'kms:*' && aliases.every((a) => listOf(s.Resource).includes(a)))).toBe(true);
});

/** The file of a task, as tasks/catalogue.ts imports it. */
function fileOf(task: string): string {
  const start = /import \{ \w+ \} from '(\.\/[^']*\/TASK\.ts)';/.source.replace('TASK', task);
  const file = new RegExp(start).exec(readFileSync('tasks/catalogue.ts', 'utf8'))?.[1];
  if (file === undefined) throw new Error(`tasks/catalogue.ts imports no file called ${task}.ts`);
  return normalize(join('tasks', file));
}

/** The text of a task's file and of what it imports of tasks/ and store/ for more than types; a file that declares another task is that task's. */
function closureOf(task: string): string[] {
  const texts = new Map<string, string>();
  const visit = (path: string): void => {
    if (texts.has(path) || !/^(tasks|store)\//.test(path)) return;
    const text = readFileSync(path, 'utf8');
    if (texts.size > 0 && / = (?:plainT|t)ask\(\{/.test(text)) return;
    texts.set(path, text);
    for (const [, target = ''] of text.matchAll(/^import (?!type )[^;]*from '(\.[^']+)';/gm)) visit(normalize(join(dirname(path), target)));
  };
  visit(fileOf(task));
  return [...texts.values()];
}
