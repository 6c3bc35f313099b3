import type { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { base64 } from './fields.ts';

type Issue = z.core.$ZodIssue;

/** Reads an operation's input. Throws ValidationException in AWS's words, SerializationException for a wrong JSON type. */
export function readInput<S extends z.ZodType>(schema: S, input: Record<string, unknown>): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues;
  const mistyped = issues.find((issue) => issue.code === 'invalid_type' && valueAt(input, issue.path) !== undefined);
  if (mistyped !== undefined) {
    throw new AwsError('SerializationException', `The value at '${memberPath(mistyped.path)}' has the wrong type: ${mistyped.message}`);
  }
  const count = issues.length === 1 ? '1 validation error' : `${issues.length} validation errors`;
  throw new AwsError('ValidationException', `${count} detected: ${issues.map((issue) => sentence(issue, input)).join('; ')}`);
}

function sentence(issue: Issue, input: Record<string, unknown>): string {
  if (issue.code === 'unrecognized_keys') return `Unknown field ${issue.keys.map((key) => `'${key}'`).join(', ')}`;
  const isBlob = issue.code === 'custom' || (issue.code === 'invalid_format' && patternOf(issue) === base64.source);
  return `Value ${isBlob ? '(blob)' : shown(valueAt(input, issue.path))} at '${memberPath(issue.path)}' failed to satisfy constraint: ${constraint(issue)}`;
}

function constraint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'Member must not be null';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `Member must have length greater than or equal to ${issue.minimum}`
        : `Member must have value greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `Member must have length less than or equal to ${issue.maximum}`
        : `Member must have value less than or equal to ${issue.maximum}`;
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${issue.format === 'regex' ? patternOf(issue) : issue.format}`;
    default:
      return issue.message;
  }
}

const patternOf = (issue: { pattern?: string | undefined }): string => (issue.pattern ?? '').replace(/^\/|\/[a-z]*$/g, '');

/** Blobs never come here: one of them may be plaintext. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** `Tags[0].TagKey` as AWS writes it: `tags.1.member.tagKey`. */
const memberPath = (path: readonly PropertyKey[]): string =>
  path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : String(step).replace(/^[A-Z]/, (first) => first.toLowerCase()))).join('.');
