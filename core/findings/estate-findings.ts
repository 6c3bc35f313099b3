import { finding, type Finding, type FindingName } from '../inventory/finding.ts';
import type { JudgedKey } from '../inventory/judge-key.ts';
import type { ManualPolicy } from '../inventory/policies.ts';
import { awaitsQuiet } from '../rotation-status.ts';
import type { QuietUse } from '../adoption/quiet.ts';
import type { Expectation } from './expected-aliases.ts';
import type { FoundFinding } from './open-finding.ts';

/** The aliases of a key, the first three of many. */
const named = (aliases: readonly string[]): string => `${[...aliases].sort().slice(0, 3).join(', ')}${aliases.length > 3 ? ` and ${aliases.length - 3} more` : ''}`;

/** The aliases of the registry, with who answers for each: they are told of what is wrong, and reminded. */
export type Registered = ReadonlyMap<string, Pick<ManualPolicy, 'owner'>>;

const ownerOf = (alias: string | undefined, registered: Registered): Pick<FoundFinding, 'owner'> => {
  const owner = alias === undefined ? undefined : registered.get(alias)?.owner;
  return owner === undefined ? {} : { owner };
};

/** Which key a finding is about, whose it is, and how people call it. */
export type AboutKey = Pick<FoundFinding, 'about' | 'owner' | 'aliases' | 'isReplica'>;

const registeredAlias = ({ key }: JudgedKey, registered: Registered): string | undefined => key.aliases.find((name) => registered.has(name));

export const aboutKey = (judged: JudgedKey, registered: Registered): AboutKey => ({
  about: judged.arn,
  ...ownerOf(registeredAlias(judged, registered), registered),
  ...(judged.key.aliases.length === 0 ? {} : { aliases: [...judged.key.aliases].sort() }),
  ...(judged.key.description?.multiRegion === 'REPLICA' ? { isReplica: true } : {}),
});

/** What is wrong with the keys that were seen, with the findings that a key has by itself. */
export function findingsOfKey(judged: JudgedKey, registered: Registered): FoundFinding[] {
  const { key } = judged;
  const alias = registeredAlias(judged, registered);
  const whose = aboutKey(judged, registered);
  const about = (found: Finding): FoundFinding => ({ ...found, ...whose });
  const state = key.description?.state ?? '';
  const goes = judged.class.class === 'pending-deletion';
  return [
    // Nobody knows a key by its ARN: the sentence says how people call it.
    ...judged.findings.map((found) => about({ ...found, sentence: key.aliases.length === 0 ? found.sentence : `${named(key.aliases)}: ${found.sentence}` })),
    // P2: an alias that Rota manages leads to an Enabled key.
    ...(alias !== undefined && (goes || state === 'Disabled') ? [about(finding('registered-key-unusable', key.keyId, `${alias} leads to it, but it is ${state}.`))] : []),
  ];
}

/** What is wrong with the aliases of the registry. `leads` says where each alias that was seen leads. */
export function findingsOfAliases(registered: Registered, leads: ReadonlyMap<string, string>, expected: (alias: string) => Expectation | undefined): FoundFinding[] {
  const about = (name: FindingName, alias: string, sentence: string): FoundFinding => ({ ...finding(name, alias, sentence), about: alias, ...ownerOf(alias, registered) });
  return [...registered.keys()].flatMap((alias) => {
    const keyId = leads.get(alias);
    if (keyId === undefined) return [about('registered-key-missing', alias, `${alias} is in the registry, but there is no such alias.`)];
    const should = expected(alias);
    if (should === undefined || should.keyId === keyId) return [];
    return [about('alias-moved', alias, `${alias} leads to ${keyId}, but should lead to ${should.keyId} (${should.because}).`)];
  });
}

interface Switched {
  readonly rotationId: string;
  readonly alias: string;
  readonly outcome?: string;
  readonly quiet?: QuietUse;
}

/** Rotations of these aliases that have switched, and whose old key should be quiet by now and is not. `now` is ISO 8601, UTC. */
export function findingsOfQuiet(registered: Registered, rotations: readonly Switched[], now: string): FoundFinding[] {
  return rotations.flatMap((rotation) => {
    const { alias, rotationId, quiet } = rotation;
    if (quiet === undefined || !awaitsQuiet(rotation) || quiet.overdueAt > now || !registered.has(alias)) return [];
    return [{ ...finding('not-quiet', alias, `${alias} has moved by rotation ${rotationId}, but its old key is not quiet: ${quiet.because}.`), about: alias, ...ownerOf(alias, registered) }];
  });
}
