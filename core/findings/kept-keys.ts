import type { Json } from '../canonical-json.ts';
import { isoSeconds, secondsPerDay } from '../clock.ts';
import { regionOfArn } from '../ids.ts';
import { finding, type FindingName } from '../inventory/finding.ts';
import { warningDays, type JudgedKey } from '../inventory/judge-key.ts';
import { goes } from '../inventory/key-class.ts';
import { lineageTags, type Unanswered } from '../inventory/observed-key.ts';
import { deniesOfRetention, retentionLock } from '../plan/key-policy.ts';
import type { RetirePlan, RollbackPlan, RotationPlan } from '../plan/plan.ts';
import { aboutKey, type AboutKey, type Registered } from './estate-findings.ts';
import type { FoundFinding } from './open-finding.ts';

/** An old key that a rotation has put aside, and the lock that Rota has put into its policy. */
export interface KeptKey {
  readonly rotationId: string;
  /** Whom a lock of Rota's on this key may let through: the role of the rotation, or of a retirement since. */
  readonly breakGlassRoleArns: readonly string[];
  /** A retirement is under way, which sets the lock ajar for the moment in which it disables the key. */
  readonly mayBeAjar: boolean;
  /** A retirement disables it, or has done so, as people approved. */
  readonly isRetired: boolean;
}

interface Rotation {
  readonly rotationId: string;
  readonly requestedAt: string;
  readonly outcome?: string;
  /** Since when its old key has the lock. A rotation may go on for weeks after: until that key is quiet, or drained. */
  readonly keptAt?: string;
  readonly rolledBackBy?: string;
  readonly plan?: Pick<RollbackPlan, 'stage'> | (Pick<RotationPlan, 'alias' | 'aliases' | 'owner' | 'breakGlassRoleArn'> & { readonly oldKey: Pick<RotationPlan['oldKey'], 'keyId'> });
  readonly retirePlan?: Pick<RetirePlan, 'keyId' | 'breakGlassRoleArn'>;
  /** Of a retirement: since when its key may be Disabled by it. */
  readonly disablesAt?: string;
}

/**
 * What the ledger says of old keys, by key id: tags may be taken off with the lock, the ledger may not. A key whose rotation was put back, or has not
 * locked it yet, is not kept.
 */
export function keptKeys(ledger: readonly Rotation[]): ReadonlyMap<string, KeptKey> {
  const kept = new Map<string, KeptKey>();
  for (const { rotationId, outcome, keptAt, rolledBackBy, plan, retirePlan, disablesAt } of [...ledger].sort(inTime)) {
    const before = retirePlan === undefined ? undefined : kept.get(retirePlan.keyId);
    if (retirePlan !== undefined && before !== undefined) {
      const isRetired = outcome === 'complete' || (outcome === undefined && disablesAt !== undefined);
      kept.set(retirePlan.keyId, { ...before, breakGlassRoleArns: [...before.breakGlassRoleArns, retirePlan.breakGlassRoleArn], mayBeAjar: outcome === undefined, isRetired });
    }
    const isKept = outcome === 'complete' || (outcome === undefined && keptAt !== undefined);
    if (plan === undefined || 'stage' in plan || !isKept) continue;
    if (rolledBackBy === undefined) kept.set(plan.oldKey.keyId, { rotationId, breakGlassRoleArns: [plan.breakGlassRoleArn], mayBeAjar: false, isRetired: false });
    else kept.delete(plan.oldKey.keyId);
  }
  return kept;
}

/** Of keys that no alias leads to those that are kept, by ARN. */
export function keptAmong(nameless: readonly { readonly keyId: string; readonly arn: string }[], ledger: readonly Rotation[]): ReadonlyMap<string, KeptKey> {
  const kept = keptKeys(ledger);
  return new Map(
    nameless.flatMap(({ keyId, arn }): [string, KeptKey][] => {
      const key = kept.get(keyId);
      return key === undefined ? [] : [[arn, key]];
    }),
  );
}

/** Oldest first. In one second, which is as exact as the ledger says it, a key is put aside before it is retired. */
const inTime = (a: Rotation, b: Rotation): number => a.requestedAt.localeCompare(b.requestedAt) || Number(a.retirePlan !== undefined) - Number(b.retirePlan !== undefined);

/** A key that may be lost, or out of use: what of it counts if it is a kept one. */
export interface FailingKey {
  readonly keyId: string;
  readonly state: string;
  /** Where its material is soon gone. Epoch milliseconds. */
  readonly validToMs?: number;
  /** The rotation that its tag names. */
  readonly taggedFor?: string;
  readonly about: AboutKey;
}

/** The key, if it is on its way out, Disabled, without material or soon to be. */
export function failingKey(judged: JudgedKey, registered: Registered, nowMs: number): FailingKey | undefined {
  const { key } = judged;
  const { state, validToMs } = key.description ?? { state: '' };
  const expires = validToMs !== undefined && validToMs - nowMs <= warningDays * secondsPerDay * 1000;
  if (!goes(state) && state !== 'Disabled' && state !== 'PendingImport' && !expires) return undefined;
  const taggedFor = key.tags[lineageTags.keptFor];
  return { keyId: key.keyId, state, ...(expires ? { validToMs } : {}), ...(taggedFor === undefined ? {} : { taggedFor }), about: aboutKey(judged, registered) };
}

/**
 * What is wrong with a kept key itself (P3). The ledger says that it is one: whoever takes off the tag hides nothing. The tag alone does for a deletion, and for the
 * material of a key without an alias; it cannot tell whether a retirement has disabled the key.
 */
function findingOfKept({ keyId, state, validToMs, taggedFor, about }: FailingKey, kept: KeptKey | undefined): FoundFinding | undefined {
  const keptFor = kept?.rotationId ?? (goes(state) || about.aliases === undefined ? taggedFor : undefined);
  if (keptFor === undefined) return undefined;
  const say = (name: FindingName, but: string): FoundFinding => ({
    ...finding(name, keyId, `It is kept for what it made before rotation ${keptFor}, but ${but}.`, { options: ` --region ${regionOfArn(about.about)}` }),
    ...about,
    keptFor,
  });
  if (goes(state)) return say('retained-key-goes', 'its deletion is scheduled');
  if (state === 'PendingImport') return say('no-material', 'its material has expired or was deleted');
  if (state === 'Disabled' && kept !== undefined && !kept.isRetired) return say('retained-key-disabled', 'it is Disabled, and no retirement has done that');
  return validToMs === undefined ? undefined : say('material-expires', `its material expires on ${isoSeconds(validToMs).slice(0, 10)}`);
}

/** The findings that keys have by themselves, with those of kept keys in the place of what said the same in other words; an exception to that holds. */
export function withFindingsOfKept(found: readonly FoundFinding[], failing: readonly FailingKey[], ledger: readonly Rotation[]): FoundFinding[] {
  if (failing.length === 0) return [...found];
  const kept = keptKeys(ledger);
  const nameOf = ({ name, about }: FoundFinding): string => `${name} ${about}`;
  const own = new Map(found.map((one) => [nameOf(one), one]));
  for (const key of failing) {
    const one = findingOfKept(key, kept.get(key.keyId));
    if (one === undefined) continue;
    const excused = own.get(nameOf(one))?.excused;
    own.set(nameOf(one), excused === undefined ? one : { ...one, excused });
  }
  return [...own.values()];
}

/** What is wrong with the lock of a kept key (P3). `policy` is what GetKeyPolicy answered, or that it did not. */
export function findingOfLock(arn: string, { rotationId, breakGlassRoleArns, mayBeAjar }: KeptKey, policy: { readonly answer: Json } | { readonly unanswered: Unanswered }): FoundFinding | undefined {
  const keyId = arn.slice(arn.lastIndexOf('/') + 1);
  if ('unanswered' in policy) {
    const { operation, error } = policy.unanswered;
    // What is not there any more has no lock to lose.
    if (error === 'NotFoundException') return undefined;
    return { ...finding('unreadable', keyId, `Whether it still has its retention lock cannot be told: ${operation} ended with ${error}.`), about: arn, keptFor: rotationId };
  }
  const open = retentionLock(mayBeAjar).filter((action) => !deniesOfRetention(policy.answer, breakGlassRoleArns).has(action));
  if (open.length === 0) return undefined;
  return { ...finding('retained-key-unlocked', keyId, `It is kept for what it made before rotation ${rotationId}, but its policy no longer denies ${open.join(', ')} to all but ${breakGlassRoleArns.at(-1) ?? ''}.`), about: arn, keptFor: rotationId };
}

/**
 * The same findings, and with those about kept keys who answers for what such a key has made. No alias leads to it: its owner is that of an alias which its rotation moved
 * away from it; where the registry has none of these any more, whoever answered for it when it was put aside.
 */
export function withOwnersOfKept(found: readonly FoundFinding[], ledger: readonly Pick<Rotation, 'rotationId' | 'plan'>[], registered: ReadonlyMap<string, { readonly owner: string }>): FoundFinding[] {
  const plans = new Map(ledger.map(({ rotationId, plan }) => [rotationId, plan]));
  const ownerAfter = (keptFor: string): string | undefined => {
    const plan = plans.get(keptFor);
    if (plan === undefined || 'stage' in plan) return undefined;
    const alias = [plan.alias, ...plan.aliases.map((moved) => moved.alias)].find((name) => registered.has(name));
    return alias === undefined ? plan.owner : registered.get(alias)?.owner;
  };
  return found.map((one) => {
    const owner = one.owner ?? (one.keptFor === undefined ? undefined : ownerAfter(one.keptFor));
    return owner === undefined ? one : { ...one, owner };
  });
}
