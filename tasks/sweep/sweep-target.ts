import { randomUUID } from 'node:crypto';
import { isoSeconds } from '../../core/clock.ts';
import { findingsOfKey } from '../../core/findings/estate-findings.ts';
import { failingKey, keptAmong, withFindingsOfKept, withOwnersOfKept, type FailingKey } from '../../core/findings/kept-keys.ts';
import { keyFacts, keyLineOf, type KeyLine } from '../../core/findings/key-line.ts';
import type { FoundFinding } from '../../core/findings/open-finding.ts';
import { arnOf } from '../../core/inventory/judge-key.ts';
import { policiesOf, type Policies } from '../../core/inventory/policies.ts';
import { materialSinceMs } from '../../core/inventory/renewal.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { announceFact } from '../../store/events.ts';
import { getObjectActions } from '../../store/get-object.ts';
import { enableRotation } from '../../store/inventory/enable-rotation.ts';
import { sweep } from '../../store/inventory/sweep.ts';
import { openCalls, type Target } from '../../store/inventory/target.ts';
import type { RotationOutline } from '../../store/ledger-table.ts';
import { plainTask, type PlainContext } from '../task.ts';
import { accessOf } from './access.ts';
import { aliasFindings } from './alias-findings.ts';
import { lockFindings, lockFindingsActions } from './lock-findings.ts';
import { settleFindings, settleFindingsActions } from './settle-findings.ts';
import { SweepTarget, SweptTarget } from './targets.ts';

/** Looks at every key of one account and Region, and brings findings and records in line with what it saw. Repeated, it changes nothing more. */
export const sweepTarget = plainTask({
  name: 'sweep-target',
  input: SweepTarget,
  output: SweptTarget,
  errors: ['RegistryEmpty', 'RoleNotAssumed'],
  actions: [
    ...['kms:ListKeys', 'kms:ListAliases', 'kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations', 'kms:EnableKeyRotation', 'tag:GetResources', 'sts:AssumeRole'],
    ...['dynamodb:BatchGetItem', 'dynamodb:GetItem', ...getObjectActions],
    ...lockFindingsActions,
    ...settleFindingsActions,
  ],
  run: async ({ sweepId, region, roleArn }, context) => {
    const { store, clients, now } = context;
    const target: Target = { region, ...(roleArn === undefined ? {} : { roleArn }) };
    const registry = await store.registry.whole();
    const home = roleArn === undefined && region === (await clients.kms.config.region());
    const policies = policiesOf(registry, { home });
    const seen = await look(target, policies, context);
    const { place, lines, without } = seen;
    const before = new Map((await store.records.keys(place)).map((line) => [line.keyId, line]));
    const seenBy = `sweep ${sweepId}`;
    // Rota rotates, and so has aliases and keeps keys, where it is at home.
    const heads = home ? await store.ledger.outlines() : [];
    const aliases = await aliasFindings({ place, registered: policies.registered, leads: seen.leads, heads, seenBy }, context);
    const locks = await lookAtLocks(target, seen, heads, context);
    const settled = await settleFindings(
      { place, found: withOwnersOfKept([...withFindingsOfKept(seen.found, seen.failing, heads), ...aliases, ...locks], heads, policies.registered), seenBy, covers: openedBefore(now), facts: keyFacts(before, lines, seen.arnOf, now), writer: `${sweepId}.${place.replace('/', '.')}.${randomUUID()}` },
      context,
    );
    const enabled = without.length === 0 ? [] : await remedy(registry, { target, place, without }, context);
    // Told before it was mended, so that the time until it was mended counts.
    const mended = new Set(enabled);
    const after = lines.map((line): KeyLine => (mended.has(line.keyId) ? { ...line, rotation: 'on', class: 'rotates', standing: 'in-order' } : line));
    if (enabled.length > 0) {
      const later = { ...context, now: isoSeconds(context.clock.now()) };
      const arns = new Set(enabled.map(seen.arnOf));
      const facts = keyFacts(new Map(lines.map((line) => [line.keyId, line])), after, seen.arnOf, later.now);
      await settleFindings({ place, found: [], seenBy: `remedy of ${sweepId}`, covers: ({ name, about }) => arns.has(about) && ofRotation.has(name), facts, writer: `${sweepId}.remedy.${randomUUID()}` }, later);
    }
    if (home) await store.records.putMaterials({ sweptAt: now, sinceAtOfAlias: seen.sinceAtOfAlias });
    await store.records.putKeys(place, after);
    await store.records.putSummary({ place, sweptAt: now, byClass: countsOf(after) });
    return { ...target, place, sweptAt: now, keys: lines.length, opened: settled.opened, closed: settled.closed + enabled.length, open: settled.open - enabled.length, enabled: enabled.length };
  },
});

/** What an event has found since this sweep began to look, the sweep may have looked at before it was so. */
const openedBefore =
  (began: string) =>
  ({ openedAt }: { readonly openedAt: string }): boolean =>
    openedAt < began;

function countsOf(lines: readonly KeyLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { class: its } of lines) counts[its] = (counts[its] ?? 0) + 1;
  return counts;
}

const ofRotation: ReadonlySet<string> = new Set(['rotation-off', 'rotation-too-slow']);

interface Look {
  readonly place: string;
  readonly lines: readonly KeyLine[];
  readonly found: readonly FoundFinding[];
  readonly failing: readonly FailingKey[];
  /** Keys that could rotate by themselves and do not, or not often enough. */
  readonly without: readonly string[];
  readonly leads: ReadonlyMap<string, string>;
  /** Since when the material is there that a registered alias leads to. */
  readonly sinceAtOfAlias: Readonly<Record<string, string>>;
  readonly arnOf: (keyId: string) => string;
}

async function look(target: Target, policies: Policies, { clients, clock }: PlainContext): Promise<Look> {
  const lines: KeyLine[] = [];
  const found: FoundFinding[] = [];
  const failing: FailingKey[] = [];
  const nowMs = clock.now();
  const without: string[] = [];
  const leads = new Map<string, string>();
  const sinceAtOfAlias: Record<string, string> = {};
  let partition = 'aws';
  const { accountId } = await sweep(target, { ...accessOf(clients), policies, allRotations: false, lastUse: false, nowMs }, (judged) => {
    const { key, arn, findings } = judged;
    partition = arn.split(':')[1] ?? partition;
    for (const alias of key.aliases) leads.set(alias, key.keyId);
    const sinceMs = materialSinceMs(judged);
    if (sinceMs !== undefined) for (const alias of key.aliases) if (policies.registered.has(alias)) sinceAtOfAlias[alias] = isoSeconds(sinceMs);
    const line = keyLineOf(judged);
    if (line !== undefined) lines.push(line);
    found.push(...findingsOfKey(judged, policies.registered));
    const fails = failingKey(judged, policies.registered, nowMs);
    if (fails !== undefined) failing.push(fails);
    // A replica follows its primary key, which has a finding of its own.
    if (key.description?.multiRegion !== 'REPLICA' && findings.some((f) => f.excused === undefined && ofRotation.has(f.name))) without.push(key.keyId);
  });
  const { region } = target;
  return { place: `${accountId}/${region}`, lines, found, failing, without, leads, sinceAtOfAlias, arnOf: (keyId) => arnOf({ partition, accountId, region }, keyId) };
}

/** A key that an alias leads to again serves people; that it does is a finding of its own, where nobody accepted it. */
async function lookAtLocks(target: Target, { lines, arnOf }: Look, heads: readonly RotationOutline[], { clients }: PlainContext): Promise<FoundFinding[]> {
  const nameless = lines.filter(({ aliases }) => aliases.length === 0).map(({ keyId }) => ({ keyId, arn: arnOf(keyId) }));
  const kept = keptAmong(nameless, heads);
  if (kept.size === 0) return [];
  const { calls, close } = openCalls(target, accessOf(clients));
  try {
    return await lockFindings(calls, kept);
  } finally {
    close();
  }
}

interface Lacking {
  readonly target: Target;
  readonly place: string;
  readonly without: readonly string[];
}

/** Does what the registry says about keys without rotation. Answers the keys that rotate now. */
async function remedy({ sweep: settings, automaticRotation }: Registry, { target, place, without }: Lacking, context: PlainContext): Promise<string[]> {
  const periodDays = automaticRotation?.periodDays ?? 365;
  if (settings?.remedy === 'propose')
    await announceFact(context, 'Rota Rotation Proposed', { place, keys: without.length, keyIds: without.slice(0, 100), command: `rota enable-rotation --all --apply --region ${target.region}${target.roleArn === undefined ? '' : ` --role-arn ${target.roleArn}`} --period-days ${periodDays}` });
  if (settings?.remedy !== 'enable') return [];
  const enabled: string[] = [];
  const { calls, close } = openCalls(target, accessOf(context.clients));
  try {
    for await (const { key, outcome } of enableRotation(calls, without, { periodDays, apply: true })) if (outcome === 'enabled' || outcome === 'shortened') enabled.push(key);
  } finally {
    close();
  }
  return enabled;
}
