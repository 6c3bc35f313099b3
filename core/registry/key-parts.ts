/** Some keys of a registry file, as the lines that they stand on. */
export interface KeyPart {
  /** Its place in the list of keys, from 0. */
  readonly firstKey: number;
  readonly linesBefore: number;
  readonly text: string;
}

export interface CutFile {
  /** The file without its keys. */
  readonly rest: string;
  readonly parts: readonly KeyPart[];
  /** The line of the file on which a line of `rest` stands. */
  readonly lineOfRest: (line: number) => number;
}

const linesIn = (text: string): number => text.split('\n').length - 1;

/**
 * Cuts a file between its keys, so many to a part: what a YAML parser keeps of a text takes thirty times its room, and that of 50,000 keys is more than Node gives. Undefined where the
 * file is not longer than that, or does not list its keys one below the other. The dashes of a list in block style are just as far indented as each other, and all between two of them is
 * indented further (YAML 1.2.2, section 8.2.1).
 */
export function cutAtKeys(text: string, keysEach: number): CutFile | undefined {
  const head = /^keys:[ \t]*(?:#.*)?\r?\n/m.exec(text);
  if (head === null) return undefined;
  const from = head.index + head[0].length;
  const indent = /^(?:[ \t]*(?:#.*)?\r?\n)*( *)-\s/.exec(text.slice(from))?.[1];
  if (indent === undefined) return undefined;
  const after = new RegExp(indent === '' ? '^[^\\s#-]' : `^ {0,${indent.length - 1}}[^\\s#]`, 'm').exec(text.slice(from));
  const end = after === null ? text.length : from + after.index;
  const block = text.slice(from, end);
  const starts = [...block.matchAll(new RegExp(`^${indent}-(?=\\s)`, 'gm'))].map((dash) => dash.index);
  if (starts.length <= keysEach) return undefined;
  const parts: KeyPart[] = [];
  let linesBefore = linesIn(text.slice(0, from + (starts[0] ?? 0)));
  for (let firstKey = 0; firstKey < starts.length; firstKey += keysEach) {
    const part = block.slice(starts[firstKey], starts[firstKey + keysEach]);
    parts.push({ firstKey, linesBefore, text: part });
    linesBefore += linesIn(part);
  }
  const headLines = linesIn(text.slice(0, from));
  const blockLines = linesIn(block);
  return { rest: text.slice(0, from) + text.slice(end), parts, lineOfRest: (line) => (line <= headLines ? line : line + blockLines) };
}
