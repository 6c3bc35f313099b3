/**
 * What code asks of Rota's tables and buckets, read from the code: the calls of methods of store/ in a file and in all that it imports, and the IAM actions that each
 * method comes to. Which action a role needs at which table stands nowhere else, and the embedded AWS, which knows actions and no places, would not miss one.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** The file of each part of the store, and what its resource is called in the template. */
export const parts: Readonly<Record<string, { readonly file: string; readonly resource: string }>> = {
  registry: { file: 'store/registry-table.ts', resource: 'TablesRegistry' },
  ledger: { file: 'store/ledger-table.ts', resource: 'TablesLedger' },
  approvals: { file: 'store/approval-table.ts', resource: 'TablesApprovals' },
  publications: { file: 'store/publication-table.ts', resource: 'TablesPublications' },
  acknowledgements: { file: 'store/acknowledgement-table.ts', resource: 'TablesAcknowledgements' },
  waits: { file: 'store/wait-table.ts', resource: 'TablesWaits' },
  findings: { file: 'store/finding-table.ts', resource: 'TablesFindings' },
  passkeys: { file: 'store/passkey-table.ts', resource: 'TablesPasskeys' },
  sessions: { file: 'store/session-table.ts', resource: 'TablesSessions' },
  waves: { file: 'store/wave-table.ts', resource: 'TablesWaves' },
  paces: { file: 'store/pace-table.ts', resource: 'TablesPaces' },
  dossiers: { file: 'store/dossier-bucket.ts', resource: 'TablesDossiers' },
  records: { file: 'store/record-bucket.ts', resource: 'TablesRecords' },
};

/** The IAM action of each method of a `Table`. */
export const tableActions: ReadonlyMap<string, string> = new Map([
  ['get', 'dynamodb:GetItem'],
  ['batchGet', 'dynamodb:BatchGetItem'],
  ['query', 'dynamodb:Query'],
  ['last', 'dynamodb:Query'],
  ['scan', 'dynamodb:Scan'],
  ['put', 'dynamodb:PutItem'],
  ['delete', 'dynamodb:DeleteItem'],
  ['update', 'dynamodb:UpdateItem'],
  ['updated', 'dynamodb:UpdateItem'],
]);

/** The IAM action of each function and command by which the buckets are reached. */
const bucketActions: ReadonlyMap<string, string> = new Map([
  ['getObject', 's3:GetObject'],
  ['listObjects', 's3:ListBucket'],
  ['PutObjectCommand', 's3:PutObject'],
]);

/** The actions that each public method of the class in a file comes to, by way of others of its methods too. */
function methodsOf(file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const uses = new Map<string, { readonly actions: Set<string>; readonly calls: Set<string> }>();
  const read = (member: ts.ClassElement): void => {
    const found = { actions: new Set<string>(), calls: new Set<string>() };
    const visit = (node: ts.Node): void => {
      const ofTable = ts.isPropertyAccessExpression(node) && node.expression.getText() === 'this.#table';
      const action = ofTable ? tableActions.get(node.name.text) : ts.isIdentifier(node) ? bucketActions.get(node.text) : undefined;
      if (action !== undefined) found.actions.add(action);
      if (ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword) found.calls.add(node.name.getText());
      node.forEachChild(visit);
    };
    member.forEachChild(visit);
    uses.set(member.name?.getText() ?? '', found);
  };
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true).forEachChild((node) => {
    if (ts.isClassDeclaration(node)) node.members.forEach(read);
  });
  const allOf = (method: string, seen = new Set<string>()): Set<string> => {
    const found = seen.has(method) ? undefined : uses.get(method);
    seen.add(method);
    return new Set(found === undefined ? [] : [...found.actions, ...[...found.calls].flatMap((called) => [...allOf(called, seen)])]);
  };
  return new Map([...uses.keys()].filter((name) => !name.startsWith('#')).map((name) => [name, allOf(name)]));
}

const methods = new Map(Object.entries(parts).map(([part, { file }]) => [part, methodsOf(file)]));
const storeFiles = new Set(Object.values(parts).map(({ file }) => file));

/** A call of the store: `waits.ofRotation`, and the actions that it comes to. */
export interface StoreCall {
  readonly part: string;
  readonly call: string;
  readonly actions: ReadonlySet<string>;
}

/** The calls in these files and in all that they import; a file that declares another task is that task's. */
export function storeCallsFrom(files: readonly string[]): StoreCall[] {
  const calls = new Map<string, StoreCall>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    // What runs a step of a rotation every task imports; it is named where it is meant.
    if (seen.has(path) || storeFiles.has(path) || (path === 'tasks/task.ts' && !files.includes(path))) return;
    seen.add(path);
    const text = readFileSync(path, 'utf8');
    if (!files.includes(path) && / = (?:plainT|t)ask\(\{/.test(text)) return;
    for (const [part, known] of methods)
      for (const [, method = ''] of text.matchAll(new RegExp(`\\b${part}\\.(\\w+)\\(`, 'g'))) {
        const actions = known.get(method);
        if (actions !== undefined) calls.set(`${part}.${method}`, { part, call: `${part}.${method}`, actions });
      }
    for (const [, target = ''] of text.matchAll(/^import (?!type )[^;]*from '(\.[^']+)';/gm)) visit(normalize(join(dirname(path), target)));
  };
  for (const file of files) visit(file);
  return [...calls.values()];
}
