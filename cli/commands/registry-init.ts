import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { policiesOf } from '../../core/inventory/policies.ts';
import type { JudgedKey } from '../../core/inventory/judge-key.ts';
import { proposeRegistry, readDraft, type Draft } from '../../core/registry/propose-registry.ts';
import { command } from '../command.ts';
import { accessOf, sweep, targetsOf, withEstateOptions, type EstateOptions, type Target } from '../estate.ts';
import { namesRota } from '../signed-request.ts';
import { heldRegistryIfAny } from '../held-registry.ts';
import { nowOf, show, type Io } from '../io.ts';
import { registryText, registryYaml } from '../registry-text.ts';

/** What there is already: a file, which may be half filled in, else the registry that holds. */
async function draftOf(io: Io, { registry: file }: EstateOptions): Promise<Draft> {
  if (file !== undefined) return readDraft(await registryText(file), file);
  if (!namesRota(io)) return readDraft();
  const held = await heldRegistryIfAny(io);
  return held === undefined ? readDraft() : readDraft(registryYaml(held.registry));
}

/** Every key of Rota's own account and Region: aliases of the registry are those of the first target. */
async function keysOf(io: Io, target: Target, options: EstateOptions, { exceptions }: Draft): Promise<JudgedKey[]> {
  const keys: JudgedKey[] = [];
  const policies = policiesOf({ keys: [], exceptions: [...exceptions] }, { home: true });
  await sweep(target, { ...accessOf(io, options), policies, allRotations: false, lastUse: false, nowMs: nowOf(io) }, (key) => void keys.push(key));
  return keys;
}

export const registryInit = (io: Io): Command =>
  withEstateOptions(
    command('init', 'Propose a rota.yaml from the inventory: an entry for each key that AWS cannot rotate, for people to fill in', [
      'rota registry init > rota.yaml',
      'rota registry init --registry rota.yaml > proposed.yaml   # keeps what the file has, adds what it forgets',
    ]),
  ).action(async (options: EstateOptions, self: Command) => {
    const [target, ...others] = targetsOf(io, options, self);
    if (others.length > 0) self.error('error: one account and Region only: a registry goes by the aliases of its own');
    const draft = await draftOf(io, options);
    const proposal = proposeRegistry(draft, await keysOf(io, target, options, draft));
    const { yaml, proposed, withoutAlias } = proposal;
    for (const arn of withoutAlias) io.err(`rota: ${arn} has no alias: give it one, or record an exception\n`);
    io.err(`rota: ${counted(proposed.length, 'entry', 'entries')} proposed; \`rota registry plan\` says what is still to be decided\n`);
    show(io, options, proposal, () => yaml);
  });
