import { CreateAliasCommand, CreateKeyCommand, GetKeyRotationStatusCommand, PutKeyPolicyCommand, ReplicateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota, type Rota } from '../rota.ts';

interface Document {
  readonly keys: readonly { readonly arn: string; readonly aliases: readonly string[]; readonly class: string; readonly standing: string; readonly findings: readonly { readonly name: string; readonly remedy: string }[] }[];
  readonly targets: readonly { readonly accountId: string; readonly region: string; readonly requests: Record<string, number> }[];
}
interface Enabled {
  readonly applied: boolean;
  readonly keys: readonly { readonly key: string; readonly outcome: string; readonly periodDays?: number; readonly reason?: string }[];
}

async function makeKey({ kms }: Rota, alias: string, input: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
  const keyId = KeyMetadata?.KeyId ?? '';
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
  return keyId;
}

const said = async (rota: Rota, ...args: string[]) => {
  const { exitCode, out, err } = await rota.as('pat', ...args);
  return { exitCode, err, out, document: (): unknown => JSON.parse(out) };
};

/** From an estate that nobody looks after to one in which every key is in order, excused or nobody's business. */
test('an inventory finds what is not in order, and is content when it has been put right', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  const reports = await makeKey(rota, 'alias/reports');
  const stubborn = await makeKey(rota, 'alias/stubborn');
  const signing = await makeKey(rota, 'alias/signing', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:EnableKeyRotation', Resource: '*' };
  const allow = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${rota.local.place.accountId}:root` }, Action: 'kms:*', Resource: '*' };
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: stubborn, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow, deny] }) }));
  await rota.apply();

  const first = await said(rota, 'inventory', '--json');
  expect(first.exitCode).toBe(1);
  const { keys, targets } = first.document() as Document;
  const foundOf = (alias: string) => keys.find(({ aliases }) => aliases.includes(alias));
  expect(foundOf('alias/payments')).toMatchObject({ class: 'manual', why: 'imported', standing: 'in-order', owner: 'payments-owners', findings: [] });
  expect(foundOf('alias/reports')).toMatchObject({ class: 'rotation-off', findings: [{ name: 'rotation-off', remedy: `Switch it on with \`rota enable-rotation ${reports} --region eu-central-1 --apply\`.` }] });
  expect(foundOf('alias/signing')).toMatchObject({ class: 'manual', why: 'asymmetric', findings: [{ name: 'unregistered' }] });
  expect(targets).toMatchObject([{ accountId: rota.local.place.accountId, region: 'eu-central-1', throttled: {} }]);

  const text = await said(rota, 'inventory');
  expect(text.out).toMatch(/alias\/signing +manual, asymmetric +medium +AWS cannot rotate it by itself, and no alias of it is in the registry\./);
  expect(text.out).toMatch(/unregistered: Find its owner/);
  expect(text.out).not.toContain('alias/payments');
  const standings = [...(await said(rota, 'inventory', '--all', '--as-of', '2999-01-01')).out.matchAll(/^\d{12} \S+ +\S+ +(?:manual|rotat)\S*(?:, \S+)*(?: days)? +(high|medium|in-order)/gm)].map((m) => m[1]);
  expect([...new Set(standings)]).toEqual(['high', 'medium', 'in-order']);
  const csv = (await said(rota, 'inventory', '--csv')).out.split('\r\n');
  expect(csv[0]).toMatch(/^arn,aliases,class,why,standing,findings,state,/);
  expect(csv).toHaveLength(keys.length + 2);
  expect(csv.find((line) => line.includes('alias/payments'))).toMatch(/,alias\/payments,manual,imported,in-order,,Enabled,SYMMETRIC_DEFAULT,EXTERNAL,/);
  const asff = (await said(rota, 'inventory', '--asff')).document() as { Compliance: { Status: string }; Resources: { Id: string }[] }[];
  expect(asff.find(({ Resources }) => Resources[0]?.Id === foundOf('alias/payments')?.arn)?.Compliance.Status).toBe('PASSED');
  expect(asff.find(({ Resources }) => Resources[0]?.Id.endsWith(reports))?.Compliance.Status).toBe('FAILED');

  // Two Regions in one run; nothing is registered in the second.
  const two = await said(rota, 'inventory', '--region', 'eu-central-1', '--region', 'eu-west-1', '--json');
  expect((two.document() as Document).targets.map(({ region }) => region)).toEqual(['eu-central-1', 'eu-west-1']);

  // What the finding about a replica says to type mends it: KMS takes the setting at the primary key only.
  const { KeyMetadata: primary } = await rota.kms.send(new CreateKeyCommand({ MultiRegion: true }));
  await rota.kms.send(new ReplicateKeyCommand({ KeyId: primary?.KeyId, ReplicaRegion: 'eu-west-1' }));
  const ofReplica = async () => ((await said(rota, 'inventory', '--region', 'eu-west-1', '--json')).document() as Document).keys.find(({ arn }) => arn.endsWith(primary?.KeyId ?? ''))?.findings ?? [];
  const [wrong] = await ofReplica();
  expect(wrong).toMatchObject({ name: 'rotation-off' });
  const typed = /`rota (enable-rotation .*)`/.exec(wrong?.remedy ?? '')?.[1] ?? '';
  expect(typed).toBe(`enable-rotation ${primary?.KeyId ?? ''} --region eu-central-1 --apply`);
  expect(await said(rota, ...typed.split(' '))).toMatchObject({ exitCode: 0 });
  expect(await ofReplica()).toEqual([]);

  // What it would do, then all of it but for the key that refuses and the one that cannot.
  const enabled = async () => (await rota.kms.send(new GetKeyRotationStatusCommand({ KeyId: reports }))).KeyRotationEnabled;
  const dry = await said(rota, 'enable-rotation', '--all', '--json');
  expect(dry).toMatchObject({ exitCode: 0 });
  expect((dry.document() as Enabled).keys.map(({ outcome }) => outcome)).toEqual(['would-enable', 'would-enable']);
  expect(await enabled()).toBe(false);
  const named = await said(rota, 'enable-rotation', 'alias/reports', signing, stubborn, '11111111-1111-1111-1111-111111111111', '--apply', '--period-days', '180', '--json');
  expect(named.exitCode).toBe(1);
  expect((named.document() as Enabled)).toMatchObject({ applied: true, periodDays: 180 });
  const outcomes = Object.fromEntries((named.document() as Enabled).keys.map(({ key, outcome, reason }) => [key, reason ?? outcome]));
  expect(outcomes).toEqual({
    'alias/reports': 'enabled',
    [signing]: 'KMS rotates symmetric encryption keys only',
    [stubborn]: 'EnableKeyRotation ended with AccessDeniedException',
    '11111111-1111-1111-1111-111111111111': 'DescribeKey ended with NotFoundException',
  });
  expect(await enabled()).toBe(true);
  // Less often than it rotates already is no remedy: left alone.
  expect(((await said(rota, 'enable-rotation', reports, '--apply', '--period-days', '365', '--json')).document() as Enabled).keys).toMatchObject([{ outcome: 'unchanged', periodDays: 180 }]);

  const until = '2999-12-31';
  const excuse = (key: string) => ({ key, owner: 'security', reason: 'known, and looked at every year', until });
  await rota.apply((registry) => ({
    ...registry,
    automaticRotation: { periodDays: 180 },
    exceptions: [...['alias/signing', 'alias/stubborn', 'alias/rota-decisions', 'alias/rota-dossiers'].map(excuse)],
  }));
  expect((await said(rota, 'enable-rotation', '--all', '--apply')).exitCode).toBe(0);
  const last = await said(rota, 'inventory', '--json');
  expect((last.document() as Document).keys.filter(({ standing }) => standing === 'finding')).toEqual([]);
  expect(last.exitCode).toBe(0);
  // Next year the payments key will be overdue.
  const later = await said(rota, 'inventory', '--as-of', '2999-01-01', '--json');
  expect(later.exitCode).toBe(1);
  expect((later.document() as Document).keys.filter(({ standing }) => standing === 'finding').map(({ aliases, findings }) => [aliases, findings.map(({ name }) => name)])).toEqual([[['alias/payments'], ['overdue']]]);
});
