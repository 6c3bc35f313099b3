// Draws the state machines (Mermaid) between the markers of README.md and runbooks/*.md:
//
//     <!-- drawing: byok-rotation -->
//     <!-- end drawing -->
//
// `tsx scripts/draw-workflows.ts` rewrites them; with `--check` it only says which are out of date, and ends 1.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { State, StateMachine } from '../workflows/asl.ts';
import { workflows } from '../workflows/catalogue.ts';

interface Edge {
  readonly to: string;
  readonly label: string;
}

const idOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
const isCatchAll = (names: readonly string[]): boolean => names.includes('States.ALL');
const words = (condition: string): string => condition.replace(/^\{%\s*|\s*%\}$/g, '');

/** The ways out of a state, without those for any error whatever. */
function edgesOf(state: State): Edge[] {
  switch (state.Type) {
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Pass':
    case 'Wait':
    case 'Map':
      return [{ to: state.Next, label: '' }];
    case 'Choice':
      return [...state.Choices.map((c) => ({ to: c.Next, label: words(c.Condition) })), { to: state.Default, label: 'otherwise' }];
    case 'Task':
      return [
        { to: state.Next, label: '' },
        ...(state.Catch ?? []).filter((c) => !isCatchAll(c.ErrorEquals)).map((c) => ({ to: c.Next, label: c.ErrorEquals.join(', ') })),
      ];
  }
}

/** Where the states go on any other error: from each target the states that name it. Twelve arrows would hide the story. */
function catchAlls({ States }: StateMachine): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const [name, state] of Object.entries(States))
    for (const { ErrorEquals, Next } of state.Type === 'Task' ? (state.Catch ?? []) : [])
      if (isCatchAll(ErrorEquals)) sources.set(Next, [...(sources.get(Next) ?? []), name]);
  return sources;
}

/** A machine as a Mermaid `stateDiagram-v2`; states that wait for an answer from outside have a dashed border. */
export function drawing(machine: StateMachine): string {
  const states = Object.entries(machine.States);
  const arrow = (from: string, { to, label }: Edge) => `  ${idOf(from)} --> ${idOf(to)}${label === '' ? '' : ` : ${label}`}`;
  const waiting = states.filter(([, s]) => s.Type === 'Task' && s.Resource.endsWith('.waitForTaskToken')).map(([name]) => idOf(name));
  return [
    'stateDiagram-v2',
    ...states.map(([name]) => `  state "${name}" as ${idOf(name)}`),
    `  [*] --> ${idOf(machine.StartAt)}`,
    ...states.flatMap(([name, state]) => edgesOf(state).map((edge) => arrow(name, edge))),
    ...states.filter(([, s]) => s.Type === 'Succeed' || s.Type === 'Fail').map(([name]) => `  ${idOf(name)} --> [*]`),
    ...[...catchAlls(machine)].flatMap(([target, sources]) => [
      `  note right of ${idOf(target)}`,
      '    Also reached on any other error of',
      ...sources.map((name) => `    ${name}`),
      '  end note',
    ]),
    ...(waiting.length === 0 ? [] : ['  classDef waiting stroke-dasharray: 5 5', `  class ${waiting.join(', ')} waiting`]),
  ].join('\n');
}

const drawingOf = (name: string): string => {
  const workflow = Object.entries(workflows).find(([known]) => known === name)?.[1];
  if (workflow === undefined) throw new Error(`no workflow is called ${name}: it must be one of ${Object.keys(workflows).join(', ')}`);
  return drawing(workflow({ partition: 'aws', functionOf: (task) => task }));
};

const marked = /(<!-- drawing: (\S+) -->\n)([\s\S]*?)(<!-- end drawing -->)/g;

/** The names that the markers of a text ask for. */
export const drawingsIn = (text: string): string[] => [...text.matchAll(/<!-- drawing: (\S+) -->/g)].map((m) => m[1] ?? '');

/** The text with every drawing as the definitions now are. Throws for a marker without its end, or of an unknown workflow. */
export function withDrawings(text: string): string {
  if ([...text.matchAll(marked)].length !== drawingsIn(text).length) throw new Error('a "<!-- drawing: … -->" has no "<!-- end drawing -->"');
  return text.replace(marked, (_, start: string, name: string, _old, end: string) => `${start}\`\`\`mermaid\n${drawingOf(name)}\n\`\`\`\n${end}`);
}

/** The pages that may have drawings. */
export const pages = (): string[] => ['README.md', ...readdirSync('runbooks').filter((f) => f.endsWith('.md')).map((f) => join('runbooks', f))];

function main(checkOnly: boolean): void {
  for (const page of pages()) {
    const before = readFileSync(page, 'utf8');
    const after = withDrawings(before);
    if (after === before) continue;
    if (checkOnly) process.exitCode = 1;
    else writeFileSync(page, after);
    console.log(checkOnly ? `${page} is out of date: run \`npx tsx scripts/draw-workflows.ts\`` : page);
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv.includes('--check'));
