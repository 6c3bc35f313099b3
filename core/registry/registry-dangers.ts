/**
 * What a new registry makes weaker: fewer people who must agree, other people who may, less that is looked at or waited for. A change is told
 * here when somebody who could apply it might want it for the wrong reason, or might not see what follows from it.
 */
import { X509Certificate } from 'node:crypto';
import { digestOf } from '../canonical-json.ts';
import { ruleText } from '../approval/rule-text.ts';
import { seatsOf } from '../approval/seats.ts';
import { counted } from '../counted.ts';
import { deed } from '../errors.ts';
import type { Freeze } from './freeze-schema.ts';
import { Stage, type ApprovalRule, type Person, type RegisteredKey, type Registry } from './registry-schema.ts';

/** A thing as it was and as it would be; one of them is missing where it is added or dropped. */
interface Versions<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}
export type Danger<T> = (versions: Versions<T>, registries: { readonly before: Registry; readonly after: Registry }) => readonly string[];

/** A danger of something that stays. */
const ofChange =
  <T>(dangers: (before: T, after: T) => readonly (string | undefined | false)[]): Danger<T> =>
  ({ before, after }) =>
    before === undefined || after === undefined ? [] : dangers(before, after).filter((sentence): sentence is string => typeof sentence === 'string');

// Keys

type Approvals = RegisteredKey['approvals'];

/** The rule that is asked in the end: some stages go by the rule of the cutover where they have none (registry-schema.ts, Approvals). */
const ruleOf = (approvals: Approvals, stage: Stage): ApprovalRule | undefined => approvals[stage] ?? (['rollback', 'waiver', 'retire'].includes(stage) ? approvals.cutover : undefined);

const seatsIn = (rule: ApprovalRule, group: string): number => seatsOf(rule).filter((seat) => seat === group).length;

/** A seat of some group is gone, or somebody may sit on it who could not, or could not so soon. */
function isWeaker(before: ApprovalRule, after: ApprovalRule): boolean {
  if (seatsOf(before).some((group) => seatsIn(after, group) < seatsIn(before, group))) return true;
  return (after.escalation ?? []).some(({ group, to, afterSeconds }) => !(before.escalation ?? []).some((e) => e.group === group && e.to === to && e.afterSeconds <= afterSeconds));
}

function weakerRule(alias: string, from: Approvals, to: Approvals, stage: Stage): string | undefined {
  const before = ruleOf(from, stage);
  const after = ruleOf(to, stage);
  const isCutovers = from[stage] === undefined && to[stage] === undefined;
  if (before === undefined) return stage === 'emergency' && after !== undefined ? `${alias} gets an emergency road, which skips every wait: ${ruleText(after)} may open it.` : undefined;
  if (isCutovers) return undefined;
  if (after === undefined) return stage === 'start' ? `Nobody is asked any more before a rotation of ${alias} begins.` : undefined;
  return isWeaker(before, after) ? `The ${deed(stage)} of ${alias} is approved more easily: ${ruleText(before)} -> ${ruleText(after)}.` : undefined;
}

/** A certificate by its subject and the beginning of its fingerprint, SHA-256. */
export const certificateText = (pem: string): string => {
  const { subject, fingerprint256 } = new X509Certificate(pem);
  return `${subject.replaceAll('\n', ', ')} (${fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()})`;
};

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

function escrowDangers(before: RegisteredKey, after: RegisteredKey): string[] {
  const old = before.escrow?.recoveryCertificates ?? [];
  const now = after.escrow?.recoveryCertificates ?? [];
  const lacks = (list: readonly string[], pem: string): boolean => !list.some((other) => fingerprintOf(other) === fingerprintOf(pem));
  return [
    ...now.filter((pem) => lacks(old, pem)).map((pem) => `Whoever holds the key of ${certificateText(pem)} can recover all material that is made for ${after.alias} from now on.`),
    ...old.filter((pem) => lacks(now, pem)).map((pem) => `The holder of ${certificateText(pem)} can recover no material that is made for ${after.alias} from now on.`),
  ];
}

type Asymmetric = Extract<RegisteredKey, { method: 'asymmetric' }>;

const requiredOf = ({ consumers }: Asymmetric): string[] => consumers.filter((c) => c.acknowledges === 'required').map((c) => c.name);

/** How many of a group a rotation waits for. */
function waitedFor({ consumers, acknowledgement }: Asymmetric, group: string): number {
  const members = consumers.filter((c) => c.group === group && c.acknowledges === 'required').length;
  const count = acknowledgement.find((rule) => rule.group === group)?.count ?? 'all';
  return count === 'all' ? members : count;
}

/** What a rotation no longer waits for, or for less time; and where it no longer publishes. */
function rolloverDangers(before: RegisteredKey, after: RegisteredKey): string[] {
  if (before.method !== 'asymmetric' || after.method !== 'asymmetric') return [];
  const { alias } = after;
  const released = requiredOf(before).filter((name) => !requiredOf(after).includes(name));
  const groups = [...new Set(before.consumers.filter((c) => !released.includes(c.name)).map((c) => c.group))].filter((group) => waitedFor(after, group) < waitedFor(before, group));
  const withoutTarget = before.publication.targets.filter(({ name }) => !after.publication.targets.some((t) => t.name === name)).map(({ name }) => name);
  const elsewhere = after.publication.targets.filter((target) => {
    const old = before.publication.targets.find((t) => t.name === target.name);
    return old !== undefined && digestOf(old) !== digestOf(target);
  });
  const seconds = (value: number | 'unbounded'): number => (value === 'unbounded' ? Number.POSITIVE_INFINITY : value);
  const shorter = (Object.keys(before.rollover) as (keyof Asymmetric['rollover'])[]).filter((name) => seconds(after.rollover[name]) < seconds(before.rollover[name]));
  return [
    ...released.map((name) => `Rotations of ${alias} no longer wait for ${name} to have the new key.`),
    ...groups.filter((group) => !before.consumers.some((c) => c.group === group && released.includes(c.name))).map((group) => `Rotations of ${alias} wait for ${waitedFor(after, group)} of ${group}, not for ${waitedFor(before, group)}.`),
    ...withoutTarget.map((name) => `Keys of ${alias} are no longer published at ${name}: whoever reads there keeps the old one.`),
    ...elsewhere.map(({ name }) => `Keys of ${alias} are published at another place under the name ${name}: whoever reads at the old one keeps what is there.`),
    ...shorter.map((name) => `Rotations of ${alias} take ${name} to be ${after.rollover[name]}, not ${before.rollover[name]}: what is not true of every consumer breaks them.`),
  ];
}

/** For how many seconds an old key must be quiet. */
const gateOf = (key: RegisteredKey): number => (key.method === 'new-key' ? (key.adoption?.quietSeconds ?? 0) : 0);

export const keyDangers: readonly Danger<RegisteredKey>[] = [
  ({ before, after }) => (before === undefined || after !== undefined ? [] : [`Rota no longer rotates ${before.alias} nor says when it is due; a rotation under way ends as failed, and the keys it left cannot be retired.`]),
  ofChange((before, after) => Stage.options.map((stage) => weakerRule(after.alias, before.approvals, after.approvals, stage))),
  ofChange((before, after) => [
    before.breakGlassRoleArn !== after.breakGlassRoleArn && `${after.breakGlassRoleArn} alone may disable or delete the keys that ${after.alias} leaves from now on; those left before obey ${before.breakGlassRoleArn}.`,
    before.method !== after.method && `${after.alias} is rotated by another method: ${before.method} -> ${after.method}.`,
    before.schedule.cryptoperiodDays < after.schedule.cryptoperiodDays && `${after.alias} is due less often: every ${counted(after.schedule.cryptoperiodDays, 'day')}, not ${before.schedule.cryptoperiodDays}.`,
    before.schedule.starts !== 'when-due' && after.schedule.starts === 'when-due' && `Rotations of ${after.alias} start by themselves when they are due.`,
    gateOf(after) < gateOf(before) && `Rotations of ${after.alias} count as complete ${gateOf(after) === 0 ? 'whoever still uses the old key' : `when the old key was quiet for ${gateOf(after)} s, not ${gateOf(before)}`}.`,
    before.retirement.denySeconds + before.retirement.watchSeconds > after.retirement.denySeconds + after.retirement.watchSeconds && `Old keys of ${after.alias} are watched for less time before they count as out of use.`,
  ]),
  ofChange(escrowDangers),
  ofChange(rolloverDangers),
];

// People

/** The groups whose people decide on something, or may in time, with the aliases. */
function deciding({ keys }: Registry): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { alias, approvals } of keys) {
    const rules = Stage.options.flatMap((stage) => approvals[stage] ?? []);
    const groups = new Set(rules.flatMap(({ all, escalation = [] }) => [...all.map((seat) => seat.group), ...escalation.map((e) => e.to)]));
    for (const group of groups) found.set(group, [...(found.get(group) ?? []), alias]);
  }
  return found;
}

export const personDangers: readonly Danger<Person>[] = [
  ofChange((before, after) => [before.arn !== after.arn && `Whoever signs as ${after.arn} speaks as ${after.id} from now on, and decides as ${after.id}.`]),
  ({ before, after }) => (after?.roles.includes('platform') === true && before?.roles.includes('platform') !== true ? [`${after.id} may apply registries, and so change every rule.`] : []),
  ({ before, after }, registries) => {
    const rules = deciding(registries.after);
    const joined = (after?.groups ?? []).filter((group) => before?.groups.includes(group) !== true && rules.has(group));
    return joined.map((group) => `${after?.id ?? ''} joins ${group}, and may approve what is asked of it for ${(rules.get(group) ?? []).join(', ')}.`);
  },
];

// Freezes and the estate

const narrower = <T>(before: readonly T[] | undefined, after: readonly T[] | undefined): boolean => after !== undefined && (before === undefined || before.some((item) => !after.includes(item)));

export const freezeDangers: readonly Danger<Freeze>[] = [
  ({ before, after }) => (before !== undefined && after === undefined ? [`Nothing is held any more in ${before.name} (${before.reason}).`] : []),
  ofChange((before, after) => [(narrower(before.holds, after.holds) || narrower(before.aliases, after.aliases)) && `${after.name} holds less than before.`]),
  ({ before, after }) => (['rollback', 'emergency'] as const).filter((stage) => after?.holds.includes(stage) === true && before?.holds.includes(stage) !== true).map((stage) => `${after?.name ?? ''} holds even ${stage === 'rollback' ? 'going back' : 'an emergency'}.`),
];

type Sweep = NonNullable<Registry['sweep']>;
const placeOf = ({ region, roleArn }: Sweep['targets'][number]): string => (roleArn === undefined ? region : `${region} as ${roleArn}`);

export const sweepDangers: readonly Danger<Sweep>[] = [
  ({ before, after }) => (before !== undefined && after === undefined ? ['Nobody looks at the keys every day any more: no findings, no rotations that start when due.'] : []),
  ofChange((before, after) => before.targets.map(placeOf).filter((place) => !after.targets.map(placeOf).includes(place)).map((place) => `Nobody looks at the keys of ${place} any more.`)),
  ({ before, after }) => (after?.remedy === 'enable' && before?.remedy !== 'enable' ? ['The sweep changes keys by itself: it switches automatic rotation on.'] : []),
];

export const policyDangers: readonly Danger<NonNullable<Registry['automaticRotation']>>[] = [
  ({ before, after }) => (before !== undefined && (after?.periodDays ?? Number.POSITIVE_INFINITY) > before.periodDays ? ['Keys that AWS rotates may do so less often and count as in order.'] : []),
];
