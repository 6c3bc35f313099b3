import type { Evaluation, PutEvaluationsCommand } from '@aws-sdk/client-config-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRotaError } from '../../core/errors.ts';
import { configRuleNames, configRules, type ConfigRuleName } from '../../core/inventory/config-rule.ts';
import { findingKinds, type FindingName } from '../../core/inventory/finding.ts';
import { excusable } from '../../core/registry/estate-schema.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { defaultNames, makeClients, type Clients } from '../../store/clients.ts';
import { setUp } from '../../store/set-up.ts';
import { makeStore } from '../../store/store.ts';
import { judgeForConfig } from '../../tasks/config/judge-for-config.ts';
import { sweepTarget } from '../../tasks/sweep/sweep-target.ts';
import { runPlainTask, type Deps } from '../../tasks/task.ts';
import { accountId, admin, options, region } from '../embedded-options.ts';
import { estate, writeEstates, type EstateKey, type EstateOptions } from '../estate/estate.ts';

const nowMs = Date.now();
const whole: EstateOptions = { count: 1000, accountId, region, nowMs };
/** At most so many of a list of which the same is true. */
const alike = (few: number) => (k: EstateKey, i: number, all: readonly EstateKey[]): boolean =>
  all.slice(0, i).filter(({ truth, registered }) => JSON.stringify([truth, registered]) === JSON.stringify([k.truth, k.registered])).length < few;
const keys: readonly EstateKey[] = [...estate(whole)].filter(alike(6));
const size: EstateOptions = { ...whole, only: ({ key }) => keys.some((k) => k.key.id === key.id) };
/** In the registry: two of each kind that may be, so that others of the same kind are strangers. */
const known: ReadonlyMap<string, string> = new Map(keys.filter((k) => k.registered).filter(alike(2)).map(({ key, aliases }) => [key.id, aliases[0] ?? '']));
const asked = '2026-11-27T04:30:15.123Z';

let folder: string;
let aws: EmbeddedAws;
let clients: Clients & { destroy(): void };
let deps: Deps;

/**
 * The embedded AWS has no Config: nothing of Rota reads from it, and a server of its own would serve this one call, which only keeps what it is told.
 */
function configThatKeeps(): { readonly deps: Deps; readonly calls: (PutEvaluationsCommand['input'] & { readonly Evaluations: readonly Evaluation[] })[]; refuses: boolean } {
  const calls: (PutEvaluationsCommand['input'] & { readonly Evaluations: readonly Evaluation[] })[] = [];
  const kept = {
    calls,
    refuses: false,
    deps: {
      ...deps,
      clients: Object.create(clients, {
        config: {
          value: {
            send: ({ input }: PutEvaluationsCommand) => {
              calls.push({ ...input, Evaluations: input.Evaluations ?? [] });
              return Promise.resolve({ FailedEvaluations: kept.refuses ? input.Evaluations?.slice(0, 3) : [] });
            },
          },
        },
      }) as Clients,
    },
  };
  return kept;
}

const event = (rule: string, more: object = {}, invoking: object = {}): object => ({
  version: '1.0',
  accountId,
  resultToken: 'token-1',
  eventLeftScope: false,
  configRuleName: `rota-${rule}`,
  executionRoleArn: `arn:aws:iam::${accountId}:role/config`,
  ruleParameters: JSON.stringify({ rule }),
  invokingEvent: JSON.stringify({ awsAccountId: accountId, notificationCreationTime: asked, messageType: 'ScheduledNotification', recordVersion: '1.0', ...invoking }),
  ...more,
});

type Said = ReadonlyMap<string, { readonly verdict: string; readonly annotation: string }>;
const answered = new Map<ConfigRuleName, Said>();

/** What Config was told of each key; each rule is asked once. */
async function told(rule: ConfigRuleName): Promise<Said> {
  const before = answered.get(rule);
  if (before !== undefined) return before;
  const config = configThatKeeps();
  await runPlainTask(judgeForConfig, event(rule), config.deps);
  const says: Said = new Map(config.calls.flatMap((c) => c.Evaluations).map((e) => [e.ComplianceResourceId ?? '', { verdict: e.ComplianceType ?? '', annotation: e.Annotation ?? '' }]));
  answered.set(rule, says);
  return says;
}

/** Overdue, and in the registry; an exception excuses it. */
const excusedId = keys.find((k) => k.truth.findings.includes('overdue') && known.has(k.key.id))?.key.id ?? '';

const approver = (id: string): Parameters<typeof paymentsRegistry>[0][number] => ({ id, name: id, arn: `arn:aws:iam::${accountId}:user/${id}`, roles: ['approver'], groups: ['security'] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-config-'));
  await writeEstates(folder, [size]);
  aws = await startEmbeddedAws(options(folder));
  clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  deps = { clock: aws.clock, clients, names: defaultNames, store: makeStore(clients, defaultNames), movedClockSeconds: () => 0 };
  await setUp(clients, defaultNames, {});
  const { keys: registered, ...registry }: Registry = paymentsRegistry(['alice', 'bob'].map(approver), makeRecoveryCertificate('Recovery officer').certificatePem, accountId);
  const [like] = registered;
  if (like === undefined) throw new Error('the cast has no key');
  const due = { cryptoperiodDays: 365, warningDays: 30 };
  const all = [...known.values()].map((alias) => ({ ...like, alias, schedule: due }));
  const excused = { key: `arn:aws:kms:${region}:${accountId}:key/${excusedId}`, owner: 'payments-owners', reason: 'moves to the new ledger in May', until: '2999-12-31' };
  await deps.store.registry.apply({ ...registry, keys: all, exceptions: [excused], automaticRotation: { periodDays: 180 }, sweep: { targets: [{ region }], remedy: 'alert' } }, 'test', asked);
}, 120_000);

afterAll(async () => {
  clients.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

describe('what the rules say of every kind of key', () => {
  const idsOf = (where: (key: EstateKey) => boolean): string[] => keys.filter(where).map((k) => k.key.id).sort();
  const having = (verdict: string, of: Said): string[] => [...of].filter(([id, v]) => v.verdict === verdict && keys.some((k) => k.key.id === id)).map(([id]) => id).sort();
  const found = (...names: string[]) => ({ truth }: EstateKey): boolean => truth.findings.some((f) => names.includes(f));

  test('automatic rotation: of those that AWS can rotate, those that are off or slower than 180 days', async () => {
    const says = await told('automatic-rotation');
    const its = (k: EstateKey): string => k.truth.class;
    expect(having('NON_COMPLIANT', says)).toEqual(idsOf((k) => its(k) === 'rotation-off' || (its(k) === 'rotates' && (k.truth.periodDays ?? 0) > 180)));
    expect(having('COMPLIANT', says)).toEqual(idsOf((k) => its(k) === 'rotates' && (k.truth.periodDays ?? 0) <= 180));
    // AWS's own, imported, asymmetric and HMAC keys, those that wait for deletion and those put aside: nothing to say.
    expect(having('NOT_APPLICABLE', says)).toEqual(idsOf((k) => !['rotates', 'rotation-off'].includes(its(k))));
  });

  test('manual rotation: in time is compliant, an exception is too, AWS cannot rotate the rest', async () => {
    const says = await told('manual-rotation');
    const wrong = found('unregistered', 'overdue', 'rotations-used-up');
    const stranger = ({ truth, key }: EstateKey): boolean => truth.class === 'manual' && !known.has(key.id);
    expect(having('NON_COMPLIANT', says)).toEqual(idsOf((k) => (wrong(k) || stranger(k)) && k.key.id !== excusedId));
    expect(having('COMPLIANT', says)).toEqual(idsOf((k) => k.truth.class === 'manual' && !((wrong(k) || stranger(k)) && k.key.id !== excusedId)));
    expect(having('NOT_APPLICABLE', says)).toEqual(idsOf((k) => k.truth.class !== 'manual'));
    expect(says.get(excusedId)).toEqual({ verdict: 'COMPLIANT', annotation: 'Excused until 2999-12-31 by payments-owners: moves to the new ledger in May' });
    // Rota's own three are in the same account: two that nobody may register, one that AWS rotates.
    const own = [...says].filter(([id]) => !keys.some((k) => k.key.id === id)).map(([, v]) => `${v.verdict} ${v.annotation}`);
    expect(own.sort()).toEqual(["COMPLIANT One of Rota's own keys: what it signs names it, and no registry has it.", "COMPLIANT One of Rota's own keys: what it signs names it, and no registry has it.", 'NOT_APPLICABLE AWS rotates it.']);
  });

  test('imported material: gone, or about to expire', async () => {
    const says = await told('imported-material');
    const imported = ({ truth }: EstateKey): boolean => truth.why === 'imported';
    const wrong = found('no-material', 'material-expires');
    expect(having('NON_COMPLIANT', says)).toEqual(idsOf((k) => imported(k) && wrong(k)));
    expect(having('COMPLIANT', says)).toEqual(idsOf((k) => imported(k) && !wrong(k)));
    expect(having('NOT_APPLICABLE', says)).toEqual(idsOf((k) => !imported(k)));
  });

  test('together they say what the sweep says, in its words', async () => {
    await runPlainTask(sweepTarget, { sweepId: 'one', region }, deps);
    const open = (await deps.store.findings.ofPlace(`${accountId}/${region}`)).filter((f) => f.severity !== 'notice' && f.about.startsWith('arn:'));
    // The sweep names the aliases first.
    const bySweep = open.map((f) => `${f.about.split('/')[1] ?? ''} ${f.sentence.replace(/^alias\/.*?: /, '')}`).sort();
    const byRules: string[] = [];
    for (const rule of configRuleNames) for (const [id, { verdict, annotation }] of await told(rule)) if (verdict === 'NON_COMPLIANT') byRules.push(`${id} ${annotation}`);
    expect(byRules.sort()).toEqual(bySweep);
    expect(bySweep.length).toBeGreaterThan(30);
  });
});

test('every finding about a key that can be excused is one rule\'s to tell, and no other is', () => {
  const told_ = configRuleNames.flatMap((rule): readonly FindingName[] => configRules[rule].tells);
  expect([...told_].sort()).toEqual([...excusable].sort());
  for (const name of told_) expect(findingKinds[name].severity).not.toBe('notice');
});

describe('how Config is told', () => {
  test('at most 100 at a time, each with its token, its time and an annotation that fits', async () => {
    const config = configThatKeeps();
    const { evaluated, nonCompliant } = await runPlainTask(judgeForConfig, event('manual-rotation'), config.deps);
    // With Rota's own three.
    expect(evaluated).toBe(keys.length + 3);
    expect(evaluated).toBeGreaterThan(100);
    expect(config.calls.map((c) => c.Evaluations.length)).toEqual([100, evaluated - 100]);
    const all = config.calls.flatMap((c) => c.Evaluations);
    expect(nonCompliant).toBe(all.filter((e) => e.ComplianceType === 'NON_COMPLIANT').length);
    expect(new Set(config.calls.map((c) => c.ResultToken))).toEqual(new Set(['token-1']));
    expect(new Set(all.map((e) => `${e.ComplianceResourceType ?? ''} ${e.OrderingTimestamp?.toISOString() ?? ''}`))).toEqual(new Set([`AWS::KMS::Key ${asked}`]));
    expect(all.filter((e) => (e.Annotation ?? '').length < 1 || (e.Annotation ?? '').length > 256)).toEqual([]);
  });

  test('what it does not take is an error, and Config calls again', async () => {
    const config = configThatKeeps();
    config.refuses = true;
    const refused = await runPlainTask(judgeForConfig, event('manual-rotation'), config.deps).catch((error: unknown) => error);
    expect(isRotaError(refused, 'AwsRefused')).toBe(true);
    expect((refused as Error).message).toContain('PutEvaluations with FailedEvaluations: 3 of 100 were not taken');
  });

  test.each([
    ['another account', event('manual-rotation', { accountId: '999999999999' }), /accountId.* is 999999999999, but this function judges the keys of 111122223333/],
    ['a change of one key', event('manual-rotation', {}, { messageType: 'ConfigurationItemChangeNotification' }), /messageType.* must be ScheduledNotification/],
    ['a rule that is not there', event('other'), /ruleParameters\.rule/],
    ['parameters that are no JSON', event('manual-rotation', { ruleParameters: '{' }), /ruleParameters.* is not JSON/],
  ])('%s is refused, and nothing is told', async (_, payload, sentence) => {
    const config = configThatKeeps();
    await expect(runPlainTask(judgeForConfig, payload, config.deps)).rejects.toThrow(sentence);
    expect(config.calls).toEqual([]);
  });
});
