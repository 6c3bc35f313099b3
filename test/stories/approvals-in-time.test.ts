/** Approvals and the calendar, on the embedded AWS with its clock moved by hand. */
import { CreateAliasCommand, CreateGrantCommand, DescribeKeyCommand, GetKeyPolicyCommand, PutKeyPolicyCommand, RevokeGrantCommand, TagResourceCommand, type GrantOperation } from '@aws-sdk/client-kms';
import { describe, expect, test, vi } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import type { RegisteredKey, Registry } from '../../core/registry/registry-schema.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRetirement } from '../retirement.ts';
import { startRollover } from '../rollover.ts';
import { startRota, type Rota, type Status } from '../rota.ts';

const hour = 3_600_000;

interface Waiting extends Status {
  readonly waits: readonly { readonly name: string; readonly until: string; readonly because: string }[];
}
interface Asked {
  readonly approvalId: string;
  readonly outcome: string;
  readonly voidBecause?: readonly string[];
  readonly plan: { readonly revision?: { readonly round: number; readonly changes: readonly string[] } };
}

const keyOf = async ({ kms }: Rota) => (await kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId ?? '';
const advance = (rota: Rota, ms: number) => rota.local.embedded.clock.advance(ms);
const frozen = (rota: Rota, rotationId: string) =>
  vi.waitUntil(async () => (await rota.json<Waiting>('carol', 'status', rotationId)).waits.find((w) => w.name === 'freeze'), { timeout: 120_000 });
const withApprovals = (change: Partial<RegisteredKey['approvals']>) => (r: Registry): Registry => ({ ...r, keys: r.keys.map((k) => ({ ...k, approvals: { ...k.approvals, ...change } })) });

/** From now on for so many hours, in the words of a registry. */
const freezeFor = (rota: Rota, hours: number): NonNullable<Registry['freezes']> => {
  const local = (ms: number) => isoSeconds(ms).slice(0, 16);
  const now = rota.local.embedded.clock.now();
  return [{ name: 'year-end', reason: 'annual accounts', timeZone: 'UTC', once: { from: local(now - hour), to: local(now + hours * hour) }, holds: ['cutover', 'retire'] }];
};

test('an approved rotation waits out a freeze, and is then checked against what has changed meanwhile', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  const freezes = freezeFor(rota, 30);
  await rota.apply((r) => ({ ...r, freezes }));
  const planned = await rota.as('carol', 'plan', 'alias/payments');
  expect(planned.out).toContain(`Freeze        a cutover now would wait until ${freezes[0]?.once?.to ?? ''}:00Z: freeze year-end (annual accounts)`);
  const rotationId = await rota.rotate();
  const first = await rota.question(rotationId);
  await rota.approve(first);
  const wait = await frozen(rota, rotationId);
  expect(wait).toMatchObject({ until: `${freezes[0]?.once?.to ?? ''}:00Z`, because: 'freeze year-end (annual accounts)' });
  expect(await keyOf(rota)).toBe(oldKeyId);
  expect((await rota.as('carol', 'status', rotationId)).out).toContain(`until ${wait.until} at most: freeze year-end (annual accounts)`);
  await advance(rota, 20 * hour);
  expect(await keyOf(rota)).toBe(oldKeyId);

  // Somebody gives the old key another name while everybody waits.
  await rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/sneaked-in', TargetKeyId: oldKeyId }));
  await advance(rota, 11 * hour);
  const second = await rota.question(rotationId, first);
  expect(await keyOf(rota)).toBe(oldKeyId);
  const asked = await rota.json<Asked[]>('alice', 'approvals', '--all');
  const again = asked.find((a) => a.approvalId === second);
  expect(again?.plan.revision).toMatchObject({ round: 2 });
  expect(again?.plan.revision?.changes.join()).toMatch(/^aliases was .*alias\/payments.* and is .*alias\/sneaked-in/);
  expect(asked.find((a) => a.approvalId === first)).toMatchObject({ outcome: 'void', voidBecause: again?.plan.revision?.changes });
  expect((await rota.as('bob', 'approvals', '--show', second)).out).toMatch(/Asked again +round 2: what was decided before is void, since\n +aliases was /);
  expect((await rota.as('bob', 'approve', first, '--reason', 'the old one')).err).toContain('is closed: void');
  await rota.approve(second);
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
  expect(await keyOf(rota)).not.toBe(oldKeyId);
});

test('a freeze that is lifted lets go at the next look; a rollback is not held', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply((r) => ({ ...r, freezes: freezeFor(rota, 1000) }));
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  await frozen(rota, rotationId);
  await rota.apply();
  await advance(rota, 6 * hour + 1000);
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
  const newKeyId = await keyOf(rota);
  expect(newKeyId).not.toBe(oldKeyId);

  await rota.apply((r) => ({ ...r, freezes: freezeFor(rota, 1000) }));
  const rollback = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  await rota.approve(await rota.question(rollback.rotationId));
  expect((await rota.ended(rollback.rotationId)).status).toBe('SUCCEEDED');
  expect(await keyOf(rota)).toBe(oldKeyId);
});

test('when security is silent the owners are asked too: in the outbox, with a link and no secret', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  const all = [{ group: 'security', count: 2 }];
  await rota.apply(withApprovals({ cutover: { all, escalation: [{ group: 'security', to: 'payments-owners', afterSeconds: 7200 }] }, remindBeforeSeconds: [3600] }));
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  await rota.json('alice', 'approve', question, '--reason', 'read');
  expect((await rota.as('dora', 'approve', question, '--reason', 'me too')).err).toContain('dora is asked only from ');
  await advance(rota, 3 * hour);
  interface Mail {
    readonly subject: string;
    readonly to: readonly string[];
    readonly text: string;
    readonly link: string;
  }
  const mails = await vi.waitUntil(
    async () => {
      const found = await rota.json<Mail[]>('dora', 'outbox');
      return found.some((m) => m.subject.startsWith('Rota asks payments-owners')) && found;
    },
    { timeout: 120_000 },
  );
  expect(mails.filter((m) => m.subject.includes('cutover')).reverse().map((m) => [m.subject.replace(/, until .*/, ''), m.to])).toEqual([
    ['Rota asks: cutover of alias/payments', ['security']],
    ['Rota asks payments-owners: cutover of alias/payments', ['payments-owners', 'security']],
  ]);
  const escalated = mails.find((m) => m.subject.startsWith('Rota asks payments-owners'));
  expect(escalated?.text).toContain('Still missing: 1 of security.');
  expect(escalated?.link).toBe(`${rota.local.place.consoleUrl}approvals/${encodeURIComponent(question)}`);
  await rota.json('dora', 'approve', question, '--reason', 'security is away');
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
});

test('what changes after the start was approved is asked about again, before anything is created', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply(withApprovals({ start: { all: [{ group: 'security', count: 1 }] } }));
  const rotationId = await rota.rotate();
  const first = await rota.question(rotationId);
  await rota.kms.send(new TagResourceCommand({ KeyId: oldKeyId, Tags: [{ TagKey: 'cost-centre', TagValue: '4711' }] }));
  await rota.json('alice', 'approve', first, '--reason', 'read');
  const second = await rota.question(rotationId, first);
  expect(second).toContain('.start.');
  expect((await rota.as('alice', 'approvals', '--show', second)).out).toMatch(/Asked again +round 2.*\n +oldKeyTags was .*\n? *.*cost-centre/);
  expect((await rota.status(rotationId)).newKeyId).toBeUndefined();
  await rota.json('alice', 'approve', second, '--reason', 'fine');
  await rota.approve(await rota.question(rotationId, second));
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED', dossierSequence: 1 });
});

describe('a freeze that begins while an old key is denied', () => {
  const frozenRetirement = async () => {
    const r = await startRetirement();
    const rotationId = await r.denied();
    await r.rota.apply((registry) => ({ ...registry, freezes: freezeFor(r.rota, 40 * 24) }));
    await r.days(31);
    const held = await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'freeze') && s.waits.some((w) => w.name === 'deny'));
    expect(held.status).toBe('RUNNING');
    expect(await r.keyState()).toBe('Enabled');
    return { r, rotationId };
  };

  test('holds its disabling until the end', async () => {
    const { r, rotationId } = await frozenRetirement();
    await r.days(10);
    await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'watch'));
    expect(await r.keyState()).toBe('Disabled');
  });

  test('and lets a custodian put it back meanwhile', async () => {
    const { r, rotationId } = await frozenRetirement();
    await r.rota.json('carol', 'reenable', rotationId, '--reason', 'still used');
    expect((await r.rota.ended(rotationId)).status).toBe('ROLLED_BACK');
    expect(await r.policy()).not.toContain('RotaStopped');
  });
});

test('an emergency whose plan changed is asked about again before its key set is published', async () => {
  const r = await startRollover();
  const rotationId = await r.start('--emergency');
  const everybody = async (question: string) => {
    await r.rota.approve(question);
    await r.rota.json('dora', 'approve', question, '--reason', 'stop it now');
  };
  const first = (await r.until(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '';
  await r.rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/sneaked-in', TargetKeyId: r.oldKeyId }));
  await everybody(first);
  const second = await r.rota.question(rotationId, first);
  expect(() => r.target.kids()).toThrow('was posted');
  await everybody(second);
  expect(await r.pass(rotationId, (s) => s.status === 'SUCCEEDED', 3)).toMatchObject({ leftBehind: [] });
  expect(r.target.kids()).toHaveLength(1);
});

test('a rollback is asked about again when the policy that people would get back has changed', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotated();
  const rollback = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  const first = await rota.question(rollback.rotationId);
  const { Policy = '{}' } = await rota.kms.send(new GetKeyPolicyCommand({ KeyId: oldKeyId, PolicyName: 'default' }));
  const policy = JSON.parse(Policy) as { Statement: object[] };
  const stranger = { Sid: 'Stranger', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:Decrypt', Resource: '*' };
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: oldKeyId, PolicyName: 'default', Policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, stranger] }) }));
  await rota.approve(first);
  const second = await rota.question(rollback.rotationId, first);
  expect(await keyOf(rota)).not.toBe(oldKeyId);
  expect((await rota.as('alice', 'approvals', '--show', second)).out).toMatch(/Asked again +round 2.*\n +policyDifference was [\s\S]*Policy +\+ .*"Sid":"Stranger"/);
  await rota.approve(second);
  expect((await rota.ended(rollback.rotationId)).status).toBe('SUCCEEDED');
  expect(await keyOf(rota)).toBe(oldKeyId);
});

test('grants do not move with an alias: one that came after the plan is asked about, there and back', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const GranteePrincipal = 'arn:aws:iam::000000000000:role/batch';
  const grant = async (KeyId: string, Operations: GrantOperation[]) => rota.kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations }));
  const shown = async (question: string) => (await rota.as('alice', 'approvals', '--show', question)).out;

  const rotationId = await rota.rotate();
  const first = await rota.question(rotationId);
  await grant(oldKeyId, ['Decrypt', 'GenerateDataKey']);
  // The same for another of its tasks: nothing new for an approver.
  await grant(oldKeyId, ['GenerateDataKey', 'Decrypt']);
  await rota.approve(first);
  const second = await rota.question(rotationId, first);
  expect(await keyOf(rota)).toBe(oldKeyId);
  expect((await shown(second)).match(/Left behind.*/g)).toEqual([`Left behind   ${GranteePrincipal}: Decrypt, GenerateDataKey; the new key has no such grant`]);

  const asked = await rota.json<(Asked & { readonly plan: { readonly newKeyId: string } })[]>('alice', 'approvals', '--all');
  const newKeyId = asked.find((a) => a.approvalId === second)?.plan.newKeyId ?? '';
  await grant(newKeyId, ['Decrypt', 'GenerateDataKey']);
  await rota.approve(second);
  const third = await rota.question(rotationId, second);
  expect(await shown(third)).toMatch(/Asked again +round 3.*\n[\s\S]*grantsLeftBehind was [^\n]* and is nothing/);
  expect(await shown(third)).not.toContain('Left behind');
  await rota.approve(third);
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
  expect(await keyOf(rota)).toBe(newKeyId);

  await grant(newKeyId, ['Encrypt']);
  const rollback = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  const back = await rota.question(rollback.rotationId);
  expect((await shown(back)).match(/Left behind.*/g)).toEqual([`Left behind   ${GranteePrincipal}: Encrypt; the old key has no such grant`]);
  await rota.approve(back);
  expect((await rota.ended(rollback.rotationId)).status).toBe('SUCCEEDED');
});

test('a grant that was revoked on the key in use does not come back with the alias unseen, there and back', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  const GranteePrincipal = 'arn:aws:iam::000000000000:role/batch';
  const { GrantId } = await rota.kms.send(new CreateGrantCommand({ KeyId: oldKeyId, GranteePrincipal, Operations: ['Decrypt'] }));
  await rota.apply();
  const letIn = async (question: string) => (await rota.as('alice', 'approvals', '--show', question)).out.match(/Let in .*/g);

  const rotationId = await rota.rotate();
  const first = await rota.question(rotationId);
  expect(await letIn(first)).toBeNull();
  await rota.kms.send(new RevokeGrantCommand({ KeyId: oldKeyId, GrantId }));
  await rota.approve(first);
  const second = await rota.question(rotationId, first);
  expect(await keyOf(rota)).toBe(oldKeyId);
  expect(await letIn(second)).toEqual([`Let in        ${GranteePrincipal}: Decrypt; the old key has no such grant`]);
  await rota.approve(second);
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');

  await rota.kms.send(new CreateGrantCommand({ KeyId: oldKeyId, GranteePrincipal, Operations: ['Encrypt'] }));
  const rollback = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  expect(await letIn(await rota.question(rollback.rotationId))).toEqual([`Let in        ${GranteePrincipal}: Encrypt; the new key has no such grant`]);
});
