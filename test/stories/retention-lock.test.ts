import { CancelKeyDeletionCommand, CreateAliasCommand, DeleteImportedKeyMaterialCommand, DisableKeyCommand, EnableKeyCommand, PutKeyPolicyCommand, ScheduleKeyDeletionCommand, UntagResourceCommand } from '@aws-sdk/client-kms';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { asYaml } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { Retirement, startRetirement, waitsIn } from '../retirement.ts';
import { startRollover } from '../rollover.ts';
import { startRota } from '../rota.ts';

const timeout = 180_000;

interface Finding {
  readonly name: string;
  readonly about: string;
  readonly severity: string;
  readonly seenBy: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly owner?: string;
}
type Statement = Readonly<Record<string, unknown>>;
interface Policy {
  readonly Statement: readonly Statement[];
}

const swept = (registry: Registry): Registry => ({ ...registry, sweep: { targets: [{ region: 'eu-central-1' }], remedy: 'alert' } });
const policyOf = async (r: Retirement): Promise<Policy> => JSON.parse(await r.policy()) as Policy;
/** What an event starts has ended when a moment has passed. */
const told = ({ rota }: Retirement): Promise<void> => rota.local.embedded.clock.advance(1000);
const findings = async ({ rota, keyId }: Retirement): Promise<Finding[]> => (await rota.json<Finding[]>('audrey', 'findings', 'list')).filter((f) => f.about.endsWith(keyId));
/** What the owners of the payments key were told. */
const toOwners = async ({ rota }: Retirement): Promise<string[]> => (await rota.json<{ subject: string; to: string[] }[]>('pat', 'outbox')).filter(({ to }) => to.includes('payments-owners')).map(({ subject }) => subject);
const names = async (r: Retirement): Promise<string[]> => (await findings(r)).map((f) => f.name);

const put = async (r: Retirement, policy: Policy): Promise<void> => {
  await r.rota.kms.send(new PutKeyPolicyCommand({ KeyId: r.keyId, Policy: JSON.stringify(policy) }));
  await told(r);
};
/** The policy with the statement of the lock changed, or without it. */
const withLock = (policy: Policy, change: (lock: Statement) => readonly Statement[]): Policy => ({ ...policy, Statement: policy.Statement.flatMap((s) => (s.Sid === 'RotaRetention' ? change(s) : [s])) });
const dropped = (policy: Policy): Policy => withLock(policy, () => []);

describe('the retention lock of a kept key', () => {
  test('dropped, it is found by the event within a minute, and the finding closes when it is back', { timeout }, async () => {
    const r = await startRetirement({}, swept);
    const whole = await policyOf(r);
    expect(JSON.stringify(whole)).toContain('RotaRetention');
    await put(r, whole);
    expect(await names(r)).toEqual([]);

    await put(r, dropped(whole));
    const [found, ...more] = await findings(r);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ name: 'retained-key-unlocked', severity: 'high', seenBy: expect.stringMatching(/^event PutKeyPolicy \S+ by arn:aws:iam::000000000000:user\/pat$/) as string });
    expect(found?.sentence).toMatch(/^It is kept for what it made before rotation payments-\S+, but its policy no longer denies kms:ScheduleKeyDeletion, kms:DisableKey, kms:DeleteImportedKeyMaterial to all but arn:aws:iam::000000000000:role\/break-glass\.$/);
    expect(found?.remedy).toContain('runbooks/retention-lock.md');
    // Of what it protects the owner hears too, though no alias leads to it.
    expect(found?.owner).toBe('payments-owners');
    expect(await toOwners(r)).toEqual(['Rota found: retained-key-unlocked in 000000000000/eu-central-1']);
    // Without its mark it would be somebody else's key; the ledger knows better.
    await r.rota.kms.send(new UntagResourceCommand({ KeyId: r.keyId, TagKeys: ['rota:retained-for'] }));
    await told(r);
    expect(await names(r)).toContain('retained-key-unlocked');

    // Put back by hand, in other words that say the same.
    await put(r, withLock(whole, ({ Action, Condition, ...lock }) => (Action as string[]).map((one) => ({ ...lock, Sid: one.slice(4), Principal: '*', Action: one, Condition }))));
    expect(await names(r)).not.toContain('retained-key-unlocked');
  });

  test('that lets another role through is found by the sweep, and closes by the next one', { timeout }, async () => {
    const r = await startRetirement();
    const whole = await policyOf(r);
    await put(r, withLock(whole, (lock) => [{ ...lock, Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::000000000000:user/pat' } } }]));
    await r.rota.apply(swept);
    await r.rota.json('pat', 'sweep', '--wait');
    expect(await findings(r)).toMatchObject([{ name: 'retained-key-unlocked', owner: 'payments-owners', seenBy: expect.stringMatching(/^sweep /) as string }]);
    await r.days(7);
    await r.rota.json('pat', 'sweep', '--wait');
    await told(r);
    expect(await toOwners(r)).toEqual(expect.arrayContaining(['Rota found: retained-key-unlocked in 000000000000/eu-central-1', expect.stringMatching(/^Rota reminds: retained-key-unlocked in /)]));
    await r.rota.kms.send(new PutKeyPolicyCommand({ KeyId: r.keyId, Policy: JSON.stringify(whole) }));
    await r.rota.json('pat', 'sweep', '--wait');
    expect(await names(r)).toEqual([]);
  });

  test('does not hold back the break-glass role: that a kept key goes its owner hears by event and by sweep', { timeout }, async () => {
    const r = await startRetirement({}, swept);
    await put(r, dropped(await policyOf(r)));
    await r.rota.kms.send(new ScheduleKeyDeletionCommand({ KeyId: r.keyId }));
    await told(r);
    const goes = async () => (await findings(r)).find((f) => f.name === 'retained-key-goes');
    expect(await goes()).toMatchObject({ owner: 'payments-owners', seenBy: expect.stringMatching(/^event ScheduleKeyDeletion /) as string });
    expect(await toOwners(r)).toContain('Rota found: retained-key-goes in 000000000000/eu-central-1');
    await r.rota.json('pat', 'sweep', '--wait');
    expect(await goes()).toMatchObject({ owner: 'payments-owners' });

    // An alias of somebody else's that leads to it makes it nobody else's.
    await r.rota.kms.send(new CancelKeyDeletionCommand({ KeyId: r.keyId }));
    await r.rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/archive', TargetKeyId: r.keyId }));
    await told(r);
    expect(await goes()).toBeUndefined();
    await r.rota.kms.send(new ScheduleKeyDeletionCommand({ KeyId: r.keyId }));
    await told(r);
    expect(await goes()).toMatchObject({ owner: 'payments-owners' });
  });

  test('gone with the mark hides nothing: the ledger knows that the key is kept', { timeout }, async () => {
    const r = await startRetirement({}, swept);
    const { kms } = r.rota;
    const of = async (name: string) => (await findings(r)).find((f) => f.name === name);
    const open = async () => (await names(r)).filter((name) => ['retained-key-goes', 'retained-key-disabled', 'no-material'].includes(name));
    await kms.send(new UntagResourceCommand({ KeyId: r.keyId, TagKeys: ['rota:retained-for'] }));
    await put(r, dropped(await policyOf(r)));
    expect(await open()).toEqual([]);

    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: r.keyId }));
    await told(r);
    expect(await of('retained-key-goes')).toMatchObject({ severity: 'high', owner: 'payments-owners', seenBy: expect.stringMatching(/^event ScheduleKeyDeletion /) as string });
    // KMS leaves it Disabled.
    await kms.send(new CancelKeyDeletionCommand({ KeyId: r.keyId }));
    await told(r);
    expect(await open()).toEqual(['retained-key-disabled']);
    expect(await of('retained-key-disabled')).toMatchObject({ severity: 'high', owner: 'payments-owners', seenBy: expect.stringMatching(/^event CancelKeyDeletion /) as string, sentence: expect.stringMatching(/^It is kept for what it made before rotation payments-\S+, but it is Disabled, and no retirement has done that\.$/) as string });
    expect(await toOwners(r)).toContain('Rota found: retained-key-disabled in 000000000000/eu-central-1');
    await kms.send(new EnableKeyCommand({ KeyId: r.keyId }));
    await told(r);
    expect(await open()).toEqual([]);
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: r.keyId }));
    await told(r);
    expect(await open()).toEqual(['no-material']);
    expect(await of('no-material')).toMatchObject({ owner: 'payments-owners', seenBy: expect.stringMatching(/^event DeleteImportedKeyMaterial /) as string, sentence: expect.stringMatching(/^It is kept for /) as string });
  });

  test.each([
    { what: 'that goes', act: (KeyId: string) => new ScheduleKeyDeletionCommand({ KeyId }), name: 'retained-key-goes' },
    { what: 'that somebody has disabled', act: (KeyId: string) => new DisableKeyCommand({ KeyId }), name: 'retained-key-disabled' },
    { what: 'without its material', act: (KeyId: string) => new DeleteImportedKeyMaterialCommand({ KeyId }), name: 'no-material' },
  ])('gone with the mark hides nothing from the sweep: a kept key $what', { timeout }, async ({ act, name }) => {
    const r = await startRetirement();
    // Nobody listens to events before the registry names what is swept.
    await put(r, dropped(await policyOf(r)));
    await r.rota.kms.send(new UntagResourceCommand({ KeyId: r.keyId, TagKeys: ['rota:retained-for'] }));
    await (r.rota.kms as { send: (command: unknown) => Promise<unknown> }).send(act(r.keyId));
    await r.rota.apply(swept);
    await r.rota.json('pat', 'sweep', '--wait');
    expect((await findings(r)).filter((f) => f.name === name)).toMatchObject([{ owner: 'payments-owners', seenBy: expect.stringMatching(/^sweep /) as string }]);
  });

  test('is watched while the key is retired, and the moment in which it is ajar is none to tell of', { timeout }, async () => {
    const r = await startRetirement({}, swept);
    await r.watched();
    await told(r);
    expect(await r.keyState()).toBe('Disabled');
    // That it is Disabled was approved: none to tell of either, whoever looks.
    await r.rota.json('pat', 'sweep', '--wait');
    expect(await names(r)).toEqual([]);
    const whole = await policyOf(r);
    await put(r, dropped(whole));
    expect(await names(r)).toEqual(['retained-key-unlocked']);
    await put(r, whole);
    expect(await names(r)).toEqual([]);
  });
});

describe('the retention lock of an old key whose rotation goes on', () => {
  const ofKey = async ({ rota, keyId }: Pick<Retirement, 'rota' | 'keyId'>) => (await rota.json<Finding[]>('audrey', 'findings', 'list')).filter((f) => f.about.endsWith(keyId)).map((f) => `${f.name} ${f.seenBy.replace(/ .*/, '')}`);
  const gated = (registry: Registry): Registry => ({
    ...registry,
    keys: registry.keys.map((key) => (key.method === 'new-key' ? { ...key, adoption: { quietSeconds: 172_800, overdueAfterSeconds: 259_200 } } : key)),
  });

  test('is judged as soon as it is there, by event and by sweep, while the rotation waits for quiet use', { timeout }, async () => {
    const rota = await startRota();
    const keyId = await makeImportedKey(rota.kms, 'alias/payments');
    await rota.apply(gated);
    const rotationId = await rota.rotate();
    await rota.approve(await rota.question(rotationId));
    const r = new Retirement(rota, keyId);
    await r.until(rotationId, waitsIn('quiet'));
    const whole = await policyOf(r);
    expect(JSON.stringify(whole)).toContain('RotaRetention');
    await put(r, dropped(whole));
    // Events are looked at from here on.
    await rota.apply((registry) => swept(gated(registry)));
    await rota.json('pat', 'sweep', '--wait');
    expect(await ofKey(r)).toEqual(['retained-key-unlocked sweep']);
    await put(r, whole);
    expect(await ofKey(r)).toEqual([]);
    await put(r, dropped(whole));
    expect(await ofKey(r)).toEqual(['retained-key-unlocked event']);
    expect(await rota.status(rotationId)).toMatchObject({ status: 'RUNNING' });
  });

  test('and while what the key has signed is still alive', { timeout }, async () => {
    const rollover = await startRollover();
    const { rota, oldKeyId } = rollover;
    const rotationId = await rollover.start();
    await rollover.acknowledge(rotationId);
    const ready = await rollover.pass(rotationId, (s) => s.waitingFor.length > 0);
    await rota.approve(ready.waitingFor[0] ?? '');
    const r = new Retirement(rota, oldKeyId);
    await rollover.pass(rotationId, (s) => s.waits.some(({ name }) => name === 'drain'));
    const { registry } = await rota.json<{ registry: Registry }>('pat', 'registry', 'show');
    const file = join(rota.folder, 'swept.yaml');
    await writeFile(file, asYaml(swept(registry)));
    await rota.json('pat', 'registry', 'apply', file);
    const whole = await policyOf(r);
    await put(r, dropped(whole));
    expect(await ofKey(r)).toEqual(['retained-key-unlocked event']);
    await put(r, whole);
    expect(await ofKey(r)).toEqual([]);
  });
});
