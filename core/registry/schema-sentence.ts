import type { z } from 'zod';
import { counted } from '../counted.ts';

type Issue = z.core.$ZodRawIssue;

const nouns: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  number: 'a whole number', // the registry has no others
  boolean: 'true or false',
  array: 'a list',
  object: 'fields with their values',
};

/** What stands in the file, short enough for a sentence. */
function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'a group of fields';
  const text = JSON.stringify(input);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

const wrong = (input: unknown, wanted: string): string => {
  if (input === undefined) return `is missing: give ${wanted}`;
  return input === null ? `is empty: give ${wanted}` : `is ${shown(input)}: give ${wanted}`;
};

const sizes: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** A bound on a number, or on how many characters or items there are. */
function bound(word: 'least' | 'most', limit: number | bigint, { origin, input }: { readonly origin: string; readonly input?: unknown }): string {
  const noun = sizes[origin];
  return noun === undefined ? `is ${shown(input)}: give ${limit} at ${word}` : `must have at ${word} ${counted(limit, noun)}`;
}

/**
 * What is wrong with a field, as the end of a sentence that begins with its path; for faults that the schema itself has no words for. Handed
 * to zod as the error map of a parse (zod.dev/error-customization: a message of the schema comes first).
 */
export function schemaSentence(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wrong(issue.input, nouns[issue.expected] ?? issue.expected);
    case 'invalid_value':
      return wrong(issue.input, issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`);
    case 'unrecognized_keys':
      return 'is no field that Rota knows';
    case 'too_small':
      return bound('least', issue.minimum, issue);
    case 'too_big':
      return bound('most', issue.maximum, issue);
    default:
      return undefined;
  }
}
