import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand, EnableKeyRotationCommand, GetKeyRotationStatusCommand, KMSClient, ReplicateKeyCommand, ScheduleKeyDeletionCommand, TagResourceCommand, UpdateAliasCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { KpiReport } from '../../core/kpi/report.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota, type Rota } from '../rota.ts';

const [own, shop, bank, closed] = ['000000000000', '111122223333', '444455556666', '777788889999'] as const;
const [central, west] = ['eu-central-1', 'eu-west-1'] as const;
const roleIn = (account: string): string => `arn:aws:iam::${account}:role/rota-sweep`;
/** Nobody made that account a role. */
const refusal = (by: string): string => `The role ${roleIn(closed)} cannot be assumed: User: ${by} is not authorized to perform: sts:AssumeRole on resource: ${roleIn(closed)}`;

const startAccounts = (): Promise<Rota> => startRota({ accounts: [shop, bank] });

/** Settings of clients by which pat administers an account. */
function administering({ local: { place } }: Rota, account: string, region: string) {
  const pat = credentialsOf(place, 'pat');
  const RoleArn = place.accounts.find(({ accountId }) => accountId === account)?.adminRoleArn;
  const credentials = account === own ? pat : fromTemporaryCredentials({ params: { RoleArn, RoleSessionName: 'pat' }, masterCredentials: pat, clientConfig: { region, endpoint: place.url } });
  return { endpoint: place.url, region, credentials };
}

function kmsOf(rota: Rota, account: string, region: string): KMSClient {
  const kms = new KMSClient(administering(rota, account, region));
  onTestFinished(() => kms.destroy());
  return kms;
}

async function makeKey(kms: KMSClient, alias: string, input: CreateKeyCommandInput = {}): Promise<string> {
  const keyId = (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
  return keyId;
}

const rotates = async (kms: KMSClient, KeyId: string): Promise<boolean | undefined> => (await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled;

/** Words of a command that Rota says to type. */
const typed = (command: string): string[] => (/`?rota ([^`]*)`?/.exec(command)?.[1] ?? '').split(' ');

interface Document {
  readonly keys: readonly { readonly arn: string; readonly aliases: readonly string[]; readonly class: string; readonly why?: string; readonly findings: readonly { readonly name: string; readonly remedy: string }[] }[];
  readonly targets: readonly { readonly accountId: string; readonly region: string; readonly error?: string }[];
}

test('an inventory of two accounts in two Regions: every kind of key in its place and class, and an account that refuses keeps none back', async () => {
  const rota = await startAccounts();
  const here = kmsOf(rota, shop, central);
  await here.send(new EnableKeyRotationCommand({ KeyId: await makeKey(here, 'alias/rotates'), RotationPeriodInDays: 180 }));
  const off = await makeKey(here, 'alias/off');
  await makeImportedKey(here, 'alias/imported');
  await makeKey(here, 'alias/rsa', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  await makeKey(here, 'alias/hmac', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  await here.send(new DisableKeyCommand({ KeyId: await makeKey(here, 'alias/disabled') }));
  await here.send(new ScheduleKeyDeletionCommand({ KeyId: await makeKey(here, 'alias/goes') }));
  // The same alias in another Region and in another account is another key.
  await makeKey(kmsOf(rota, shop, west), 'alias/off');
  await makeKey(kmsOf(rota, bank, west), 'alias/off', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const estate = ['inventory', ...[central, west].flatMap((region) => ['--region', region]), ...[shop, closed, bank].flatMap((account) => ['--role-arn', roleIn(account)])];

  const said = await rota.as('pat', ...estate, '--json');
  expect(said.exitCode).toBe(1);
  const { keys, targets } = JSON.parse(said.out) as Document;
  const seen = keys.map(({ arn, aliases, class: its, why }) => [...arn.split(':').slice(3, 5).reverse(), aliases.join(), why ?? its].join(' ')).sort();
  expect(seen.filter((line) => !line.includes('alias/aws/'))).toEqual([
    `${shop} ${central} alias/disabled disabled`,
    `${shop} ${central} alias/goes pending-deletion`,
    `${shop} ${central} alias/hmac hmac`,
    `${shop} ${central} alias/imported imported`,
    `${shop} ${central} alias/off rotation-off`,
    `${shop} ${central} alias/rotates rotates`,
    `${shop} ${central} alias/rsa asymmetric`,
    `${shop} ${west} alias/off rotation-off`,
    `${bank} ${west} alias/off asymmetric`,
  ]);
  const pat = `arn:aws:iam::${own}:user/pat`;
  expect(targets.map(({ accountId, region, error }) => [accountId, region, error])).toEqual(
    [central, west].flatMap((region) => [
      [shop, region, undefined],
      [closed, region, refusal(pat)],
      [bank, region, undefined],
    ]),
  );
  const sentence = (region: string): string => `rota: ${closed} ${region} could not be swept. ${refusal(pat)}\n      The role must be there and trust who asks, and they must be allowed \`sts:AssumeRole\` on it: runbooks/sweep.md, "In other accounts".\n`;
  expect(said.err.split(/^(?=rota: )/m).sort()).toEqual([sentence(central), sentence(west)]);

  const table = (await rota.as('pat', ...estate)).out;
  expect(table).toMatch(new RegExp(`^${shop} ${west} +alias/off +rotation-off `, 'm'));
  expect(table).toMatch(new RegExp(`^${bank} ${west} +alias/off +manual, asymmetric `, 'm'));
  expect(table).toContain(`${closed} ${west}: not swept. ${refusal(pat)}`);
  expect(table).toContain(`${bank} ${central}: 0 keys`);
  const csv = (await rota.as('pat', ...estate, '--csv')).out.split('\r\n');
  expect(csv).toHaveLength(keys.length + 2);
  expect(csv.filter((line) => line.startsWith(`arn:aws:kms:${central}:${shop}:key/${off},alias/off,rotation-off,`))).toHaveLength(1);

  // What it says to type is enough, from wherever one is.
  const [remedy = ''] = keys.find(({ arn }) => arn.startsWith(`arn:aws:kms:${west}:${shop}:`))?.findings.map((f) => f.remedy) ?? [];
  const keyInWest = keys.find(({ arn }) => arn.startsWith(`arn:aws:kms:${west}:${shop}:`))?.arn ?? '';
  expect((await rota.as('pat', ...typed(remedy))).exitCode).toBe(0);
  expect(await rotates(kmsOf(rota, shop, west), keyInWest)).toBe(true);
  expect(await rotates(here, off)).toBe(false);
});

test('the aliases of the registry are those of Rota’s own account and Region, whatever is named first', async () => {
  const rota = await startAccounts();
  await makeImportedKey(rota.kms, 'alias/payments');
  await makeImportedKey(kmsOf(rota, own, west), 'alias/payments');
  await makeImportedKey(kmsOf(rota, shop, central), 'alias/payments');
  await rota.apply();
  const payments = async (...places: string[]): Promise<string[]> => {
    const { keys } = JSON.parse((await rota.as('pat', 'inventory', '--json', ...places)).out) as Document;
    return keys.filter(({ aliases }) => aliases.includes('alias/payments')).map(({ arn, findings: found }) => [...arn.split(':').slice(3, 5), ...found.map(({ name }) => name)].join(' ')).sort();
  };
  expect(await payments('--role-arn', roleIn(shop))).toEqual([`${central} ${shop} unregistered`]);
  expect(await payments('--region', west, '--region', central)).toEqual([`${central} ${own}`, `${west} ${own} unregistered`]);
  // Nor is it missing where nobody expects it.
  expect((await rota.as('pat', 'inventory', '--role-arn', roleIn(bank))).out).not.toContain('missing');
  // A file says nothing of where it is for: there it is the first.
  const file = ['--registry', join(rota.folder, 'rota.yaml')];
  expect(await payments('--region', west, '--region', central, ...file)).toEqual([`${central} ${own} unregistered`, `${west} ${own}`]);
});

test('enable-rotation goes through the roles; one that is refused is told, and the others are done', async () => {
  const rota = await startAccounts();
  const made = await Promise.all(
    [shop, bank].map(async (account) => {
      const kms = kmsOf(rota, account, central);
      return { kms, account, keyId: await makeKey(kms, 'alias/reports') };
    }),
  );
  const all = ['enable-rotation', '--all', '--apply', '--period-days', '180', ...[shop, closed, bank].flatMap((account) => ['--role-arn', roleIn(account)])];
  const said = await rota.as('pat', ...all, '--json');
  expect(said.exitCode).toBe(1);
  expect(said.err).toContain(`rota: ${closed} ${central} could not be swept. The role ${roleIn(closed)} cannot be assumed: `);
  const { keys, failed } = JSON.parse(said.out) as { keys: { key: string; account: string; outcome: string }[]; failed: object[] };
  expect(keys.map(({ key, account, outcome }) => [account, key, outcome]).sort()).toEqual([shop, bank].map((account) => [account, made.find((m) => m.account === account)?.keyId, 'enabled']));
  expect(failed).toEqual([{ region: central, account: closed, error: refusal(`arn:aws:iam::${own}:user/pat`) }]);
  for (const { kms, keyId } of made) expect(await rotates(kms, keyId)).toBe(true);

  const again = await rota.as('pat', ...all);
  expect(again).toMatchObject({ exitCode: 1, out: `Nothing to do in ${shop} ${central}, ${bank} ${central}.\n` });
  // Where the refusing one is all there is, that is the failure.
  const alone = await rota.as('pat', 'enable-rotation', 'alias/reports', '--role-arn', roleIn(closed));
  expect(alone).toMatchObject({ exitCode: 1, err: expect.stringMatching(/^rota: The role .* cannot be assumed: /) as string });
});

interface Sweep {
  readonly sweepId: string;
  readonly result: { readonly targets: readonly { readonly region: string; readonly roleArn?: string; readonly place?: string; readonly keys?: number; readonly enabled?: number; readonly error?: string }[]; readonly failed: number };
}
interface Finding {
  readonly name: string;
  readonly place: string;
  readonly about: string;
  readonly remedy: string;
  readonly seenBy: string;
}

const sweeping = (targets: NonNullable<Registry['sweep']>['targets'], remedy: NonNullable<Registry['sweep']>['remedy'] = 'alert') => (registry: Registry): Registry => ({ ...registry, sweep: { targets, remedy } });
const findings = (rota: Rota) => rota.json<Finding[]>('audrey', 'findings', 'list');
const told = (rota: Rota): Promise<void> => rota.local.embedded.clock.advance(1000);
/** The sweep of the day comes by itself, and would do what the next one is to do. */
async function dailySweep(rota: Rota): Promise<void> {
  await told(rota);
  const sweepId = `daily-${new Date(rota.local.embedded.clock.now()).toISOString().slice(0, 10)}`;
  for (let status = ''; status !== 'SUCCEEDED'; ) ({ status = '' } = JSON.parse((await rota.as('audrey', 'sweep', '--show', sweepId, '--json')).out) as { status?: string });
}
const byTask = (task: string): string => `arn:aws:iam::${own}:role/rota-task-${task}`;

test('a sweep goes through accounts and Regions: findings of each, mended by policy where they are, and one that refuses is told and hides none', async () => {
  const rota = await startAccounts();
  await makeImportedKey(rota.kms, 'alias/payments');
  const places = [
    [shop, central],
    [shop, west],
    [bank, west],
  ] as const;
  const made = await Promise.all(
    places.map(async ([account, region]) => {
      const kms = kmsOf(rota, account, region);
      // Of the registry, but only at home.
      await makeImportedKey(kms, 'alias/payments');
      return { place: `${account}/${region}`, kms, arn: `arn:aws:kms:${region}:${account}:key/${await makeKey(kms, 'alias/reports')}` };
    }),
  );
  const targets = [{ region: central }, { region: central, roleArn: roleIn(closed) }, ...places.map(([account, region]) => ({ region, roleArn: roleIn(account) }))];
  await rota.apply(sweeping(targets));
  await dailySweep(rota);
  const sweep = async (): Promise<Sweep> => {
    const said = await rota.as('pat', 'sweep', '--wait', '--json');
    expect(said.exitCode).toBe(1);
    return JSON.parse(said.out) as Sweep;
  };
  const { sweepId, result: first } = await sweep();
  expect(first).toMatchObject({ failed: 1 });
  expect(first.targets.map(({ place, keys }) => [place, keys])).toEqual([[`${own}/${central}`, 4], [undefined, undefined], ...places.map(([account, region]) => [`${account}/${region}`, 2])]);
  const shown = await rota.as('audrey', 'sweep', '--show', sweepId);
  expect(shown.out).toContain(`${closed}/${central}  ${refusal(byTask('sweep-target'))}\n`);
  expect((await findings(rota)).map(({ name, place }) => `${place} ${name}`).sort()).toEqual(places.flatMap(([account, region]) => [`${account}/${region} rotation-off`, `${account}/${region} unregistered`]));

  // As an event to act on: the command in it is whole.
  await rota.apply(sweeping(targets, 'propose'));
  await sweep();
  const proposed = rota.local.embedded.events().filter((e) => e['detail-type'] === 'Rota Rotation Proposed').map(({ detail }) => detail as { place: string; command: string });
  expect(proposed.map(({ place }) => place).sort()).toEqual(made.map(({ place }) => place).sort());
  const command = proposed.find(({ place }) => place === `${bank}/${west}`)?.command ?? '';
  expect((await rota.as('pat', ...typed(command))).exitCode).toBe(0);

  await rota.apply(sweeping(targets, 'enable'));
  expect((await sweep()).result.targets.map(({ place, enabled }) => [place, enabled])).toEqual([[`${own}/${central}`, 0], [undefined, undefined], [`${shop}/${central}`, 1], [`${shop}/${west}`, 1], [`${bank}/${west}`, 0]]);
  for (const { kms, arn } of made) expect(await rotates(kms, arn)).toBe(true);
  expect((await findings(rota)).filter(({ name }) => name === 'rotation-off')).toEqual([]);
  const { automaticRotation } = await rota.json<KpiReport>('audrey', 'kpi');
  expect(automaticRotation.off).toEqual([]);
  // Rota's own key of task tokens rotates too.
  expect(automaticRotation).toMatchObject({ on: 4, eligible: 4 });
});

test('what a finding says to type is enough in another Region of Rota’s own account too', async () => {
  const rota = await startAccounts();
  const there = kmsOf(rota, own, west);
  const reports = await makeKey(there, 'alias/reports');
  const kept = await makeKey(there, 'alias/kept');
  await there.send(new TagResourceCommand({ KeyId: kept, Tags: [{ TagKey: 'rota:retained-for', TagValue: 'payments-s1' }] }));
  await there.send(new ScheduleKeyDeletionCommand({ KeyId: kept }));
  await rota.apply(sweeping([{ region: central }, { region: west }]));
  await rota.json('pat', 'sweep', '--wait');
  const remedyOf = async (keyId: string): Promise<string> => (await findings(rota)).find(({ about }) => about.endsWith(keyId))?.remedy ?? '';
  const off = await remedyOf(reports);
  expect(off).toContain(`\`rota enable-rotation ${reports} --region ${west} --apply\``);
  expect((await rota.as('pat', ...typed(off))).exitCode).toBe(0);
  expect(await rotates(there, reports)).toBe(true);
  expect(await remedyOf(kept)).toContain(`\`aws kms cancel-key-deletion --key-id ${kept} --region ${west}\``);
});

test('a multi-Region key without rotation is found in each Region, and is one case for the time to remediate', async () => {
  const rota = await startAccounts();
  const here = kmsOf(rota, own, central);
  await makeImportedKey(here, 'alias/payments');
  const keyId = await makeKey(here, 'alias/reports', { MultiRegion: true });
  await here.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: west }));
  // The one in the west is looked at first.
  const sweepFrom = async (...regions: string[]): Promise<void> => {
    await rota.apply(sweeping(regions.map((region) => ({ region }))));
    await rota.json('pat', 'sweep', '--wait');
  };
  await sweepFrom(west);
  await sweepFrom(west, central);
  expect((await findings(rota)).map(({ name, place }) => `${name} ${place}`).sort()).toEqual([`rotation-off ${own}/${central}`, `rotation-off ${own}/${west}`]);
  await here.send(new EnableKeyRotationCommand({ KeyId: keyId }));
  await sweepFrom(west, central);
  expect(await findings(rota)).toEqual([]);
  const { timeToRemediate, findings: counted } = await rota.json<KpiReport>('audrey', 'kpi');
  expect(counted).toMatchObject({ opened: 2, closed: 2 });
  expect(timeToRemediate).toMatchObject({ count: 1, ids: [expect.stringContaining(`:${central}:${own}:key/${keyId} `)] });
});

test('an event of another account is looked at by the role there; one of an account that nobody named by none', async () => {
  const rota = await startAccounts();
  const ours = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply(sweeping([{ region: central }, { region: central, roleArn: roleIn(shop) }]));
  const [theirs, others] = [kmsOf(rota, shop, central), kmsOf(rota, bank, central)];
  const reports = await makeKey(theirs, 'alias/reports');
  await told(rota);
  const [found, ...more] = await findings(rota);
  expect(more).toEqual([]);
  expect(found).toMatchObject({ name: 'rotation-off', place: `${shop}/${central}`, about: `arn:aws:kms:${central}:${shop}:key/${reports}`, seenBy: expect.stringMatching(/^event CreateAlias|^event CreateKey/) as string });
  expect(found?.remedy).toContain(`rota enable-rotation ${reports} --region ${central} --role-arn ${roleIn(shop)} --apply`);
  const trail = new CloudTrailClient(administering(rota, shop, central));
  onTestFinished(() => trail.destroy());
  const { Events = [] } = await trail.send(new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'DescribeKey' }] }));
  expect(new Set(Events.map(({ CloudTrailEvent = '{}' }) => (JSON.parse(CloudTrailEvent) as { userIdentity: { arn: string } }).userIdentity.arn))).toEqual(new Set([`arn:aws:sts::${shop}:assumed-role/rota-sweep/rota-inventory`]));

  await theirs.send(new EnableKeyRotationCommand({ KeyId: reports }));
  await told(rota);
  expect(await findings(rota)).toEqual([]);

  // An alias of the registry's name that moves elsewhere is none of the registry's.
  const moved = await makeImportedKey(others, 'alias/payments');
  await others.send(new UpdateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: await makeKey(others, 'alias/other') }));
  await others.send(new DisableKeyCommand({ KeyId: moved }));
  await told(rota);
  expect(await findings(rota)).toEqual([]);
  await rota.kms.send(new DisableKeyCommand({ KeyId: ours }));
  await told(rota);
  expect((await findings(rota)).map(({ name, place }) => [name, place])).toEqual([['registered-key-unusable', `${own}/${central}`]]);
});

test('the profiles of `rota local` lead into its accounts, and they are there again after a restart', async () => {
  const rota = await startAccounts();
  const profiles = await readFile(join(rota.folder, 'credentials'), 'utf8');
  expect(profiles).toContain(`[${bank}]\nrole_arn = arn:aws:iam::${bank}:role/OrganizationAccountAccessRole\nsource_profile = pat\n`);
  const reports = await makeKey(kmsOf(rota, bank, central), 'alias/reports');
  await rota.restart(() => Promise.resolve());
  expect(await rotates(kmsOf(rota, bank, central), reports)).toBe(false);
});
