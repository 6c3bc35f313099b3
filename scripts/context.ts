import { parseArgs } from 'node:util';

/** The context of a command line: `-c name=value`, as often as need be. */
export function contextFromArguments(): Readonly<Record<string, string>> {
  const { values } = parseArgs({ options: { context: { type: 'string', short: 'c', multiple: true, default: [] } } });
  return Object.fromEntries(values.context.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
