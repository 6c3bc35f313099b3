import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateAliasCommand, CreateGrantCommand, CreateKeyCommand, DescribeKeyCommand, EncryptCommand, KMSClient, ListAliasesCommand, ListKeysCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { GetObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws, type Principal } from '../../local/server.ts';
import { accountId, admin, call, client, nameOf, newFolder, options, principal, reader, region, sign, start, type Signer } from '../embedded-aws.ts';

/**
 * AWS STS API Reference: AssumeRole, GetCallerIdentity, "Common Errors"; IAM User Guide: "Temporary security credentials in IAM", "Roles terms and concepts"
 * (role chaining), "AWS JSON policy elements: Principal"; aws-facts 1.14.
 */
const other = '444455556666';
const role = (name: string, allow: readonly string[], trust: Principal['trust'], account = other): Principal => ({
  ...principal(`${name}-${account}`, allow),
  arn: `arn:aws:iam::${account}:role/${name}`,
  accountId: account,
  ...(trust === undefined ? {} : { trust }),
});
const byAdmin = { principals: [admin.arn] };
const keys = role('keys', ['kms:*', 'tag:*', 'cloudtrail:*', 's3:*', 'dynamodb:*', 'sts:AssumeRole'], byAdmin);
const long = role('long', [], { principals: [admin.arn, reader.arn], longestSessionSeconds: 43_200 });
const guarded = role('guarded', [], { ...byAdmin, externalId: 'contract-4711' });
const next = role('next', [], { principals: [keys.arn], longestSessionSeconds: 43_200 });
const ofAccount = role('of-account', [], { principals: [`arn:aws:iam::${accountId}:root`] });
const nobodys = role('nobodys', [], undefined);
const principals = [admin, reader, keys, long, guarded, next, ofAccount, nobodys];

const open = () => start({ principals });

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, form: Record<string, string>, who: Signer = admin): Promise<Answer> {
  const body = new URLSearchParams({ Version: '2011-06-15', ...form }).toString();
  const { headers } = await sign(url, { service: 'sts', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, who });
  const answer = await fetch(url, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

/** What AWS's own client makes of it. */
const assume = (url: string, { arn }: Principal, who: Signer = admin, more: { DurationSeconds?: number; ExternalId?: string; RoleSessionName?: string } = {}): Promise<Signer> =>
  fromTemporaryCredentials({ params: { RoleArn: arn, RoleSessionName: 'maria', ...more }, masterCredentials: client(url, who).credentials, clientConfig: { region, endpoint: url, maxAttempts: 1 } })();

const element = (name: string, text: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1] ?? '';
const session = `arn:aws:sts::${other}:assumed-role/keys/maria`;

test('AssumeRole answers who the session is and what it signs with', async () => {
  const { url } = await open();
  const asked = Date.now();
  const { status, text } = await ask(url, { Action: 'AssumeRole', RoleArn: keys.arn, RoleSessionName: 'maria' });
  expect(status).toBe(200);
  expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<AssumeRoleResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><AssumeRoleResult><AssumedRoleUser>/);
  expect(text).toMatch(/<\/AssumeRoleResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/AssumeRoleResponse>$/);
  expect(element('Arn', text)).toBe(session);
  expect(element('AssumedRoleId', text)).toMatch(/^AROA[0-9A-Z]{17}:maria$/);
  expect(element('AccessKeyId', text)).toMatch(/^ASIA[0-9A-Z]{16}$/);
  expect(element('SecretAccessKey', text)).toHaveLength(40);
  expect(element('SessionToken', text)).not.toBe('');
  // An hour, when nothing else is asked for.
  expect((Date.parse(element('Expiration', text)) - asked) / 1000).toBeCloseTo(3600, -1);
});

test('GetCallerIdentity answers everybody, by whatever they sign with', async () => {
  const { url } = await open();
  const who = async (signer: Signer) => {
    const { text } = await ask(url, { Action: 'GetCallerIdentity' }, signer);
    return ['Arn', 'UserId', 'Account'].map((name) => element(name, text));
  };
  expect(await who(reader)).toEqual([reader.arn, 'reader', accountId]);
  expect(await who(await assume(url, keys))).toEqual([session, expect.stringMatching(/^AROA[0-9A-Z]{17}:maria$/), other]);
});

interface Case {
  readonly what: string;
  readonly form: Record<string, string>;
  readonly who?: Signer;
  readonly answer: string;
}

const assumed = (arn: string, more: Record<string, string> = {}): Record<string, string> => ({ Action: 'AssumeRole', RoleArn: arn, RoleSessionName: 'maria', ...more });
const refused = (who: Principal, arn: string): string => `403 AccessDenied User: ${who.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
const cases: readonly Case[] = [
  { what: 'fifteen minutes', form: assumed(keys.arn, { DurationSeconds: '900' }), answer: '200' },
  { what: 'less', form: assumed(keys.arn, { DurationSeconds: '899' }), answer: "400 ValidationError 1 validation error detected: Value at 'DurationSeconds' failed to satisfy constraint" },
  { what: 'more than an hour of a role as roles are', form: assumed(keys.arn, { DurationSeconds: '3601' }), answer: '400 ValidationError The requested DurationSeconds exceeds the MaxSessionDuration set for this role.' },
  { what: 'twelve hours of a role that allows it', form: assumed(long.arn, { DurationSeconds: '43200' }), answer: '200' },
  { what: 'more', form: assumed(long.arn, { DurationSeconds: '43201' }), answer: "400 ValidationError 1 validation error detected: Value at 'DurationSeconds' failed to satisfy constraint" },
  { what: 'a role that trusts the account', form: assumed(ofAccount.arn), answer: '200' },
  { what: 'a role that trusts others', form: assumed(next.arn), answer: refused(admin, next.arn) },
  { what: 'a role that trusts nobody', form: assumed(nobodys.arn), answer: refused(admin, nobodys.arn) },
  { what: 'a role that is not there', form: assumed(`arn:aws:iam::${other}:role/gone`), answer: refused(admin, `arn:aws:iam::${other}:role/gone`) },
  { what: 'a trusted caller whose own policy does not allow it', form: assumed(long.arn), who: reader, answer: `403 AccessDenied User: ${reader.arn} is not authorized to perform: sts:AssumeRole because no identity-based policy allows the sts:AssumeRole action` },
  { what: 'the external id', form: assumed(guarded.arn, { ExternalId: 'contract-4711' }), answer: '200' },
  { what: 'another external id', form: assumed(guarded.arn, { ExternalId: 'contract-4712' }), answer: refused(admin, guarded.arn) },
  { what: 'no external id', form: assumed(guarded.arn), answer: refused(admin, guarded.arn) },
  { what: 'a session name with a space', form: assumed(keys.arn, { RoleSessionName: 'ma ria' }), answer: "400 ValidationError 1 validation error detected: Value at 'RoleSessionName' failed to satisfy constraint" },
  { what: 'no role', form: { Action: 'AssumeRole', RoleSessionName: 'maria' }, answer: "400 ValidationError 1 validation error detected: Value at 'RoleArn' failed to satisfy constraint" },
  { what: 'a session policy', form: assumed(keys.arn, { Policy: '{}' }), answer: '400 ValidationError The embedded STS does not know Policy.' },
  { what: 'another operation', form: { Action: 'GetSessionToken' }, answer: '400 InvalidAction The embedded STS knows AssumeRole and GetCallerIdentity only, not GetSessionToken.' },
  { what: 'another version', form: { Action: 'GetCallerIdentity', Version: '2010-05-08' }, answer: '400 InvalidAction Could not find operation GetCallerIdentity for version 2010-05-08' },
  { what: 'no action', form: {}, answer: '400 MissingAction' },
  { what: 'an unknown access key', form: { Action: 'GetCallerIdentity' }, who: principal('stranger', ['*']), answer: '403 InvalidClientTokenId The security token included in the request is invalid.' },
  { what: 'a wrong secret', form: { Action: 'GetCallerIdentity' }, who: { ...admin, secretAccessKey: 'a guess' }, answer: '403 SignatureDoesNotMatch' },
];

test.each(cases)('$what: $answer', async ({ form, who, answer }) => {
  const { url } = await open();
  const { status, text } = await ask(url, form, who);
  const said = status === 200 ? '200' : `${status} ${element('Code', text)} ${element('Message', text)}`;
  expect(said.replaceAll('&apos;', "'").startsWith(answer) ? answer : said).toBe(answer);
  if (status !== 200) expect(text).toMatch(/<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type>.*<\/Error><RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/);
});

test('without a signature it is told so, in the same form', async () => {
  const { url } = await open();
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Action=GetCallerIdentity&Version=2011-06-15' });
  expect(answer.status).toBe(403);
  expect(element('Code', await answer.text())).toBe('MissingAuthenticationToken');
});

test('code in this process speaks to it without a signature, too', async () => {
  const embedded = await open();
  const { requestHandler } = embedded.inside('admin');
  const { response } = await requestHandler.handle({ method: 'POST', path: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Action=GetCallerIdentity&Version=2011-06-15' });
  const chunks: Buffer[] = [];
  for await (const chunk of response.body as AsyncIterable<Buffer>) chunks.push(chunk);
  expect(element('Arn', Buffer.concat(chunks).toString())).toBe(admin.arn);
});

test('a session that assumes a role has an hour at most, whatever that role allows', async () => {
  const { url } = await open();
  const chained = await assume(url, keys);
  expect((await ask(url, assumed(next.arn, { DurationSeconds: '3600' }), chained)).status).toBe(200);
  expect((await ask(url, assumed(next.arn, { DurationSeconds: '3601' }), chained)).text).toContain('exceeds the 1 hour session limit for roles assumed by role chaining.');
});

describe('temporary credentials', () => {
  afterEach(() => vi.useRealTimers());
  const listKeys = async (url: string, who: Signer): Promise<string> => {
    const answer = await call(url, 'kms', 'TrentService.ListKeys', {}, who);
    return `${answer.status} ${((await answer.json()) as { __type?: string; message?: string }).message ?? ''}`.trim();
  };
  const s3 = (url: string, who: Signer) => new S3Client({ ...client(url, who), forcePathStyle: true });
  const invalid = '403 The security token included in the request is invalid.';

  test('need their token, and no other', async () => {
    const { url } = await open();
    const maria = await assume(url, keys);
    const { sessionToken = '', ...without } = await assume(url, keys, admin, { RoleSessionName: 'nora' });
    expect(await listKeys(url, maria)).toBe('200');
    expect(await listKeys(url, without)).toBe(invalid);
    expect(await listKeys(url, { ...maria, sessionToken })).toBe(invalid);
    expect(await listKeys(url, { ...maria, sessionToken: (maria.sessionToken ?? '').replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) })).toBe(invalid);
    expect(await listKeys(url, { ...admin, sessionToken })).toBe(invalid);
    expect(await listKeys(url, { ...maria, secretAccessKey: without.secretAccessKey })).toMatch(/^403 The request signature we calculated/);
    expect(await nameOf(s3(url, maria).send(new ListBucketsCommand({})))).toBe('no error');
    expect(await nameOf(s3(url, without).send(new ListBucketsCommand({})))).toBe('InvalidAccessKeyId');
    expect(await nameOf(s3(url, { ...maria, sessionToken }).send(new ListBucketsCommand({})))).toBe('InvalidToken');
  });

  test('end after their time: real time, since signatures go by it, and not the time of the embedded AWS', async () => {
    const embedded = await open();
    const { url } = embedded;
    const maria = await assume(url, keys, admin, { DurationSeconds: 900 });
    await embedded.clock.advance(400 * 86_400_000);
    expect(await listKeys(url, maria)).toBe('200');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 899_000 });
    expect(await listKeys(url, maria)).toBe('200');
    vi.setSystemTime(Date.now() + 2000);
    const expired = await call(url, 'kms', 'TrentService.ListKeys', {}, maria);
    expect([expired.status, await expired.json()]).toMatchObject([403, { __type: 'ExpiredTokenException', message: 'The security token included in the request is expired' }]);
    expect(await nameOf(s3(url, maria).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })))).toBe('ExpiredToken');
    expect(await ask(url, { Action: 'GetCallerIdentity' }, maria)).toMatchObject({ status: 403, text: expect.stringContaining('<Code>ExpiredToken</Code>') as string });
  });

  test('outlive a restart, but not their role', async () => {
    const folder = await newFolder();
    const opened = async (change: readonly Principal[] = principals): Promise<EmbeddedAws> => {
      const embedded = await startEmbeddedAws(options(folder, { principals: change }));
      onTestFinished(() => embedded.close());
      return embedded;
    };
    const first = await opened();
    const maria = await assume(first.url, keys);
    await first.close();
    const second = await opened();
    expect(await listKeys(second.url, maria)).toBe('200');
    await second.close();
    const third = await opened(principals.filter((p) => p !== keys));
    expect(await listKeys(third.url, maria)).toBe(invalid);
  });
});

describe('for KMS a session', () => {
  const root = (account: string) => ({ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' });
  const allow = (AWS: string) => ({ Effect: 'Allow', Principal: { AWS }, Action: 'kms:Encrypt', Resource: '*' });
  const deny = (Condition: object) => ({ Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*', Condition });
  const denied = expect.stringMatching(/^AccessDenied/) as string;

  test.each([
    ['its role names, in the policy of another account', [allow(keys.arn)], 'no error'],
    ['itself', [allow(session)], 'no error'],
    ['its account', [allow(`arn:aws:iam::${other}:root`)], 'no error'],
    ['another session of the role', [allow(session.replace('maria', 'nora'))], denied],
    ['another role', [allow(next.arn)], denied],
    ['nobody', [], denied],
    ['its role as aws:PrincipalArn, in a Deny', [allow(keys.arn), deny({ ArnEquals: { 'aws:PrincipalArn': keys.arn } })], denied],
    ['others as aws:PrincipalArn, in a Deny', [allow(keys.arn), deny({ ArnEquals: { 'aws:PrincipalArn': session } })], 'no error'],
    ['its name at the end of aws:userid, in a Deny', [allow(keys.arn), deny({ StringLike: { 'aws:userid': 'AROA*:maria' } })], denied],
  ])('is who is meant by: %s', async (_, statements, outcome) => {
    const { url } = await open();
    const ours = new KMSClient(client(url));
    const Arn = (await ours.send(new CreateKeyCommand({}))).KeyMetadata?.Arn;
    await ours.send(new PutKeyPolicyCommand({ KeyId: Arn, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [root(accountId), ...statements] }) }));
    const theirs = new KMSClient(client(url, await assume(url, keys)));
    expect(await nameOf(theirs.send(new EncryptCommand({ KeyId: Arn, Plaintext: Buffer.from('x') })))).toEqual(outcome);
  });

  test('has the grants of its role', async () => {
    const { url } = await open();
    const ours = new KMSClient(client(url));
    const KeyId = (await ours.send(new CreateKeyCommand({}))).KeyMetadata?.Arn;
    const theirs = new KMSClient(client(url, await assume(url, keys)));
    expect(await nameOf(theirs.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })))).toBe('AccessDeniedException');
    await ours.send(new CreateGrantCommand({ KeyId, GranteePrincipal: keys.arn, Operations: ['Encrypt'] }));
    expect(await nameOf(theirs.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })))).toBe('no error');
    expect(await nameOf(theirs.send(new DescribeKeyCommand({ KeyId })))).toBe('AccessDeniedException');
  });
});

describe('an account', () => {
  const tagging = (url: string, who: Signer) => call(url, 'tagging', 'ResourceGroupsTaggingAPI_20170126.GetResources', {}, who).then((answer) => answer.text());

  test('has keys, aliases, tags and events of its own in each Region', async () => {
    const { url } = await open();
    const maria = await assume(url, keys);
    const clients = { ours: new KMSClient(client(url)), theirs: new KMSClient(client(url, maria)), west: new KMSClient({ ...client(url, maria), region: 'eu-west-1' }) };
    const arns: Record<string, string> = {};
    for (const [name, kms] of Object.entries(clients)) {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'of', TagValue: name }] }));
      arns[name] = KeyMetadata?.Arn ?? '';
      // The same name in each.
      await kms.send(new CreateAliasCommand({ AliasName: 'alias/reports', TargetKeyId: KeyMetadata?.KeyId }));
    }
    expect(Object.values(arns).map((arn) => arn.split(':').slice(3, 5))).toEqual([
      [region, accountId],
      [region, other],
      ['eu-west-1', other],
    ]);
    for (const [name, kms] of Object.entries(clients)) {
      expect((await kms.send(new ListKeysCommand({}))).Keys?.map(({ KeyArn }) => KeyArn)).toEqual([arns[name]]);
      const { Aliases = [] } = await kms.send(new ListAliasesCommand({}));
      expect(Aliases.filter(({ AliasName }) => AliasName === 'alias/reports').map(({ AliasArn }) => AliasArn)).toEqual([arns[name]?.replace(/key\/.*/, 'alias/reports')]);
    }
    expect(await tagging(url, admin)).toContain(arns.ours);
    expect(await tagging(url, maria)).toContain(arns.theirs);
    expect(await tagging(url, maria)).not.toContain(accountId);
    const trail = new CloudTrailClient(client(url, maria));
    const { Events = [] } = await trail.send(new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateKey' }] }));
    expect(Events.map(({ CloudTrailEvent = '{}' }) => JSON.parse(CloudTrailEvent) as object)).toMatchObject([
      { recipientAccountId: other, awsRegion: region, userIdentity: { type: 'AssumedRole', arn: session, accountId: other, principalId: expect.stringMatching(/^AROA.*:maria$/) as string } },
    ]);
    expect(Events.map(({ Username }) => Username)).toEqual(['maria']);
  });

  test('has quotas of its own in each Region', async () => {
    const { url } = await start({ principals, quotaScale: 1 });
    const maria = await assume(url, keys);
    const enabling = (who: Signer, at = region) => new KMSClient({ ...client(url, who), region: at });
    // Five a second ("requests-per-second", KMS Developer Guide).
    const made = async (kms: KMSClient, count: number) => (await Promise.all(Array.from({ length: count }, () => nameOf(kms.send(new CreateKeyCommand({})))))).filter((name) => name === 'ThrottlingException').length;
    expect(await made(enabling(admin), 20)).toBeGreaterThan(0);
    expect(await made(enabling(maria), 5)).toBe(0);
    expect(await made(enabling(maria, 'eu-west-1'), 5)).toBe(0);
  });

  test('that is not the one of the tables sees none of them', async () => {
    const { url } = await open();
    const maria = await assume(url, keys);
    const answer = await call(url, 'dynamodb', 'DynamoDB_20120810.ListTables', {}, maria);
    expect(await answer.json()).toMatchObject({ __type: 'AccessDeniedException', message: `The embedded DynamoDB has the tables of account ${accountId} only.` });
  });
});
