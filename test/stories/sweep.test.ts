import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CancelKeyDeletionCommand, CreateKeyCommand, DeleteAliasCommand, DisableKeyCommand, EnableKeyCommand, EnableKeyRotationCommand, ScheduleKeyDeletionCommand, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { KpiReport } from '../../core/kpi/report.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota, type Rota, type Status } from '../rota.ts';

const dayMs = 86_400_000;

interface Finding {
  readonly name: string;
  readonly about: string;
  readonly seenBy: string;
  readonly sentence: string;
}

interface Sweep {
  readonly sweepId: string;
  readonly status: string;
  readonly result: { readonly targets: readonly { readonly error?: string; readonly region: string }[]; readonly started: readonly string[]; readonly failed: number };
}

const with_ = (sweep: Partial<NonNullable<Registry['sweep']>> = {}, change: Partial<Registry['keys'][number]> = {}) => (registry: Registry): Registry => ({
  ...registry,
  keys: registry.keys.map((key) => ({ ...key, ...change }) as Registry['keys'][number]),
  sweep: { targets: [{ region: 'eu-central-1' }], remedy: 'alert', ...sweep },
});
const sweepNow = (rota: Rota) => rota.json<Sweep>('pat', 'sweep', '--wait');
const findings = (rota: Rota) => rota.json<Finding[]>('audrey', 'findings', 'list');
const names = async (rota: Rota): Promise<string[]> => (await findings(rota)).map((f) => f.name).sort();
const kpi = (rota: Rota, ...options: string[]) => rota.json<KpiReport>('audrey', 'kpi', ...options);
const place = '000000000000/eu-central-1';
/** What the owners of the payments key were told, oldest first. */
const toOwners = async (rota: Rota): Promise<string[]> => (await rota.json<{ subject: string; to: string[] }[]>('pat', 'outbox')).filter(({ to }) => to.includes('payments-owners')).map(({ subject }) => subject.replace(/ since .*/, ''));
/** What an event starts has ended when a moment has passed. */
const told = (rota: Rota): Promise<void> => rota.local.embedded.clock.advance(1000);
const payments = (rota: Rota): Promise<string> => makeImportedKey(rota.kms, 'alias/payments', {}, () => Buffer.alloc(32, 5));

test('a key without rotation is found by an event, remedied by policy, and its time is in the KPIs of any day', async () => {
  const rota = await startRota();
  await payments(rota);
  expect((await rota.as('audrey', 'findings', 'list')).out).toBe('Nothing is open, but nobody looks: the registry has no `sweep` (runbooks/sweep.md).\n');
  await rota.apply(with_());
  expect((await rota.as('audrey', 'findings', 'list')).out).toBe('Nothing is open.\n');
  const { clock } = rota.local.embedded;
  await rota.kms.send(new CreateKeyCommand({ Description: 'Reports' }));
  await told(rota);
  expect(await findings(rota)).toMatchObject([{ name: 'rotation-off', seenBy: expect.stringMatching(/^event CreateKey \S+ by arn:aws:iam::000000000000:user\/pat$/) as string }]);
  const then = new Date(clock.now()).toISOString();

  await clock.advance(3 * dayMs);
  await rota.apply(with_({ remedy: 'enable' }));
  expect((await sweepNow(rota)).result.targets).toMatchObject([{ enabled: 1, open: 0 }]);
  expect(await findings(rota)).toEqual([]);
  const now = await kpi(rota);
  // Rota's own key of task tokens rotates too.
  expect(now.automaticRotation).toMatchObject({ on: 2, eligible: 2, percent: 100 });
  expect(now.timeToRemediate.count).toBe(1);
  expect(Math.round((now.timeToRemediate.meanSeconds ?? 0) / 3600)).toBe(72);
  expect(await kpi(rota, '--as-of', then)).toMatchObject({ automaticRotation: { off: [expect.any(String)] }, findings: { opened: 1, closed: 0 } });
});

test('what events missed the sweep finds; a mended thing closes its finding; a broken account keeps none back', async () => {
  const rota = await startRota();
  const oldKeyId = await payments(rota);
  await rota.kms.send(new CreateKeyCommand({ Description: 'Reports' }));
  const stranger = await makeImportedKey(rota.kms, 'alias/stranger', {}, () => Buffer.alloc(32, 6));
  await rota.apply(with_({ targets: [{ region: 'eu-central-1' }, { region: 'eu-west-1', roleArn: 'arn:aws:iam::111122223333:role/rota-sweep' }] }));
  const said = await rota.as('pat', 'sweep', '--wait', '--json');
  expect(said.exitCode).toBe(1);
  expect((await rota.as('pat', 'sweep', '--show', (JSON.parse(said.out) as Sweep).sweepId)).out).toMatch(/^111122223333\/eu-west-1 +[^{}\n]+$/m);
  const { result } = JSON.parse(said.out) as Sweep;
  expect(result).toMatchObject({ failed: 1, targets: [{ region: 'eu-central-1', open: 2 }, { region: 'eu-west-1', error: expect.any(String) as string }] });
  expect(await names(rota)).toEqual(['rotation-off', 'unregistered']);
  // By the name that people know, where the key has one.
  expect((await findings(rota)).map((f) => f.sentence).sort()).toEqual(['AWS could rotate it by itself, and that is switched off.', 'alias/stranger: AWS cannot rotate it by itself, and no alias of it is in the registry.']);

  // Each as people ask for it; what is over is known still.
  const listed = async (...asked: string[]) => (await rota.json<(Finding & { closedAt?: string })[]>('audrey', 'findings', 'list', ...asked)).map((f) => `${f.name}${f.closedAt === undefined ? '' : ' over'}`);
  expect(await listed('--key', 'alias/stranger')).toEqual(['unregistered']);
  expect(await listed('--key', stranger, '--place', 'eu-central-1', '--severity', 'medium')).toEqual(['unregistered']);
  expect(await listed('--kind', 'rotation-off', '--place', '000000000000/eu-central-1')).toEqual(['rotation-off']);
  expect(await listed('--place', 'eu-west-1')).toEqual([]);
  expect((await rota.as('audrey', 'findings', 'list', '--severity', 'high', '--owner', 'security')).out).toBe('Nothing is open of --severity high --owner security.\n');
  expect(await rota.as('audrey', 'findings', 'list', '--kind', 'overdo')).toMatchObject({ exitCode: 2, err: expect.stringContaining("Allowed choices are no-material, ") as string });

  // By event: a registered key that is disabled, and enabled again.
  await rota.kms.send(new DisableKeyCommand({ KeyId: oldKeyId }));
  await told(rota);
  expect(await names(rota)).toEqual(['registered-key-unusable', 'rotation-off', 'unregistered']);
  expect(await toOwners(rota)).toEqual([`Rota found: registered-key-unusable in ${place}`]);
  await rota.kms.send(new EnableKeyCommand({ KeyId: oldKeyId }));
  await told(rota);
  expect(await listed('--key', 'alias/payments', '--state', 'all')).toEqual(['registered-key-unusable over']);
  expect(await listed('--owner', 'payments-owners', '--state', 'closed')).toEqual(['registered-key-unusable over']);
  expect((await rota.as('audrey', 'findings', 'list', '--state', 'closed')).out).toMatch(/^high +registered-key-unusable  arn:aws:kms:\S+  in 000000000000\/eu-central-1, from \S+ to \S+, owner payments-owners\n {8}alias\/payments\n {8}Seen by event DisableKey .*; over by event EnableKey .*: it is so no more$/m);
  // A key that goes is nobody's to rotate, until somebody keeps it.
  await rota.kms.send(new ScheduleKeyDeletionCommand({ KeyId: stranger }));
  await told(rota);
  expect(await names(rota)).toEqual(['rotation-off']);
  await rota.kms.send(new CancelKeyDeletionCommand({ KeyId: stranger }));
  await rota.kms.send(new EnableKeyCommand({ KeyId: stranger }));
  await told(rota);
  expect(await names(rota)).toEqual(['rotation-off', 'unregistered']);
});

test('an alias moved by hand is found, and goes back or is accepted; one that vanished is found', async () => {
  const rota = await startRota();
  const oldKeyId = await payments(rota);
  await rota.apply(with_());
  await sweepNow(rota);
  expect(await names(rota)).toEqual([]);
  const other = await makeImportedKey(rota.kms, 'alias/other', {}, () => Buffer.alloc(32, 7));
  await rota.kms.send(new DeleteAliasCommand({ AliasName: 'alias/other' }));
  const move = async (to: string): Promise<string[]> => {
    await rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: to }));
    await told(rota);
    return (await findings(rota)).filter((f) => f.about === 'alias/payments').map((f) => f.sentence.replace(/\(.*\)/, '()'));
  };
  expect(await move(other)).toEqual([`alias/payments leads to ${other}, but should lead to ${oldKeyId} ().`]);
  expect(await move(oldKeyId)).toEqual([]);
  await move(other);
  await rota.json('pat', 'findings', 'accept', 'alias/payments', '--reason', 'restored by hand, CHG-1');
  await sweepNow(rota);
  expect((await findings(rota)).filter((f) => f.about === 'alias/payments')).toEqual([]);
  await rota.kms.send(new DeleteAliasCommand({ AliasName: 'alias/payments' }));
  await told(rota);
  expect((await findings(rota)).filter((f) => f.about === 'alias/payments')).toMatchObject([{ name: 'registered-key-missing' }]);
  // Whose alias it is hears of each, of its end too, and is reminded.
  await told(rota);
  const [found, over] = [`Rota found: alias-moved in ${place}`, `Rota: alias-moved in ${place} is over`];
  expect((await toOwners(rota)).filter((subject) => subject.includes('alias-moved')).sort()).toEqual([found, found, over, over]);
  await rota.local.embedded.clock.advance(7 * dayMs);
  await sweepNow(rota);
  await told(rota);
  expect((await toOwners(rota)).filter((subject) => subject.includes('registered-key-missing'))).toEqual(expect.arrayContaining([`Rota found: registered-key-missing in ${place}`, `Rota reminds: registered-key-missing in ${place}`]));
  expect((await kpi(rota)).findings.open['registered-key-missing']).toHaveLength(1);
});

test('an alias that a rotation moves, or a rollback, is none that was moved by hand, whoever looked while it waited for approval', async () => {
  const rota = await startRota();
  await payments(rota);
  const two = { all: [{ group: 'security', count: 2 }] };
  await rota.apply((registry) => ({ ...registry, keys: registry.keys.map((key) => ({ ...key, approvals: { ...key.approvals, start: two } })) }));
  const rotationId = await rota.rotate();
  const start = await rota.question(rotationId);
  await rota.local.embedded.clock.advance(60_000);
  await rota.apply(with_({}, { approvals: { cutover: two, start: two, timeoutSeconds: 604_800, heartbeatSeconds: 259_200 } }));
  await sweepNow(rota);
  await rota.approve(start);
  await rota.approve(await rota.question(rotationId));
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED' });
  const { rotationId: back } = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  await rota.approve(await rota.question(back));
  expect(await rota.ended(back)).toMatchObject({ status: 'SUCCEEDED' });
  await told(rota);
  await sweepNow(rota);
  expect(rota.local.embedded.events().filter((e) => e['detail-type'] === 'Rota Finding Opened').map((e) => (e.detail as Finding).name)).not.toContain('alias-moved');
});

test('the daily sweep starts what is due, once; what is overdue counts in its quarter until it is rotated', async () => {
  const rota = await startRota();
  const oldKeyId = await payments(rota);
  const { clock } = rota.local.embedded;
  const schedule = { cryptoperiodDays: 365, warningDays: 30 };
  await rota.apply(with_({}, { schedule }));
  await clock.advance(370 * dayMs);
  await sweepNow(rota);
  expect(await names(rota)).toEqual(['overdue']);
  const before = await toOwners(rota);
  expect(before).toContain(`Rota found: overdue in ${place}`);
  await clock.advance(7 * dayMs);
  await sweepNow(rota);
  await sweepNow(rota);
  expect((await toOwners(rota)).filter((subject) => subject === `Rota reminds: overdue in ${place}`)).toHaveLength(1);

  await rota.apply(with_({}, { schedule: { ...schedule, starts: 'when-due' } }));
  // The sweep of the day may have come first: whoever asks, it is one rotation.
  await sweepNow(rota);
  await sweepNow(rota);
  expect((await rota.json<Status[]>('carol', 'status')).map((r) => r.rotationId)).toEqual(['payments-s1']);
  await rota.approve(await rota.question('payments-s1'));
  expect(await rota.ended('payments-s1')).toMatchObject({ status: 'SUCCEEDED', oldKeyId });
  await told(rota);
  // Its end has looked at its keys again: nobody waits for the next sweep.
  expect(await names(rota)).toEqual([]);
  await sweepNow(rota);
  expect(await names(rota)).toEqual([]);
  const { overdueManualRotations, retainedKeys, approvalDelay, approvalStages } = await kpi(rota);
  expect(Object.values(overdueManualRotations)).toEqual([[expect.stringContaining(oldKeyId)]]);
  expect(retainedKeys).toMatchObject({ count: 1, dollarsPerMonth: 1 });
  expect(approvalDelay.count).toBe(1);
  expect(approvalStages).toMatchObject([{ stage: 'cutover', seen: { count: 1 }, settled: { count: 1, ids: approvalDelay.ids }, timedOut: [], byGroup: [{ group: 'security', count: 2, ids: approvalDelay.ids }] }]);
  const shown = (await rota.as('audrey', 'kpi', '--drill')).out;
  expect(shown).toMatch(/^Overdue manual rotations, \d{4}-Q\d +1 rotation$/m);
  expect(shown).toMatch(/^Retained old keys +1 key, 1 USD a month$/m);
  expect(shown).toMatch(/^ {2}cutover +mean .*\(1 case\)\n {4}first seen +mean .*\n {4}by security +mean .*\(2 cases\)$/m);
  expect(shown).toContain(`Decided: cutover, by security:\n  ${approvalDelay.ids[0] ?? ''}`);
  // Of a day to come nothing is known but what is so now.
  expect((await kpi(rota, '--as-of', '2199-01-01')).overdueManualRotations).toEqual(overdueManualRotations);
  for (const wrong of [['--as-of', 'yesterday'], ['--as-of', '2026-02-31T'], ['--window-days', '0']]) expect(await rota.as('audrey', 'kpi', ...wrong)).toMatchObject({ exitCode: 2, out: '' });
  // The schedule of the API started a sweep of the day by itself.
  const day = new Date(clock.now()).toISOString().slice(0, 10);
  expect(await rota.json<Sweep>('audrey', 'sweep', '--show', `daily-${day}`)).toMatchObject({ sweepId: `daily-${day}` });
});

test('whoever makes a key for imported material has a day to import it, by event and by sweep', async () => {
  const rota = await startRota();
  await payments(rota);
  await rota.apply(with_());
  const { KeyMetadata } = await rota.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }));
  const ofKey = async () => (await findings(rota)).filter((f) => f.about === KeyMetadata?.Arn).map((f) => f.name).sort();
  await told(rota);
  expect(await ofKey()).toEqual(['unregistered']);
  await rota.local.embedded.clock.advance(dayMs - 60_000);
  await sweepNow(rota);
  expect(await ofKey()).toEqual(['unregistered']);
  await rota.local.embedded.clock.advance(60_000);
  await sweepNow(rota);
  expect(await ofKey()).toEqual(['no-material', 'unregistered']);

  // An alias of the registry leads people to it: that is nobody's ceremony.
  await rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: (await rota.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }))).KeyMetadata?.KeyId }));
  await told(rota);
  expect((await findings(rota)).filter((f) => f.sentence.startsWith('alias/payments: ')).map((f) => f.name)).toEqual(['no-material']);
});

test('the end of a rotation that came to nothing looks again too, and told twice it changes nothing more', async () => {
  const rota = await startRota();
  const oldKeyId = await payments(rota);
  await rota.apply(with_());
  // The sweep of the day comes by itself, and would look at what events do not.
  await told(rota);
  const day = new Date(rota.local.embedded.clock.now()).toISOString().slice(0, 10);
  for (let status = ''; status !== 'SUCCEEDED'; ) ({ status } = await rota.json<Sweep>('audrey', 'sweep', '--show', `daily-${day}`));
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  // Nobody looks at a key that a rotation holds.
  await rota.kms.send(new DisableKeyCommand({ KeyId: oldKeyId }));
  await told(rota);
  expect(await names(rota)).toEqual([]);
  await rota.json('alice', 'reject', question, '--reason', 'not in this week');
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'FAILED' });
  await told(rota);
  const open = await findings(rota);
  expect(open.filter((f) => f.about.endsWith(oldKeyId))).toMatchObject([{ name: 'registered-key-unusable', seenBy: expect.stringMatching(/^event Rota Rotation Ended \S+$/) as string }]);

  const [ended] = rota.local.embedded.events().filter((e) => e['detail-type'] === 'Rota Rotation Ended');
  expect(ended?.detail).toMatchObject({ rotationId, keyIds: expect.arrayContaining([oldKeyId]) as string[], aliases: ['alias/payments'] });
  const counted = (await kpi(rota)).findings;
  const events = new EventBridgeClient({ endpoint: rota.local.place.url, region: 'eu-central-1', credentials: credentialsOf(rota.local.place, 'pat') });
  await events.send(new PutEventsCommand({ Entries: [{ Source: 'rota', DetailType: 'Rota Rotation Ended', Detail: JSON.stringify(ended?.detail) }] }));
  events.destroy();
  await told(rota);
  expect(await findings(rota)).toEqual(open);
  await sweepNow(rota);
  expect((await kpi(rota)).findings).toEqual(counted);
});

test('neither an exception nor disabling a key remediates it; a disabled key counts neither way, whatever is switched on', async () => {
  const rota = await startRota();
  await payments(rota);
  await rota.apply(with_());
  const made = async (Description: string): Promise<string> => (await rota.kms.send(new CreateKeyCommand({ Description }))).KeyMetadata?.KeyId ?? '';
  const [excused, disabled, rotating] = [await made('excused'), await made('disabled'), await made('rotates')];
  await rota.kms.send(new EnableKeyRotationCommand({ KeyId: rotating }));
  await told(rota);
  await sweepNow(rota);
  // Rota's own key of task tokens rotates too.
  expect((await kpi(rota)).automaticRotation).toMatchObject({ on: 2, eligible: 4 });
  const remediated = (await kpi(rota)).timeToRemediate.count;
  expect(remediated).toBe((await kpi(rota)).findings.closed);

  for (const KeyId of [disabled, rotating]) await rota.kms.send(new DisableKeyCommand({ KeyId }));
  await told(rota);
  const until = new Date(rota.local.embedded.clock.now() + 90 * dayMs).toISOString().slice(0, 10);
  await rota.apply((registry) => ({ ...with_()(registry), exceptions: [{ key: `arn:aws:kms:eu-central-1:000000000000:key/${excused}`, owner: 'security', reason: 'goes with the old system', until }] }));
  await sweepNow(rota);
  const { automaticRotation, findings: counted, timeToRemediate } = await kpi(rota);
  expect(automaticRotation).toMatchObject({ on: 1, eligible: 2 });
  expect(counted).toMatchObject({ closed: remediated + 2 });
  expect(timeToRemediate.count).toBe(remediated);
});
