import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EmbeddedClock } from '../../local/clock.ts';
import { KmsQuotas } from '../../local/kms/quotas.ts';
import { openKms, type Kms } from '../../local/kms/server.ts';
import { RequestRates } from '../../local/request-rates.ts';
import { makeTagging } from '../../local/tagging.ts';
import { AwsError } from '../../local/wire/errors.ts';
import { base64, callerOf } from '../local/kms/harness.ts';

/** KMS Developer Guide, "requests-per-second" (aws-facts 2.1): what one account may ask of one Region in a second. */
let folder: string;
let kms: Kms;
let nowMs = 0;
const rates = (scale = 1) => new RequestRates(scale, () => nowMs);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-quotas-'));
  kms = await openKms({ folder, clock: new EmbeddedClock(), quotas: new KmsQuotas(rates()) });
});
afterAll(async () => {
  await kms.close();
  await rm(folder, { recursive: true, force: true });
});
/** Every bucket is full again. */
beforeEach(() => (nowMs += 60_000));

const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: unknown) => (error instanceof AwsError ? error.code : String(error)),
  );

/** How many calls go through at one instant before one is throttled. */
async function admitted(call: () => Promise<unknown>): Promise<number> {
  for (let count = 0; ; count++) if (/^Thrott/.test(await codeOf(call()))) return count;
}

// A call without its input fails, and counts all the same.
test.each([
  ['GetParametersForImport', 1],
  ['CreateKey', 5],
  ['UpdateAlias', 5],
  ['GetKeyLastUsage', 5],
  ['RotateKeyOnDemand', 5],
  ['TagResource', 10],
  ['EnableKeyRotation', 15],
  ['ImportKeyMaterial', 15],
  ['CreateGrant', 50],
  ['ListKeyRotations', 100],
  ['ListKeys', 500],
  ['ListAliases', 500],
  ['GetKeyRotationStatus', 1000],
  ['DescribeKey', 2000],
])('%s is answered %i times a second', async (operation, perSecond) => {
  const ask = () => kms.handle(operation, { KeyId: '-' }, callerOf());
  expect(await admitted(ask)).toBe(perSecond);
  nowMs += 1000;
  expect(await admitted(ask)).toBe(perSecond);
});

test('a throttled call says so in the words of KMS, with status 400, and does nothing', async () => {
  const { KeyMetadata } = (await kms.handle('CreateKey', {}, callerOf())) as { KeyMetadata: { KeyId: string } };
  await admitted(() => kms.handle('EnableKeyRotation', {}, callerOf()));
  await expect(kms.handle('EnableKeyRotation', { KeyId: KeyMetadata.KeyId }, callerOf())).rejects.toMatchObject({ code: 'ThrottlingException', httpStatus: 400 });
  expect(await kms.handle('GetKeyRotationStatus', { KeyId: KeyMetadata.KeyId }, callerOf())).toMatchObject({ KeyRotationEnabled: false });
});

test('each quota is its own, and so is that of each Region', async () => {
  await admitted(() => kms.handle('UpdateAlias', {}, callerOf()));
  expect(await codeOf(kms.handle('CreateAlias', {}, callerOf()))).toBe('ValidationException');
  expect(await codeOf(kms.handle('UpdateAlias', {}, callerOf(undefined, 'eu-west-1')))).toBe('ValidationException');
});

test('symmetric and HMAC keys share one quota of cryptographic operations; RSA keys have another', async () => {
  const scaled = join(folder, 'scaled');
  await mkdir(scaled);
  // 20,000 in eu-central-1, and 1,000 for RSA.
  const small = await openKms({ folder: scaled, clock: new EmbeddedClock(), quotas: new KmsQuotas(rates(0.001)) });
  const make = async (input: object): Promise<string> => {
    nowMs += 60_000_000;
    return ((await small.handle('CreateKey', { ...input }, callerOf())) as { KeyMetadata: { KeyId: string } }).KeyMetadata.KeyId;
  };
  const [aes, hmac, rsa] = [await make({}), await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }), await make({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })];
  const encrypt = () => small.handle('Encrypt', { KeyId: aes, Plaintext: base64('x') }, callerOf());
  const mac = () => small.handle('GenerateMac', { KeyId: hmac, Message: base64('x'), MacAlgorithm: 'HMAC_SHA_256' }, callerOf());
  const sign = () => small.handle('Sign', { KeyId: rsa, Message: base64('x'), SigningAlgorithm: 'RSASSA_PSS_SHA_256' }, callerOf());
  nowMs += 60_000;
  for (let i = 0; i < 8; i++) await mac();
  expect(await admitted(encrypt)).toBe(12);
  expect(await codeOf(mac())).toBe('ThrottlingException');
  expect(await admitted(sign)).toBe(1);
  await small.close();
});

test('GetResources is throttled under a name of its own', async () => {
  const tagging = makeTagging(() => [], rates());
  const ask = () => tagging.handle('GetResources', {}, callerOf());
  expect(await admitted(ask)).toBe(15);
  expect(await codeOf(ask())).toBe('ThrottledException');
});
