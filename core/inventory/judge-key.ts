import { isoSeconds } from '../clock.ts';
import type { Exception } from '../registry/estate-schema.ts';
import { finding, type Finding, type FindingName, type Way } from './finding.ts';
import { classOf, type KeyClass } from './key-class.ts';
import { lineageTags, type ObservedKey } from './observed-key.ts';
import { exceptionsFor, ownAliases, policyFor, type ManualPolicy, type Policies } from './policies.ts';
import { renewalOf, rotationsInLife, type Renewal } from './renewal.ts';

const dayMs = 86_400_000;

/** Of the imported material of a key that the registry does not know, and of exceptions. */
export const warningDays = 30;

/** A rotation waits for people for a week or two: until then its new key has no alias. */
const rotationTakesDays = 30;

/**
 * Whoever makes a key for imported material has a day to import it: so long an import token is valid (KMS-DG "importing-keys-get-public-key-and-token").
 */
const importTakesMs = dayMs;

/** From five left on somebody should plan another way. */
const fewRotationsLeft = 5;

/** Where a key is. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  /** The role by which one looks there, where that is another account. */
  readonly roleArn?: string;
}

/** In order, not in order, excused for a time, or nobody's business (AWS's own, put aside, on its way out, disabled). */
export type Standing = 'in-order' | 'finding' | 'excused' | 'not-chased';

/** One line of an inventory. */
export interface JudgedKey {
  readonly arn: string;
  readonly key: ObservedKey;
  readonly class: KeyClass;
  readonly policy?: ManualPolicy;
  readonly renewal?: Renewal;
  readonly rotationsLeft?: number;
  readonly standing: Standing;
  readonly findings: readonly Finding[];
}

const notChased: ReadonlySet<KeyClass['class']> = new Set(['aws-managed', 'pending-deletion', 'retained', 'disabled']);

/** The partition of a Region. AWS General Reference, "Amazon Resource Names". */
export const partitionOf = (region: string): string => (region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws');

export const arnOf = ({ partition, region, accountId }: Place, keyId: string): string => `arn:${partition}:kms:${region}:${accountId}:key/${keyId}`;

/** Judges one key. Pure: the same facts at the same time give the same line. */
export function judgeKey(key: ObservedKey, place: Place, policies: Policies, nowMs: number): JudgedKey {
  const arn = arnOf(place, key.keyId);
  const its = classOf(key);
  const policy = its.class === 'manual' ? policyFor(key, policies) : undefined;
  const renewal = its.class === 'manual' ? renewalOf(key, policy) : undefined;
  const rotationsLeft = key.rotations === undefined ? undefined : rotationsInLife - key.rotations.onDemand;
  const found = notChased.has(its.class) ? [] : findingsOf({ key, way: wayTo(place, key), class: its, policies, policy, renewal, rotationsLeft, nowMs });
  const findings = found.length === 0 ? found : withExceptions(found, key.keyId, exceptionsFor(arn, key, policies), nowMs);
  return {
    arn,
    key,
    class: its,
    ...(policy === undefined ? {} : { policy }),
    ...(renewal === undefined ? {} : { renewal }),
    ...(rotationsLeft === undefined ? {} : { rotationsLeft }),
    standing: notChased.has(its.class) ? 'not-chased' : standingOf(findings),
    findings,
  };
}

function standingOf(findings: readonly Finding[]): Standing {
  const wrong = findings.filter(({ severity }) => severity !== 'notice');
  if (wrong.some(({ excused }) => excused === undefined)) return 'finding';
  return wrong.length > 0 ? 'excused' : 'in-order';
}

/** How the command line gets to the key that takes a setting. Always with a Region: nobody knows which one whoever reads it has in their shell. */
function wayTo({ region, roleArn }: Place, { description }: Pick<ObservedKey, 'description'>): Way {
  const primaryRegion = description?.primaryRegion;
  const options = ` --region ${primaryRegion ?? region}${roleArn === undefined ? '' : ` --role-arn ${roleArn}`}`;
  return { options, ...(primaryRegion === undefined ? {} : { isReplica: true }) };
}

interface Facts {
  readonly key: ObservedKey;
  readonly way: Way;
  readonly class: KeyClass;
  readonly policies: Policies;
  readonly policy: ManualPolicy | undefined;
  readonly renewal: Renewal | undefined;
  readonly rotationsLeft: number | undefined;
  readonly nowMs: number;
}

const day = (ms: number): string => isoSeconds(ms).slice(0, 10);

function findingsOf(facts: Facts): Finding[] {
  const { key, way, class: its, policies } = facts;
  const say = (name: FindingName, sentence: string): Finding => finding(name, key.keyId, sentence, way);
  switch (its.class) {
    case 'unknown':
      return [say('unreadable', `What kind of key it is cannot be told: ${its.reason}.`)];
    case 'rotation-off':
      return [say('rotation-off', 'AWS could rotate it by itself, and that is switched off.')];
    case 'rotates':
      if (policies.longestPeriodDays === undefined || its.periodDays <= policies.longestPeriodDays) return [];
      return [say('rotation-too-slow', `AWS rotates it every ${its.periodDays} days, but the policy is ${policies.longestPeriodDays}.`)];
    case 'manual':
      return manualFindings(facts, say);
    default:
      return [];
  }
}

function manualFindings({ key, policy, renewal, rotationsLeft, nowMs }: Facts, say: (name: FindingName, sentence: string) => Finding): Finding[] {
  const { state, validToMs, createdMs } = key.description ?? { state: '', createdMs: 0 };
  const findings: Finding[] = [];
  const left = key.tags[lineageTags.madeBy];
  const unused = left !== undefined && key.aliases.length === 0;
  const dueMs = renewal?.dueMs;
  // An alias of the registry leads people to it already (P2): theirs is no ceremony that is still under way.
  const isBeingMade = policy === undefined && nowMs - createdMs < importTakesMs;
  if (state === 'PendingImport' && !unused && !isBeingMade) findings.push(say('no-material', 'Its material was never imported, has expired or was deleted: nobody can use it.'));
  if (validToMs !== undefined && validToMs - nowMs <= (policy?.warningDays ?? warningDays) * dayMs) findings.push(say('material-expires', `Its material expires on ${day(validToMs)}.`));
  if (dueMs !== undefined && dueMs <= nowMs) findings.push(say('overdue', `Its rotation was due on ${day(dueMs)}.`));
  if (unused) {
    if (createdMs + rotationTakesDays * dayMs <= nowMs) findings.push(say('left-over', `Rotation ${left} made it, and no alias leads to it.`));
  } else if (policy === undefined && !key.aliases.some((alias) => ownAliases.has(alias))) findings.push(say('unregistered', 'AWS cannot rotate it by itself, and no alias of it is in the registry.'));
  if (rotationsLeft !== undefined && rotationsLeft <= 0) findings.push(say('rotations-used-up', `It has used all ${rotationsInLife} rotations that KMS allows.`));
  else if (rotationsLeft !== undefined && rotationsLeft <= fewRotationsLeft) findings.push(say('rotations-run-out', `It has ${rotationsLeft} of ${rotationsInLife} rotations left.`));
  if (dueMs !== undefined && policy !== undefined && dueMs > nowMs && dueMs - nowMs <= policy.warningDays * dayMs) findings.push(say('due-soon', `Its rotation is due on ${day(dueMs)}.`));
  return findings;
}

/** An exception excuses to the end of its last day; one that has ended excuses nothing, and the finding says so. */
function withExceptions(findings: readonly Finding[], keyId: string, exceptions: readonly Exception[], nowMs: number): Finding[] {
  if (exceptions.length === 0) return [...findings];
  const endMs = ({ until }: Exception): number => Date.parse(`${until}T00:00:00Z`) + dayMs;
  const all = findings.map((found) => {
    if (found.severity === 'notice') return found;
    const about = exceptions.filter((e) => e.findings === undefined || e.findings.some((name) => name === found.name)).sort((a, b) => endMs(b) - endMs(a));
    const [longest] = about;
    if (longest === undefined) return found;
    const { owner, reason, until } = longest;
    if (endMs(longest) > nowMs) return { ...found, excused: { owner, reason, until } };
    return { ...found, sentence: `${found.sentence} The exception of ${owner} ended on ${until}.` };
  });
  const ending = all.find(({ excused }) => excused !== undefined && Date.parse(excused.until) + dayMs - nowMs <= warningDays * dayMs)?.excused;
  return ending === undefined ? all : [...all, finding('exception-ends', keyId, `The exception of ${ending.owner} ends on ${ending.until}: ${ending.reason}.`)];
}
