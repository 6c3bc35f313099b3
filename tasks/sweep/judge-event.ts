import { z } from 'zod';
import { randomUUID } from 'node:crypto';
import { findingsOfKey } from '../../core/findings/estate-findings.ts';
import { KeyEvent, subjectOf } from '../../core/findings/key-event.ts';
import { failingKey, keptAmong, withFindingsOfKept, withOwnersOfKept, type FailingKey } from '../../core/findings/kept-keys.ts';
import { keyFacts, keyLineOf } from '../../core/findings/key-line.ts';
import type { FoundFinding } from '../../core/findings/open-finding.ts';
import { accountOfArn } from '../../core/ids.ts';
import { arnOf, judgeKey, partitionOf, type Place } from '../../core/inventory/judge-key.ts';
import { policiesOf, type Policies } from '../../core/inventory/policies.ts';
import type { KpiFact } from '../../core/kpi/facts.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { getObjectActions } from '../../store/get-object.ts';
import { describeKey } from '../../store/inventory/ask-key.ts';
import type { PacedCalls } from '../../store/inventory/paced-calls.ts';
import { readKey } from '../../store/inventory/read-key.ts';
import { ownAccount } from '../../store/own-account.ts';
import { openCalls, type Target } from '../../store/inventory/target.ts';
import { plainTask, type PlainContext } from '../task.ts';
import { accessOf } from './access.ts';
import { aliasFindings } from './alias-findings.ts';
import { lockFindings, lockFindingsActions } from './lock-findings.ts';
import { settleFindings, settleFindingsActions } from './settle-findings.ts';

/**
 * Looks anew at the keys and the aliases that an event of KMS, or a rotation that has switched or ended, is about: a finding within a minute instead of a day. The event only says where to
 * look; what is found is what KMS says now, so events may come late, twice or in any order.
 */
export const judgeEvent = plainTask({
  name: 'judge-event',
  input: KeyEvent,
  output: z.strictObject({ keys: z.int(), opened: z.int(), closed: z.int() }),
  errors: ['RegistryEmpty', 'RoleNotAssumed'],
  actions: [
    ...['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListAliases', 'kms:ListResourceTags', 'kms:ListKeyRotations', 'sts:AssumeRole'],
    ...['dynamodb:BatchGetItem', 'dynamodb:GetItem', ...getObjectActions],
    ...lockFindingsActions,
    ...settleFindingsActions,
  ],
  run: async (event, context) => {
    const subject = subjectOf(event);
    const registry = subject === undefined ? undefined : await context.store.registry.wholeIfSwept();
    if (subject === undefined || registry === undefined) return nothing;
    const own = await context.clients.kms.config.region();
    const target = await targetOf(registry, event, context);
    if (target === undefined) return nothing;
    const { keyIds, aliases, seenBy } = subject;
    const home = target.roleArn === undefined && target.region === own;
    // Rotations are at home: a fact that comes from elsewhere is not Rota's.
    if (event.source === 'rota' && !home) return nothing;
    const policies = policiesOf(registry, { home });
    const place = `${event.account}/${event.region}`;
    const where: Place = { ...target, partition: partitionOf(event.region), accountId: event.account };
    const { calls, close } = openCalls(target, accessOf(context.clients));
    try {
      const looks: OneLook[] = [];
      for (const keyId of keyIds) if (!home || !(await isMoving(keyId, context))) looks.push(await lookAt(calls, keyId, where, policies, context));
      // Of the registry's aliases: elsewhere there are none.
      const registered = new Map([...policies.registered].filter(([alias]) => aliases.includes(alias)));
      const leads = await leadsOf(calls, [...registered.keys()]);
      // A kept key has no alias, unless somebody made one; of a key with one that works, and elsewhere, nobody need read the whole ledger.
      const nameless = home ? looks.filter((l) => l.isNameless) : [];
      const failing = looks.flatMap((l) => l.fails ?? []);
      const heads = nameless.length > 0 || (home && failing.length > 0) || registered.size > 0 ? await context.store.ledger.outlines() : [];
      const ofAlias = await aliasFindings({ place, registered, leads, heads, seenBy }, context);
      const ofLocks = await lockFindings(calls, keptAmong(nameless, heads));
      const about = new Set([...looks.map((l) => l.arn), ...registered.keys()]);
      const { opened, closed } = await settleFindings(
        { place, found: withOwnersOfKept([...withFindingsOfKept(looks.flatMap((l) => l.found), failing, heads), ...ofAlias, ...ofLocks], heads, policies.registered), seenBy, covers: (open) => about.has(open.about), facts: looks.flatMap((l) => l.facts), writer: `event.${event.id}.${randomUUID()}` },
        context,
      );
      return { keys: looks.length, opened, closed };
    } finally {
      close();
    }
  },
});

const nothing = { keys: 0, opened: 0, closed: 0 } as const;

/** Where an event's account and Region are swept from; undefined where the registry does not name them, whoever sends events. */
async function targetOf({ sweep }: Registry, { account, region }: KeyEvent, { clients, names }: PlainContext): Promise<Target | undefined> {
  const there = sweep?.targets.filter((t) => t.region === region) ?? [];
  const roleArn = there.find((t) => t.roleArn !== undefined && accountOfArn(t.roleArn) === account)?.roleArn;
  if (roleArn !== undefined) return { region, roleArn };
  // What has no role is Rota's own account, where its own keys are, and no other.
  if (!there.some((t) => t.roleArn === undefined)) return undefined;
  return (await ownAccount(clients.kms, names)) === account ? { region } : undefined;
}

/**
 * Half-way through a rotation its keys look like strangers; that it has switched, or ended, is an event that looks at them again. A key that is being retired stays
 * what it was, and so does one that a rotation has put aside.
 */
async function isMoving(keyId: string, { store }: PlainContext): Promise<boolean> {
  const holder = await store.ledger.lockHolder(keyId);
  if (holder === undefined) return false;
  const head = await store.ledger.head(holder);
  return head.workflow !== 'retire' && head.keptAt === undefined;
}

interface OneLook {
  readonly keyId: string;
  readonly arn: string;
  /** There, and without an alias. */
  readonly isNameless: boolean;
  readonly found: readonly FoundFinding[];
  readonly fails?: FailingKey;
  readonly facts: readonly KpiFact[];
}

async function lookAt(calls: PacedCalls, keyId: string, where: Place, policies: Policies, { clock, now }: PlainContext): Promise<OneLook> {
  const arn = arnOf(where, keyId);
  const nowMs = clock.now();
  const key = await readKey(calls, arn, policies, nowMs);
  if (key.unanswered?.error === 'NotFoundException') return { keyId, arn, isNameless: false, found: [], facts: [{ fact: 'key-gone', at: now, keyArn: arn }] };
  const judged = judgeKey(key, where, policies, nowMs);
  const line = keyLineOf(judged);
  const fails = failingKey(judged, policies.registered, nowMs);
  return { keyId, arn, isNameless: key.aliases.length === 0, found: findingsOfKey(judged, policies.registered), ...(fails === undefined ? {} : { fails }), facts: line === undefined ? [] : keyFacts(new Map(), [line], () => arn, now) };
}

async function leadsOf(calls: PacedCalls, aliases: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const leads = new Map<string, string>();
  for (const alias of aliases) {
    const { keyId, description } = await describeKey(calls, alias);
    if (description !== undefined) leads.set(alias, keyId);
  }
  return leads;
}
