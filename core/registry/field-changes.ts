import { digestOf } from '../canonical-json.ts';

/** A field of which two versions say something else; what one of them does not have is undefined. */
export interface FieldChange {
  /** Fields by their names, parts of a list by the name that they have: `consumers.gateway.deadlineDays`. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
/** An approval rule is read as a whole: half a rule says nothing. */
const isWhole = (value: unknown): boolean => isFields(value) && 'all' in value;

/** A list of parts that have names of their own, as fields by these names. */
function named(value: unknown): Fields | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every((part) => isFields(part) && typeof part.name === 'string')) return undefined;
  const parts = value as { name: string }[];
  const byName = Object.fromEntries(parts.map((part) => [part.name, part]));
  return Object.keys(byName).length === parts.length ? byName : undefined;
}

const fieldsOf = (value: unknown): Fields | undefined => named(value) ?? (isFields(value) && !isWhole(value) ? value : undefined);

/** What differs between two versions of a thing, field by field, in the order in which the fields stand. */
export function fieldChanges(from: unknown, to: unknown, path = ''): FieldChange[] {
  if (from === to || (from !== undefined && to !== undefined && digestOf(from) === digestOf(to))) return [];
  const before = fieldsOf(from);
  const after = fieldsOf(to);
  if ((before === undefined && from !== undefined) || (after === undefined && to !== undefined) || (before === undefined && after === undefined)) return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.flatMap((name) => fieldChanges(before?.[name], after?.[name], path === '' ? name : `${path}.${name}`));
}
