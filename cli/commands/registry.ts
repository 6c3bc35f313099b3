import { InvalidArgumentError, Option, type Command } from 'commander';
import { registryDigest } from '../../core/registry/registry-digest.ts';
import { registryDifference, type RegistryChange } from '../../core/registry/registry-difference.ts';
import { registryJsonSchema, registryJsonSchemaText } from '../../core/registry/json-schema.ts';
import { readRegistry } from '../../core/registry/read-registry.ts';
import { command, group } from '../command.ts';
import { heldRegistry, heldRegistryIfAny, type RegistryHead } from '../held-registry.ts';
import { show, type Io } from '../io.ts';
import { changesText, registryText, registryYaml } from '../registry-text.ts';
import { apiJson } from '../signed-request.ts';
import { registryInit } from './registry-init.ts';

const headText = (h: RegistryHead): string => `Revision ${h.revision}, applied by ${h.appliedBy} at ${h.appliedAt}, digest ${h.digest}`;

interface Plan {
  readonly file: string;
  /** Against which it was made; there is none before the first apply. */
  readonly holds?: RegistryHead;
  readonly digest: string;
  readonly changes: readonly RegistryChange[];
}

const planText = ({ holds, changes, file }: Plan): string => {
  const against = holds === undefined ? 'No registry holds yet.' : headText(holds);
  return changes.length === 0 ? `${against}\n${file} says the same: nothing would change.` : `${against}\n\n${changesText(changes)}`;
};

const plan = (io: Io): Command =>
  command('plan', 'Check rota.yaml and show what applying it would change, and what of that is dangerous; changes nothing', ['rota registry plan rota.yaml', 'rota registry plan rota.yaml --json'])
    .argument('<file>')
    .action(async (file: string, options: { json?: boolean }) => {
      const registry = readRegistry(await registryText(file), file);
      const held = await heldRegistryIfAny(io);
      const made: Plan = { file, ...(held === undefined ? {} : { holds: held.head }), digest: registryDigest(registry), changes: registryDifference(held?.registry, registry) };
      show(io, options, made, () => planText(made));
    });

function readRevision(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of a revision, as `rota registry plan` shows it.');
}

const apply = (io: Io): Command =>
  command('apply', 'Check rota.yaml and make it the registry', ['rota registry apply rota.yaml', 'rota registry apply rota.yaml --over 7   # only if revision 7, which you planned against, still holds'])
    .argument('<file>')
    .addOption(new Option('--over <revision>', 'refuse if another revision holds by now; 0 before the first').argParser(readRevision))
    .action(async (file: string, { over, ...options }: { json?: boolean; over?: number }) => {
      const path = over === undefined ? '/api/registry' : `/api/registry?over=${over}`;
      const head = await apiJson<RegistryHead>(io, { method: 'PUT', path, body: readRegistry(await registryText(file), file) });
      show(io, options, head, () => headText(head));
    });

const showIt = (io: Io): Command =>
  command('show', 'Show the registry that holds', ['rota registry show', 'rota registry show --json']).action(async (options: { json?: boolean }) => {
    const answer = await heldRegistry(io);
    show(io, options, answer, () => `# ${headText(answer.head)}\n${registryYaml(answer.registry)}`);
  });

const exportIt = (io: Io): Command =>
  command('export', 'Print the registry that holds as a rota.yaml that applies again to the same digest', ['rota registry export > rota.yaml']).action(async (options: { json?: boolean }) => {
    const { head, registry } = await heldRegistry(io);
    const digest = registryDigest(registry);
    if (digest !== head.digest) io.err(`rota: revision ${head.revision} was applied by an earlier release, which counted digests otherwise; applied again it has ${digest}\n`);
    const yaml = `# yaml-language-server: $schema=rota.schema.json\n# ${headText(head)}\n${registryYaml(registry)}`;
    show(io, options, { head, digest, yaml }, () => yaml);
  });

const schema = (io: Io): Command =>
  command('schema', 'Print the JSON Schema of rota.yaml, with which editors complete and check it', ['rota registry schema > rota.schema.json']).action((options: { json?: boolean }) => {
    show(io, options, registryJsonSchema(), registryJsonSchemaText);
  });

export function registry(io: Io): Command {
  const made = group('registry', 'The people, keys and rules that Rota goes by', ['rota registry init > rota.yaml', 'rota registry plan rota.yaml', 'rota registry apply rota.yaml']);
  for (const make of [plan, apply, showIt, exportIt, registryInit, schema]) made.addCommand(make(io));
  return made;
}
