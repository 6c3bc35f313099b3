import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { RotaError } from '../../core/errors.ts';
import { readRegistry } from '../../core/registry/read-registry.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { command, group } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';

interface Head {
  readonly revision: number;
  readonly digest: string;
  readonly appliedBy: string;
  readonly appliedAt: string;
}

const headText = (h: Head): string => `Revision ${h.revision}, applied by ${h.appliedBy} at ${h.appliedAt}, digest ${h.digest}`;

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new RotaError('RegistryInvalid', { problems: [{ where: file, message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})` }] });
  });
}

export function registry(io: Io): Command {
  const apply = command('apply', 'Check rota.yaml and make it the registry', ['rota registry apply rota.yaml'])
    .argument('<file>')
    .action(async (file: string, options: { json?: boolean }) => {
      const head = await apiJson<Head>(io, { method: 'PUT', path: '/api/registry', body: readRegistry(await readText(file), file) });
      show(io, options, head, () => headText(head));
    });
  const showIt = command('show', 'Show the registry that holds', ['rota registry show', 'rota registry show --json'])
    .action(async (options: { json?: boolean }) => {
      const answer = await apiJson<{ head: Head; registry: Registry }>(io, { method: 'GET', path: '/api/registry' });
      show(io, options, answer, () => `# ${headText(answer.head)}\n${stringify(answer.registry)}`);
    });
  return group('registry', 'The people, keys and rules that Rota goes by', ['rota registry apply rota.yaml', 'rota registry show']).addCommand(apply).addCommand(showIt);
}
