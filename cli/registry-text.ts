import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { ruleText } from '../core/approval/rule-text.ts';
import { RotaError } from '../core/errors.ts';
import type { FieldChange } from '../core/registry/field-changes.ts';
import { certificateText } from '../core/registry/registry-dangers.ts';
import type { RegistryChange } from '../core/registry/registry-difference.ts';
import type { ApprovalRule, Registry } from '../core/registry/registry-schema.ts';

/** The text of a registry file. Throws `RegistryInvalid`. */
export async function registryText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new RotaError('RegistryInvalid', { problems: [{ where: file, message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})` }] });
  });
}

/** A registry as a file: every field by name, certificates as blocks, no line folded. */
export const registryYaml = (registry: Registry): string => stringify(registry, { lineWidth: 0 });

/** A value of a registry, on one line. */
function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  if (typeof value === 'object' && value !== null) {
    if ('all' in value) return ruleText(value as ApprovalRule);
    return Object.entries(value).map(([name, inner]) => `${name} ${valueText(inner)}`).join(' ');
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return value.startsWith('-----BEGIN CERTIFICATE') ? `certificate of ${certificateText(value)}` : value;
}

const fieldText = (act: RegistryChange['act'], { path, from, to }: FieldChange): string => `    ${path}: ${act === 'added' ? '' : `${valueText(from)} -> `}${valueText(to)}`;

const marks = { added: '+', dropped: '-', changed: '~' } as const;

/** The changes that an apply would make: a line a person, key or rule, a line a field, and below what to think about twice. */
export function changesText(changes: readonly RegistryChange[]): string {
  const lines = changes.map(({ subject, act, fields, dangers }) => [`${marks[act]} ${subject}`, ...fields.map((field) => fieldText(act, field)), ...dangers.map((danger) => `  ! ${danger}`)].join('\n'));
  const dangers = changes.flatMap((c) => c.dangers).length;
  return [...lines, '', `${changes.length} of people, keys and rules would change${dangers === 0 ? '.' : `; look twice at ${dangers} (marked !).`}`].join('\n');
}
