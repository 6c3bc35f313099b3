import { CloudTrailClient, LookupEventsCommand, type Event, type LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, DisableKeyCommand, EncryptCommand, GenerateDataKeyCommand, GetKeyLastUsageCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openTrail } from '../../local/cloudtrail/server.ts';
import { EmbeddedClock } from '../../local/clock.ts';
import { RequestRates } from '../../local/request-rates.ts';
import { AwsError } from '../../local/wire/errors.ts';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { accountId, admin, call, client, nameOf, newFolder, options, reader, region, start } from '../embedded-aws.ts';
import { callerOf } from '../local/kms/harness.ts';

/** aws-facts 4.1 and 4.3; "Logging AWS KMS API calls with AWS CloudTrail"; LookupEvents of the CloudTrail API reference. */
let folder: string;
let embedded: EmbeddedAws;
let kms: KMSClient;
let trail: CloudTrailClient;
let keyArn: string;

async function open(): Promise<void> {
  const opened = await startEmbeddedAws(options(folder));
  onTestFinished(() => opened.close());
  embedded = opened;
  kms = new KMSClient(client(embedded.url));
  trail = new CloudTrailClient(client(embedded.url));
}

beforeEach(async () => {
  folder = await newFolder();
  await open();
  keyArn = (await kms.send(new CreateKeyCommand({ Description: 'payments' }))).KeyMetadata?.Arn ?? '';
});

const lookUp = async (input: LookupEventsCommandInput = {}): Promise<Event[]> => (await trail.send(new LookupEventsCommand(input))).Events ?? [];
const by = (AttributeKey: 'EventName' | 'ResourceName' | 'Username' | 'ReadOnly' | 'EventId', AttributeValue: string) => lookUp({ LookupAttributes: [{ AttributeKey, AttributeValue }] });
const recordOf = ({ CloudTrailEvent = '' }: Event = {}) => JSON.parse(CloudTrailEvent) as Record<string, unknown>;
const namesOf = (events: readonly Event[]) => events.map(({ EventName }) => EventName);

test('a call tells who, when, what and on which key', async () => {
  const [event] = await by('EventName', 'CreateKey');
  expect(event).toMatchObject({ EventName: 'CreateKey', EventSource: 'kms.amazonaws.com', Username: 'admin', ReadOnly: 'false', Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: keyArn }] });
  expect(Math.abs((event?.EventTime?.getTime() ?? 0) - embedded.clock.now())).toBeLessThan(60_000);
  expect(recordOf(event)).toMatchObject({
    userIdentity: { type: 'IAMUser', arn: admin.arn, accountId, userName: 'admin' },
    eventName: 'CreateKey',
    awsRegion: region,
    requestParameters: { description: 'payments' },
    responseElements: { keyMetadata: { arn: keyArn, keyId: keyArn.split('/')[1] } },
    resources: [{ ARN: keyArn, accountId }],
    eventID: event?.EventId,
    managementEvent: true,
    recipientAccountId: accountId,
  });
});

test('cryptography and readings are there too, without a byte of what they worked on', async () => {
  const EncryptionContext = { purpose: 'card' };
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('a secret of fixed bytes'), EncryptionContext }));
  await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  await kms.send(new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' }));
  await kms.send(new ListKeysCommand({}));
  expect(namesOf(await lookUp())).toEqual(['ListKeys', 'GenerateDataKey', 'Decrypt', 'Encrypt', 'CreateKey']);
  const decrypt = recordOf((await by('EventName', 'Decrypt'))[0]);
  // The caller named no key: the ciphertext did.
  expect(decrypt).toMatchObject({ readOnly: true, requestParameters: { encryptionContext: { purpose: 'card' } }, responseElements: null, resources: [{ ARN: keyArn }], additionalEventData: { keyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
  const all = (await lookUp()).map(({ CloudTrailEvent }) => CloudTrailEvent).join();
  for (const bytes of [Buffer.from('a secret of fixed bytes'), Buffer.from(CiphertextBlob ?? [])]) expect(all).not.toContain(bytes.toString('base64'));
  expect(all).not.toMatch(/plaintext|ciphertextBlob/i);
});

test('a refused use names key and error: who still needs a disabled key', async () => {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }));
  await kms.send(new DisableKeyCommand({ KeyId: keyArn }));
  expect(await nameOf(kms.send(new DecryptCommand({ CiphertextBlob })))).toBe('DisabledException');
  expect(recordOf((await by('EventName', 'Decrypt'))[0])).toMatchObject({ errorCode: 'DisabledException', responseElements: null, resources: [{ ARN: keyArn }] });
});

test('lookups are by one attribute; only changing calls are found by their resource', async () => {
  await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: keyArn }));
  await new KMSClient(client(embedded.url, reader)).send(new ListKeysCommand({}));
  expect(namesOf(await by('ResourceName', keyArn))).toEqual(['CreateAlias', 'CreateKey']);
  expect(namesOf(await by('Username', 'reader'))).toEqual(['ListKeys']);
  expect(namesOf(await by('ReadOnly', 'true'))).toEqual(['ListKeys', 'Encrypt']);
  expect(recordOf((await by('EventName', 'CreateAlias'))[0])).toMatchObject({ requestParameters: { aliasName: 'alias/payments', targetKeyId: keyArn }, responseElements: { keyId: keyArn } });
});

test('the last usage of a key names the event', async () => {
  await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }));
  const { KeyLastUsage } = await kms.send(new GetKeyLastUsageCommand({ KeyId: keyArn }));
  expect(namesOf(await by('EventId', KeyLastUsage?.CloudTrailEventId ?? ''))).toEqual(['Encrypt']);
});

test('pages go back in time, and what comes meanwhile does not shift them', async () => {
  for (let n = 0; n < 6; n += 1) await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x'), EncryptionContext: { n: String(n) } }));
  const seen: unknown[] = [];
  const LookupAttributes: LookupEventsCommandInput['LookupAttributes'] = [{ AttributeKey: 'EventName', AttributeValue: 'Encrypt' }];
  let NextToken: string | undefined;
  do {
    const page: { Events?: Event[] | undefined; NextToken?: string | undefined } = await trail.send(new LookupEventsCommand({ LookupAttributes, MaxResults: 4, NextToken }));
    seen.push(...(page.Events ?? []).map((event) => (recordOf(event).requestParameters as { encryptionContext: { n: string } }).encryptionContext.n));
    ({ NextToken } = page);
    if (NextToken !== undefined) await kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x'), EncryptionContext: { n: 'later' } }));
  } while (NextToken !== undefined);
  expect(seen).toEqual(['5', '4', '3', '2', '1', '0']);
});

test('times bound a lookup, in the time of the embedded clock; after 90 days a call is forgotten', async () => {
  const dayMs = 86_400_000;
  const start = embedded.clock.now();
  await embedded.clock.advance(10 * dayMs);
  await kms.send(new ListKeysCommand({}));
  expect(namesOf(await lookUp({ StartTime: new Date(start + dayMs) }))).toEqual(['ListKeys']);
  expect(namesOf(await lookUp({ EndTime: new Date(start + dayMs) }))).toEqual(['CreateKey']);
  await embedded.clock.advance(81 * dayMs);
  expect(namesOf(await lookUp())).toEqual(['ListKeys']);
});

test.each<[what: string, input: object, name: string]>([
  ['two attributes', { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'a' }, { AttributeKey: 'ReadOnly', AttributeValue: 'true' }] }, 'InvalidLookupAttributesException'],
  ['an unknown attribute', { LookupAttributes: [{ AttributeKey: 'Colour', AttributeValue: 'red' }] }, 'InvalidLookupAttributesException'],
  ['an end before its start', { StartTime: new Date(2e12), EndTime: new Date(1e12) }, 'InvalidTimeRangeException'],
  ['too large a page', { MaxResults: 51 }, 'InvalidMaxResultsException'],
  ['a token of its own making', { NextToken: 'made.up' }, 'InvalidNextTokenException'],
  ['insights', { EventCategory: 'insight' }, 'InvalidEventCategoryException'],
])('a lookup with %s is refused', async (_what, input, name) => {
  expect(await nameOf(lookUp(input))).toBe(name);
});

test('the records outlive a restart', async () => {
  const before = await lookUp();
  await embedded.close();
  await open();
  expect(await lookUp()).toEqual(before);
});

test('answers to the long name that boto3 uses, to nothing else, and to nobody who may not', async () => {
  const long = await call(embedded.url, 'cloudtrail', 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents', {});
  expect(await long.json()).toMatchObject({ Events: [{ EventName: 'CreateKey' }] });
  expect((await call(embedded.url, 'cloudtrail', 'CloudTrail_20131101.CreateTrail', {})).status).toBe(400);
  expect((await call(embedded.url, 'cloudtrail', 'CloudTrail_20131101.LookupEvents', {}, reader)).status).toBe(403);
});

/**
 * LookupEvents: "The rate of lookup requests is limited to two per second, per account, per Region. If this limit is exceeded, a throttling error occurs" (aws-facts 4.3). The error's name
 * and its status of 400: CloudTrail API Reference, "Common Errors", and SDK:ThrottlingException.
 */
test('lookups are answered two a second, to each account in each Region', async () => {
  let nowMs = 0;
  const limited = await openTrail({ file: join(await newFolder(), 'cloudtrail.journal'), clock: new EmbeddedClock(), rates: new RequestRates(1, () => nowMs) });
  onTestFinished(() => limited.close());
  const ask = (caller = callerOf(), input: Record<string, unknown> = {}) =>
    limited.handle('LookupEvents', input, caller).then(
      () => 'answered',
      (error: unknown) => (error instanceof AwsError ? `${error.code} ${error.httpStatus}` : String(error)),
    );
  const refusal = 'ThrottlingException 400';
  expect([await ask(), await ask(), await ask()]).toEqual(['answered', 'answered', refusal]);
  // Nobody else's rate is taken.
  expect([await ask(callerOf(undefined, 'eu-west-1')), await ask({ ...callerOf(), accountId: '444455556666' })]).toEqual(['answered', 'answered']);
  nowMs += 500;
  expect([await ask(), await ask()]).toEqual(['answered', refusal]);
  // What is refused for its input has counted.
  nowMs += 500;
  expect([await ask(callerOf(), { MaxResults: 51 }), await ask()]).toEqual(['InvalidMaxResultsException 400', refusal]);
});

test('an SDK sees the refusal under the name that AWS documents; with a quota scaled by 20 it is forty a second', async () => {
  const answers = async (quotaScale: number, asked: number): Promise<string[]> => {
    const { url } = await start({ quotaScale });
    const limited = new CloudTrailClient(client(url));
    onTestFinished(() => limited.destroy());
    return Promise.all(Array.from({ length: asked }, () => nameOf(limited.send(new LookupEventsCommand({})))));
  };
  expect(new Set(await answers(0.0001, 3))).toEqual(new Set(['no error', 'ThrottlingException']));
  expect(new Set(await answers(20, 40))).toEqual(new Set(['no error']));
});
