import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tasks } from '../../tasks/catalogue.ts';
import { ledgerActions } from '../../tasks/task.ts';
import { tableActions } from '../cdk/store-calls.ts';

/** The IAM action of an SDK command, where its name differs. */
const actionNames: Readonly<Record<string, string>> = { ListObjectsV2: 'ListBucket' };
const prefixes: Readonly<Record<string, string>> = {
  'client-kms': 'kms',
  'client-s3': 's3',
  'client-sfn': 'states',
  'client-ssm': 'ssm',
  'client-eventbridge': 'events',
  'client-cloudtrail': 'cloudtrail',
  'client-config-service': 'config',
};

/** Tasks are handed the store; which part of it they use stands in their code. */
const storeFiles: Readonly<Record<string, string>> = {
  registry: 'store/registry-table.ts',
  ledger: 'store/ledger-table.ts',
  approvals: 'store/approval-table.ts',
  publications: 'store/publication-table.ts',
  acknowledgements: 'store/acknowledgement-table.ts',
  waits: 'store/wait-table.ts',
  findings: 'store/finding-table.ts',
  records: 'store/record-bucket.ts',
  dossiers: 'store/dossier-bucket.ts',
};

/** The file of each task, as tasks/catalogue.ts imports it. */
const fileOf = (task: string): string => {
  const file = new RegExp(`from '(\\./[^']*/${task}\\.ts)'`).exec(readFileSync('tasks/catalogue.ts', 'utf8'))?.[1];
  if (file === undefined) throw new Error(`tasks/catalogue.ts imports no file called ${task}.ts`);
  return normalize(join('tasks', file));
};

/** Every IAM action that the commands in a file and in all that it imports stand for. */
function actionsInClosure(file: string): Set<string> {
  const seen = new Set<string>();
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, names = '', client = ''] of text.matchAll(/^import \{([^}]*)\} from '@aws-sdk\/([\w-]+)';/gm)) {
      const prefix = prefixes[client];
      for (const [, command = '', paginated = ''] of names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)) {
        const name = command || paginated;
        if (prefix !== undefined) found.add(`${prefix}:${actionNames[name] ?? name}`);
        if (name === 'GetObject') found.add('s3:ListBucket'); // or S3 refuses what is not there
        if (name === 'CreateKey') found.add('kms:TagResource'); // CreateKey with Tags needs it
      }
    }
    for (const [, method = ''] of text.matchAll(/\bthis\.#table\.(\w+)\(/g)) found.add(tableActions.get(method) ?? '');
    // What store/inventory asks by name, without commands of the SDK.
    for (const [, operation = ''] of text.matchAll(/\b(?:calls\.call|ask)(?:<[^(]*>)?\((?:calls, )?'(\w+)'/g)) found.add(operation === 'GetResources' ? 'tag:GetResources' : `kms:${operation}`);
    if (text.includes('fromTemporaryCredentials(')) found.add('sts:AssumeRole');
    for (const [, part = ''] of text.matchAll(/\bstore\.(\w+)\b/g)) if (storeFiles[part] !== undefined) visit(storeFiles[part]);
    for (const [, target = ''] of text.matchAll(/^import (?!type )[^;]*?from '(\.[^']+)';/gm)) visit(normalize(join(dirname(path), target)));
  };
  visit(file);
  return found;
}

describe('a task declares no right that nothing in its import closure uses', () => {
  // What the ledger takes every step of a rotation has, whether or not its own file speaks of it.
  test.each(tasks.map((t) => [t.name, t.inLedger ? ledgerActions : [], t.actions] as const))('%s', (name, ofLedger, actions) => {
    const used = new Set([...actionsInClosure(fileOf(name)), ...ofLedger]);
    expect([...new Set(actions)].filter((action) => !used.has(action))).toEqual([]);
  });

  test('one too many is found', () => {
    const used = actionsInClosure(fileOf('keep-old-key'));
    expect(used.has('kms:PutKeyPolicy')).toBe(true);
    expect(used.has('kms:ScheduleKeyDeletion')).toBe(false);
    expect(used.has('kms:DisableKey')).toBe(false);
  });
});
