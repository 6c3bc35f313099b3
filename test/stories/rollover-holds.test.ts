import { CreateKeyCommand, DescribeKeyCommand, GetKeyPolicyCommand, PutKeyPolicyCommand, SignCommand, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { hourMs, isOver, startRollover, type Rollover, type RolloverStatus } from '../rollover.ts';

const waitsFor = (name: string) => (s: RolloverStatus) => s.waits.some((w) => w.name === name);
const aliasTarget = async ({ rota }: Rollover) => (await rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tokens' }))).KeyMetadata?.KeyId;

/** On from where every consumer has acknowledged, to the end. */
async function finish(r: Rollover, rotationId: string): Promise<RolloverStatus> {
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0 || isOver(s));
  await r.rota.approve(ready.waitingFor[0] ?? '');
  return r.pass(rotationId, isOver);
}

describe('a target', () => {
  test('that is down for an hour holds the rotation, which goes on when it is up', async () => {
    const r = await startRollover();
    r.target.down = true;
    const rotationId = await r.start();
    const held = await r.until(rotationId, waitsFor('hold'));
    expect(held.waits.find((w) => w.name === 'hold')?.because).toContain('Publication target partner-site cannot be reached: ');
    expect(held.status).toBe('WAITING');
    await r.rota.local.embedded.clock.advance(hourMs);
    r.target.down = false;
    await r.rota.local.embedded.clock.advance(2 * hourMs);
    await r.acknowledge(rotationId);
    expect(await finish(r, rotationId)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
  });

  test('that serves a stale set holds it with its name, and a custodian lets it go on at once', async () => {
    const r = await startRollover();
    r.target.stale = true;
    const rotationId = await r.start();
    const held = await r.until(rotationId, waitsFor('hold'));
    expect(held.waits.find((w) => w.name === 'hold')?.because).toBe('Publication target partner-site serves another .well-known/jwks.json than was published: nothing is there.');
    expect((await r.rota.as('audrey', 'resume', rotationId, '--reason', 'the cache is flushed')).exitCode).toBe(1);
    r.target.refresh();
    await r.rota.json('carol', 'resume', rotationId, '--reason', 'the cache is flushed');
    await r.acknowledge(rotationId);
    expect(r.target.kids()).toHaveLength(2);
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
  });

  test('that stays away ends the rotation the way back', async () => {
    const r = await startRollover();
    r.target.down = true;
    const rotationId = await r.start();
    await r.until(rotationId, waitsFor('hold'));
    await r.rota.local.embedded.clock.advance(30 * 24 * hourMs);
    const ended = await r.until(rotationId, isOver);
    expect(ended.status).toBe('FAILED');
    expect(ended.error?.name).toBe('TargetUnreachable');
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
  });
});

describe('a consumer', () => {
  test('with a wrong thumbprint is refused and told; the rotation waits on', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.until(rotationId, waitsFor('acknowledgements'));
    const [oldKid = ''] = r.target.kids();
    const said = await r.rota.as('gina', 'ack', rotationId, '--consumer', 'gateway', '--thumbprint', oldKid);
    expect(said.exitCode).toBe(1);
    expect(said.err).toContain(`gateway says that it has key ${oldKid}, but the thumbprint of the new key begins with `);
    await r.rota.local.embedded.clock.advance(48 * hourMs);
    expect(await r.status(rotationId)).toMatchObject({ status: 'WAITING', waitingFor: [] });
  });

  test('that acknowledges after its deadline was waited for, and counts', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.until(rotationId, waitsFor('acknowledgements'));
    await r.rota.local.embedded.clock.advance(20 * 24 * hourMs);
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
    expect((await r.status(rotationId)).waitingFor).toEqual([]);
    await r.acknowledge(rotationId);
    const ready = await r.until(rotationId, (s) => s.waitingFor.length > 0);
    const shown = await r.rota.as('alice', 'approvals', '--show', ready.waitingFor[0] ?? '');
    expect(shown.out).toMatch(/Consumer +gateway: acknowledged by gina at .*, late/);
    expect(await finish(r, rotationId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('that stays silent can be waived by approvers, with a reason', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.until(rotationId, waitsFor('acknowledgements'));
    await r.rota.json('gina', 'ack', rotationId, '--consumer', 'gateway', '--thumbprint', r.target.kids().at(-1) ?? '');
    const { approvalId } = await r.rota.json<{ approvalId: string }>('carol', 'waive', rotationId, '--consumer', 'partner', '--reason', 'they verify with our library');
    expect((await r.rota.as('carol', 'approve', approvalId, '--reason', 'as I said')).exitCode).toBe(1);
    await r.rota.approve(approvalId);
    expect(await finish(r, rotationId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

test('a second rotation of the same alias is refused until the first has ended, also after the switch', async () => {
  const r = await startRollover();
  const rotationId = await r.start();
  await r.acknowledge(rotationId);
  const again = async () => r.rota.as('dora', 'rotate', 'alias/tokens', '--reason', 'me too');
  expect((await again()).err).toContain(`Rotation ${rotationId} is already under way`);
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve(ready.waitingFor[0] ?? '');
  await r.pass(rotationId, waitsFor('drain'));
  expect((await again()).err).toContain(`Rotation ${rotationId} is already under way`);
  await r.pass(rotationId, isOver);
  expect((await again()).exitCode).toBe(0);
});

test('somebody who moves the alias by hand in between voids the approval, and nothing is moved', async () => {
  const r = await startRollover();
  const rotationId = await r.start();
  await r.acknowledge(rotationId);
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  const { KeyMetadata } = await r.rota.kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  await r.rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
  await r.rota.approve(ready.waitingFor[0] ?? '');
  const ended = await r.pass(rotationId, isOver);
  expect(ended).toMatchObject({ status: 'FAILED', error: { name: 'PlanChanged' } });
  expect(await aliasTarget(r)).toBe(KeyMetadata?.KeyId);
  expect(r.target.kids()).toHaveLength(1);
});

describe('while the old key drains', () => {
  const draining = async (): Promise<{ r: Rollover; rotationId: string; newKid: string }> => {
    const r = await startRollover();
    const rotationId = await r.start();
    const newKid = await r.acknowledge(rotationId);
    const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
    await r.rota.approve(ready.waitingFor[0] ?? '');
    await r.pass(rotationId, waitsFor('drain'));
    return { r, rotationId, newKid };
  };
  const sign = (r: Rollover, keyId: string) => r.rota.kms.send(new SignCommand({ KeyId: keyId, Message: Buffer.from('token'), SigningAlgorithm: 'ECDSA_SHA_256' }));

  test('one command and an approval put everything back', async () => {
    const { r, rotationId, newKid } = await draining();
    await expect(sign(r, r.oldKeyId)).rejects.toThrow(/explicit deny/i);
    await r.rota.json('carol', 'rollback', rotationId, '--reason', 'the partner cannot verify');
    const asked = await r.until(rotationId, (s) => s.waitingFor.length > 0);
    await r.rota.approve(asked.waitingFor[0] ?? '');
    const ended = await r.pass(rotationId, isOver);
    expect(ended).toMatchObject({ status: 'ROLLED_BACK', leftBehind: [] });
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
    await expect(sign(r, 'alias/tokens')).resolves.toBeDefined();
    await expect(sign(r, ended.newKeyId ?? '')).rejects.toThrow(/explicit deny/i);
    expect(r.target.kids()).toHaveLength(1);
    expect(r.target.kids()).not.toContain(newKid);
  });

  test('a rollback whose last publication does not come about is told as a rollback', async () => {
    const { r, rotationId } = await draining();
    await r.rota.json('carol', 'rollback', rotationId, '--reason', 'the partner cannot verify');
    await r.rota.approve((await r.until(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
    await r.pass(rotationId, (s) => s.steps.some(({ step, completedAt }) => step === 'stop-key.new.1' && completedAt !== undefined));
    r.target.down = true;
    await r.pass(rotationId, waitsFor('hold'));
    await r.rota.local.embedded.clock.advance(30 * 24 * hourMs);
    const ended = await r.until(rotationId, isOver);
    expect(ended.status).toBe('ROLLED_BACK');
    expect(ended.leftBehind.join()).toContain('The old key serves again, but what follows the rollback was not finished: Publication target partner-site cannot be reached');
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
  });

  test('a rollback that is refused changes nothing, and the drain goes on', async () => {
    const { r, rotationId, newKid } = await draining();
    await r.rota.json('carol', 'rollback', rotationId, '--reason', 'a bad feeling');
    const asked = await r.until(rotationId, (s) => s.waitingFor.length > 0);
    await r.rota.json('alice', 'reject', asked.waitingFor[0] ?? '', '--reason', 'they verify well');
    expect(await r.pass(rotationId, isOver)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
    expect(r.target.kids()).toEqual([newKid]);
  });
});

test('a rollback that fails after senders got the old key again takes it from them once more', async () => {
  const r = await startRollover({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
  const rotationId = await r.start();
  const newKid = await r.acknowledge(rotationId);
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve(ready.waitingFor[0] ?? '');
  const { newKeyId } = await r.pass(rotationId, waitsFor('drain'));
  expect(r.target.kids()).toEqual([newKid]);
  await r.rota.json('carol', 'rollback', rotationId, '--reason', 'a sender cannot encrypt');
  await r.rota.approve((await r.until(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
  await r.until(rotationId, (s) => s.steps.some(({ step, completedAt }) => step === 'publish-keys.introduce.1' && completedAt !== undefined));
  expect(r.target.kids()).toHaveLength(2);
  // What was approved does not hold any more when the aliases would go back.
  const { Policy = '{}' } = await r.rota.kms.send(new GetKeyPolicyCommand({ KeyId: r.oldKeyId, PolicyName: 'default' }));
  const policy = JSON.parse(Policy) as { Statement: object[] };
  const stranger = { Sid: 'Stranger', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:Decrypt', Resource: '*' };
  await r.rota.kms.send(new PutKeyPolicyCommand({ KeyId: r.oldKeyId, PolicyName: 'default', Policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, stranger] }) }));
  expect(await r.pass(rotationId, isOver)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await aliasTarget(r)).toBe(newKeyId);
  expect(r.target.kids()).toEqual([newKid]);
});

describe('an emergency', () => {
  test('goes by the higher quorum, without waits, and the old key leaves at once', async () => {
    const r = await startRollover();
    const rotationId = await r.start('--emergency');
    const asked = await r.until(rotationId, (s) => s.waitingFor.length > 0 || isOver(s));
    expect(asked.error).toBeUndefined();
    await r.rota.approve(asked.waitingFor[0] ?? '');
    expect(await r.status(rotationId)).toMatchObject({ status: 'WAITING' });
    await r.rota.json('dora', 'approve', asked.waitingFor[0] ?? '', '--reason', 'stop it now');
    await r.until(rotationId, (s) => s.steps.some((step) => step.step === 'keep-old-key'));
    expect(r.target.kids()).toHaveLength(1);
    const ended = await r.pass(rotationId, isOver, 2);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
    expect(await aliasTarget(r)).toBe(ended.newKeyId);
  });

  test('that goes the way back has the old key published again at once: what it signs verifies nowhere until then', async () => {
    const r = await startRollover();
    const rotationId = await r.start('--emergency');
    const asked = await r.until(rotationId, (s) => s.waitingFor.length > 0 || isOver(s));
    await r.rota.json('pat', 'faults', 'add', 'lambda', 'prove-through-alias', '--kind', 'server-error', '--count', '20');
    await r.rota.approve(asked.waitingFor[0] ?? '');
    await r.rota.json('dora', 'approve', asked.waitingFor[0] ?? '', '--reason', 'stop it now');
    const ended = await r.pass(rotationId, isOver, 2);
    expect(ended.status).toBe('FAILED');
    expect(await aliasTarget(r)).toBe(r.oldKeyId);
    expect(r.target.kids()).toEqual([expect.not.stringContaining(ended.rollover?.newThumbprint ?? '')]);
  });

  test('is refused where the registry names nobody for it', async () => {
    const r = await startRollover({ change: { approvals: { cutover: { all: [{ group: 'security', count: 2 }] }, timeoutSeconds: 604_800, heartbeatSeconds: 259_200 } } });
    const said = await r.rota.as('carol', 'rotate', 'alias/tokens', '--reason', 'stolen', '--emergency');
    expect(said.exitCode).toBe(1);
    expect(said.err).toContain('The registry names no approvers for an emergency rotation of alias/tokens.');
  });
});
