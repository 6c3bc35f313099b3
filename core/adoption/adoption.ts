/** Who has followed a rotation to the new key, and who has not: from what AWS tells of both keys since the aliases moved. */
import type { GrantFacts } from '../plan/key-facts.ts';
import { groupUses, unnamedUse, type GroupedUse, type TrailUse } from '../plan/key-usage.ts';
import { successorGrantName } from '../plan/make-plan.ts';
import { directionOf } from '../rollover/direction.ts';

/** How a caller named the key; a Decrypt that names none has it from the ciphertext. */
type NamedBy = 'alias' | 'arn' | 'key id' | 'ciphertext' | 'unknown';

/** Uses of one kind by one principal. */
export interface AdoptionUse extends GroupedUse {
  readonly namedBy: NamedBy;
}

interface LeftGrant {
  readonly grantId: string;
  readonly grantee: string;
  readonly operations: readonly string[];
  /** Whether the rotation made the same grant on the new key; one that it did not was made since. */
  readonly carriedOver: boolean;
}

/** Where the users of a key stand after a rotation. Times are ISO 8601, UTC. */
export interface Adoption {
  readonly rotationId: string;
  readonly alias: string;
  readonly oldKeyId: string;
  readonly newKeyId: string;
  readonly cutoverAt: string;
  /** What the evidence covers. */
  readonly since: string;
  readonly until: string;
  /** Who still makes something new with the old key, or tries to: encrypts, signs, MACs. */
  readonly stillMaking: readonly AdoptionUse[];
  /** Who decrypts or verifies what the old key made, and does nothing else with it. */
  readonly onlyOpening: readonly AdoptionUse[];
  /** Who makes something with the new key. */
  readonly adopted: readonly AdoptionUse[];
  /** Who makes something with the old key by its ARN or id: they stay with it until they name the alias. */
  readonly holdingOldKey: readonly string[];
  /** Aliases that lead to the old key now. */
  readonly aliasesOfOldKey: readonly string[];
  readonly grants: readonly LeftGrant[];
  /** False where CloudTrail has no history to read, more than was read, or none that reaches back to the cutover. */
  readonly evidenceComplete: boolean;
  /** What this evidence cannot show, each in a sentence. */
  readonly mind: readonly string[];
}

interface KeyName {
  readonly keyId: string;
  readonly arn: string;
}

export interface AdoptionFacts {
  readonly rotationId: string;
  readonly alias: string;
  readonly usage: string;
  readonly oldKey: KeyName;
  readonly newKey: KeyName;
  readonly cutoverAt: string;
  readonly since: string;
  readonly until: string;
  /** Of both keys, in the operations of `adoptionOperations`. */
  readonly uses: readonly TrailUse[];
  readonly complete: boolean;
  readonly lastUsage?: { readonly operation: string; readonly at: string; readonly requestId?: string };
  /** Requests of the rotation itself, which proves both keys: no adoption. */
  readonly ownRequestIds: ReadonlySet<string>;
  /** Aliases and grants of the old key. */
  readonly aliases: readonly string[];
  readonly grants: readonly GrantFacts[];
  /** Names of the grants that the rotation made on the new key. */
  readonly grantsMade: readonly string[];
}

/** What is asked for, of a key of this usage. */
export const adoptionOperations = (usage: string): string[] => {
  const { making, opening } = directionOf(usage);
  return [...making, ...opening];
};

const namedBy = (name: string | undefined, operation: string): NamedBy => {
  if (name === undefined) return ['Decrypt', 'ReEncrypt'].includes(operation) ? 'ciphertext' : 'unknown';
  if (/^(arn:.*:)?alias\//.test(name)) return 'alias';
  return name.startsWith('arn:') ? 'arn' : 'key id';
};

/** Whether a use makes something new with the key. ReEncrypt opens with one key and makes with the other: which, its request says. */
function makes({ operation, named: { destinationKeyId = '' } }: TrailUse, { keyId, arn }: KeyName, aliases: readonly string[], making: readonly string[]): boolean {
  if (operation !== 'ReEncrypt') return making.includes(operation);
  return [keyId, arn].includes(destinationKeyId) || aliases.some((alias) => destinationKeyId === alias || destinationKeyId.endsWith(`:${alias}`));
}

const nameIn = ({ operation, named }: TrailUse, isMaking: boolean): NamedBy =>
  namedBy(operation !== 'ReEncrypt' ? named.keyId : isMaking ? named.destinationKeyId : named.sourceKeyId, operation);

const allNames: readonly NamedBy[] = ['alias', 'arn', 'key id', 'ciphertext', 'unknown'];

function grouped(uses: readonly TrailUse[], isMaking: boolean): AdoptionUse[] {
  const named = uses.map((use) => ({ ...use, by: nameIn(use, isMaking), principal: use.through === undefined ? use.principal : `${use.principal} through ${use.through}` }));
  const groups = allNames.flatMap((by) => groupUses(named.filter((use) => use.by === by)).map((group) => ({ ...group, namedBy: by })));
  return groups.sort((a, b) => a.principal.localeCompare(b.principal) || a.operation.localeCompare(b.operation));
}

/** What stays unseen, whatever the log says. AWS KMS Developer Guide, "monitoring-keys-determining-usage"; CloudTrail User Guide, "view-cloudtrail-events". */
function unseen(facts: AdoptionFacts): string[] {
  const { complete, since, cutoverAt, usage } = facts;
  return [
    'CloudTrail may be 15 minutes late, and what KMS says of the last use an hour.',
    ...(complete ? [] : ['CloudTrail has no event history to read here, or more than was read: principals may be missing.']),
    ...(since > cutoverAt ? [`CloudTrail keeps 90 days: what came before ${since} is unknown.`] : []),
    usage === 'ENCRYPT_DECRYPT'
      ? 'Data keys that were handed out go on working unseen.'
      : directionOf(usage).holders === 'verifiers'
        ? 'Whoever verifies with a copy of the key does so unseen.'
        : 'Whoever holds the old public key can go on using it, unseen.',
  ];
}

/** Judges adoption from what was read. Pure: the same facts give the same answer. */
export function adoptionOf(facts: AdoptionFacts): Adoption {
  const { rotationId, alias, usage, oldKey, newKey, cutoverAt, since, until, complete, lastUsage, ownRequestIds, aliases, grants, grantsMade } = facts;
  const { making } = directionOf(usage);
  const isOurs = (requestId: string | undefined): boolean => requestId !== undefined && ownRequestIds.has(requestId);
  const uses = facts.uses.filter((use) => !isOurs(use.requestId) && use.at > since);
  const ofOld = uses.filter((use) => use.keyArn === oldKey.arn);
  const madeByOld = ofOld.filter((use) => makes(use, oldKey, aliases, making));
  const openedByOld = ofOld.filter((use) => !madeByOld.includes(use));
  const nameless = isOurs(lastUsage?.requestId) ? [] : unnamedUse(ofOld, lastUsage, since).map((use): TrailUse => ({ ...use, keyArn: oldKey.arn, named: {} }));
  const stillMaking = grouped([...madeByOld, ...nameless.filter((use) => makes(use, oldKey, aliases, making))], true);
  const makers = new Set(stillMaking.map((use) => use.principal));
  const opening = grouped([...openedByOld, ...nameless.filter((use) => !makes(use, oldKey, aliases, making))], false);
  return {
    rotationId,
    alias,
    oldKeyId: oldKey.keyId,
    newKeyId: newKey.keyId,
    cutoverAt,
    since,
    until,
    stillMaking,
    onlyOpening: opening.filter((use) => !makers.has(use.principal)),
    adopted: grouped(uses.filter((use) => use.keyArn === newKey.arn && use.error === undefined && makes(use, newKey, [alias], making)), true),
    holdingOldKey: [...new Set(stillMaking.filter((use) => use.namedBy === 'arn' || use.namedBy === 'key id').map((use) => use.principal))],
    aliasesOfOldKey: [...aliases],
    grants: grants.map(({ grantId, granteePrincipal, operations }) => ({ grantId, grantee: granteePrincipal ?? 'an AWS service', operations: [...operations], carriedOver: grantsMade.includes(successorGrantName(rotationId, grantId)) })),
    evidenceComplete: complete && since <= cutoverAt,
    mind: unseen(facts),
  };
}
