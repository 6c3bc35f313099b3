import { z } from 'zod';
import { Registry } from './registry-schema.ts';

/**
 * The format of `rota.yaml` as JSON Schema (draft 2020-12), with which editors complete a file and check it while it is written. It says of
 * fields and values all that the format does; what one part of a file says about another only `rota registry plan` checks.
 */
export function registryJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(Registry, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'rota.yaml', description: 'The people, keys and rules that Rota goes by, format version 1: runbooks/registry.md.', ...rest };
}

/** The file as `npm run schema` writes it and `rota registry schema` prints it. */
export const registryJsonSchemaText = (): string => `${JSON.stringify(registryJsonSchema(), null, 2)}\n`;
