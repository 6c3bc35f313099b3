import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Alias, type Document, type Node, type YAMLError } from 'yaml';
import { RotaError } from '../errors.ts';
import { cutAtKeys, type KeyPart } from './key-parts.ts';
import { schemaSentence } from './schema-sentence.ts';
import { Registry } from './registry-schema.ts';
import { isUndecided, undecidedSentence } from './undecided.ts';

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A path as people write it: `keys[2].schedule.warningDays`. */
const written = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text ? '.' : ''}${String(part)}`), '');

/** The line of a field's name or of an item of a list; of something that the file lacks, the line of what should hold it. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  let at: Node | null | undefined = document.contents;
  let offset = at?.range?.[0] ?? 0;
  for (const part of path) {
    const holder: Node | null | undefined = isAlias(at) ? at.resolve(document) : at;
    const pair = isMap(holder) ? holder.items.find(({ key }) => isScalar(key) && String(key.value) === String(part)) : undefined;
    const item = pair === undefined && isSeq(holder) ? holder.items[Number(part)] : undefined;
    const found = (pair?.key ?? item) as Node | undefined;
    if (found === undefined) break;
    offset = found.range?.[0] ?? offset;
    at = (pair === undefined ? item : pair.value) as Node | null | undefined;
  }
  return lines.linePos(offset).line;
}

/** An unknown field stands at its own line. */
const problemsOf = (issue: { code: string; keys?: readonly string[]; path: readonly PropertyKey[]; message: string }): Problem[] =>
  issue.code === 'unrecognized_keys' ? (issue.keys ?? []).map((key) => ({ path: [...issue.path, key], message: issue.message })) : [{ path: issue.path, message: issue.message }];

const yamlSentence = ({ code, message }: YAMLError): string =>
  code === 'MULTIPLE_DOCS' ? 'begins a second document: one file holds one registry' : (message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? code);

/** What a parser takes and nobody can read out: a name for a place that is nowhere in the file before it. */
function unresolved(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

const refused = (file: string, line: number, message: string): RotaError<'RegistryInvalid'> => new RotaError('RegistryInvalid', { problems: [{ where: `${file}:${line}`, message }] });

/** What stands at a path of a file; undefined where nothing does. */
const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => path.reduce<unknown>((at, part) => (at as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[part], value);

type LineIn = (line: number) => number;

/** A text as YAML. `lineIn` says on which line of the file a line of it stands. Throws `RegistryInvalid` for what is no YAML. */
function parsed(text: string, file: string, lineIn: LineIn): { readonly document: Document.Parsed; readonly lines: LineCounter; readonly lost: Alias | undefined } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  // The first fault only: the parser's later ones are its consequences.
  const [fault] = document.errors;
  if (fault !== undefined) throw refused(file, lineIn(lines.linePos(fault.pos[0]).line), yamlSentence(fault));
  return { document, lines, lost: unresolved(document) };
}

/** The YAML of a registry file, whatever it says. Throws `RegistryInvalid` for what is no YAML. */
export function parseRegistryYaml(text: string, file: string): { document: Document.Parsed; lines: LineCounter; value: unknown } {
  const { document, lines, lost } = parsed(text, file, (line) => line);
  if (lost !== undefined) throw refused(file, lines.linePos(lost.range?.[0] ?? 0).line, `names *${lost.source}, but no &${lost.source} stands before it`);
  try {
    return { document, lines, value: document.toJS() as unknown };
  } catch {
    // The parser's guard against a small text that stands for a huge one.
    throw refused(file, 1, 'repeats its parts by * too often: write them out');
  }
}

/** What a file says, and on which line a field of it stands. */
interface ReadFile {
  readonly value: unknown;
  readonly lineAt: (path: readonly PropertyKey[]) => number;
}

function readWhole(text: string, file: string): ReadFile {
  const { document, lines, value } = parseRegistryYaml(text, file);
  return { value, lineAt: (path) => lineOf(document, lines, path) };
}

/** A file of more keys than that, part by part; undefined where it has fewer, or where its parts name each other by * and &. Throws `RegistryInvalid` for what is no YAML. */
function readInParts(text: string, file: string, keysEach: number): ReadFile | undefined {
  const cut = cutAtKeys(text, keysEach);
  if (cut === undefined) return undefined;
  const lineIn = ({ linesBefore }: KeyPart) => (line: number) => linesBefore + line;
  const rest = parsed(cut.rest, file, cut.lineOfRest);
  const keys: unknown[] = [];
  for (const part of cut.parts) {
    const { document, lost } = parsed(part.text, file, lineIn(part));
    if (lost !== undefined) return undefined;
    keys.push(...(document.toJS() as unknown[]));
  }
  if (rest.lost !== undefined) return undefined;
  let at: { readonly part: KeyPart; readonly document: Document.Parsed; readonly lines: LineCounter } | undefined;
  return {
    value: { ...(rest.document.toJS() as object), keys },
    lineAt: ([field, place, ...path]) => {
      if (field !== 'keys' || typeof place !== 'number') return cut.lineOfRest(lineOf(rest.document, rest.lines, [field, place, ...path].filter((part) => part !== undefined)));
      const part = cut.parts.findLast(({ firstKey }) => firstKey <= place);
      if (part === undefined) return 1;
      if (at?.part !== part) at = { part, ...parsed(part.text, file, lineIn(part)) };
      return lineIn(part)(lineOf(at.document, at.lines, [place - part.firstKey, ...path]));
    },
  };
}

/** So many keys make a parser's nodes some hundred MB. */
const usualKeysEach = 1000;

/**
 * Reads `rota.yaml`. Throws `RegistryInvalid` that lists every fault with file, line and field path; a fault in the YAML
 * itself, a field that stands twice included, is reported the same way. `keysEach` is how many keys are parsed at once.
 */
export function readRegistry(text: string, file: string, keysEach = usualKeysEach): Registry {
  const { value, lineAt } = readInParts(text, file, keysEach) ?? readWhole(text, file);
  const result = Registry.safeParse(value, { reportInput: true, error: schemaSentence });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(problemsOf).map(({ path, message }) => {
    const fault = isUndecided(valueAt(value, path)) ? undecidedSentence(message) : message;
    return { line: lineAt(path), message: `${written(path) || 'the file'} ${fault}` };
  });
  problems.sort((a, b) => a.line - b.line);
  throw new RotaError('RegistryInvalid', { problems: problems.map(({ line, message }) => ({ where: `${file}:${line}`, message })) });
}
