import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { expect, test } from 'vitest';

/** Who may import whom: style-anchors.md, section 2. `tasks:types` is an import of types only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  local: [],
  store: ['core'],
  tasks: ['core', 'store'],
  api: ['core', 'store'],
  workflows: ['core', 'tasks:types'],
  cdk: ['workflows', 'core', 'tasks', 'store'],
  cli: ['core'],
  demo: ['*'],
  test: ['*'],
  scripts: ['*'],
};

/** Files that couple what the table keeps apart, each with its reason. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // Starts the embedded AWS and hands it definitions and handlers: the one file to read.
  'cli/commands/local.ts': ['local', 'workflows', 'tasks', 'api', 'store'],
  // Asks KMS itself, in accounts where Rota is not deployed too.
  'cli/estate.ts': ['store'],
  // `rota demo` is `npm run demo` under the name that the CLI gives it.
  'cli/commands/demo.ts': ['demo'],
};

const roots = Object.keys(allowed);

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f)).map((f) => join(folder, f));

interface Import {
  readonly line: number;
  readonly target: string;
  readonly typesOnly: boolean;
}

function importsOf(text: string): Import[] {
  return text.split('\n').flatMap((line, index) => {
    const target = /(?:from|import)\s*\(?\s*'(\.[^']+)'/.exec(line)?.[1];
    return target === undefined ? [] : [{ line: index + 1, target, typesOnly: /^\s*(import|export) type /.test(line) }];
  });
}

function offences(file: string, text: string): string[] {
  const from = file.split(sep)[0] ?? '';
  const may = [...(allowed[from] ?? []), ...(exceptions[file] ?? [])];
  return importsOf(text).flatMap(({ line, target, typesOnly }) => {
    const to = normalize(join(dirname(file), target)).split(sep)[0] ?? '';
    if (to === from || may.includes('*') || may.includes(to) || (typesOnly && may.includes(`${to}:types`))) return [];
    return [`${file}:${line} imports ${target}: ${from} may not import ${to}`];
  });
}

test('each import goes in an allowed direction', () => {
  expect(roots.flatMap(sources).flatMap((file) => offences(file, readFileSync(file, 'utf8')))).toEqual([]);
});

test('an upward import is found', () => {
  expect(offences('core/plan/plan.ts', "import { x } from '../../store/clients.ts';")).toEqual([
    'core/plan/plan.ts:1 imports ../../store/clients.ts: core may not import store',
  ]);
  expect(offences('workflows/x.ts', "import { tasks } from '../tasks/catalogue.ts';")).toHaveLength(1);
  expect(offences('workflows/x.ts', "import type { Task } from '../tasks/task.ts';")).toEqual([]);
});
