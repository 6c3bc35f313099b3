import { LineCounter, parseDocument, type Document } from 'yaml';
import type { ZodError } from 'zod';
import { Registry } from './registry-schema.ts';
import { RotaError } from '../errors.ts';

/** A path as people write it: `keys[2].schedule.warningDays`. */
const written = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text ? '.' : ''}${String(part)}`), '');

/** The line of the deepest node of this path that the file has: a missing field is reported where it should stand. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

const messageOf = (issue: ZodError['issues'][number]): string => {
  if (issue.code === 'unrecognized_keys') return `has a field that Rota does not know: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined'))
    return `is missing: give ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`;
  return issue.message;
};

/**
 * Reads `rota.yaml`. Throws `RegistryInvalid` that lists every fault with file, line and field path; a fault in the YAML
 * itself, a key that stands twice included, is reported the same way.
 */
export function readRegistry(text: string, file: string): Registry {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  // The first fault in the YAML only: the parser's later ones are its consequences.
  if (document.errors.length > 0)
    throw new RotaError('RegistryInvalid', {
      problems: document.errors.slice(0, 1).map((e) => ({
        where: `${file}:${lines.linePos(e.pos[0]).line}`,
        message: e.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? e.code,
      })),
    });
  const result = Registry.safeParse(document.toJS(), { reportInput: true });
  if (result.success) return result.data;
  throw new RotaError('RegistryInvalid', {
    problems: result.error.issues.map((issue) => ({
      where: `${file}:${lineOf(document, lines, issue.path)}`,
      message: `${written(issue.path) || 'the file'} ${messageOf(issue)}`,
    })),
  });
}
