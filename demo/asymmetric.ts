import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, DeletePublicAccessBlockCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import type { Person } from '../core/registry/registry-schema.ts';
import { CachingVerifier } from './caching-verifier.ts';
import { asYaml, credentialsOf, jsonAs, personsOf, tokensKey, type Place } from './cast.ts';
import { must, questionOf, shownOn, type Say } from './stage.ts';
import { TokenSigner, type SignedMessage } from './token-signer.ts';

/** The clock that the embedded AWS owns: weeks pass in milliseconds. */
interface DemoClock {
  now(): number;
  advance(ms: number): Promise<void>;
}

const bucket = 'rota-published-keys';
const hour = 3_600_000;
/** How long a token lives, as the registry says. */
const tokenLifeMs = 43_200 * 1000;

/** The service that signs tokens and the two consumers that verify them, hour by hour, through the whole rollover. */
class Traffic {
  readonly #clock: DemoClock;
  readonly #signer: TokenSigner;
  readonly #verifiers: readonly CachingVerifier[];
  readonly #alive: SignedMessage[] = [];
  checks = 0;
  failures = 0;

  constructor(clock: DemoClock, signer: TokenSigner, verifiers: readonly CachingVerifier[]) {
    this.#clock = clock;
    this.#signer = signer;
    this.#verifiers = verifiers;
  }

  /** An hour of business: a token is signed, and every consumer verifies every token that is alive. */
  async hour(): Promise<void> {
    const now = this.#clock.now();
    this.#alive.push(await this.#signer.sign(`token of ${new Date(now).toISOString()}`, now));
    while ((this.#alive[0]?.signedAtMs ?? now) < now - tokenLifeMs) this.#alive.shift();
    for (const verifier of this.#verifiers)
      for (const token of this.#alive) {
        this.checks++;
        if (!(await verifier.verifies(token, now))) this.failures++;
      }
    await this.#clock.advance(hour);
  }

  /** Business goes on until something holds. */
  async until(reached: () => Promise<boolean>): Promise<void> {
    for (let hours = 0; hours < 24 * 60; hours++) {
      if (await reached()) return;
      await this.hour();
    }
    throw new Error('the demo failed: sixty days passed in vain');
  }
}

/** A whole asymmetric rotation: published, acknowledged, switched, drained, while two consumers verify without a break. */
export async function asymmetricDemo(place: Place, people: readonly Person[], folder: string, clock: DemoClock, say: Say): Promise<void> {
  const shown = shownOn(place, say);
  const as = { endpoint: place.url, region: place.region, credentials: credentialsOf(place, 'pat') };
  const kms = new KMSClient(as);
  const s3 = new S3Client({ ...as, forcePathStyle: true });
  try {
    say('1. The bank signs tokens with alias/tokens; a gateway and a partner verify them with the published key set');
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'Tokens' }));
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
    const url = `${place.url}/${bucket}/.well-known/jwks.json`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    // Public keys are for everybody: the one bucket where S3's block on public policies is lifted.
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    const open = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }] };
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(open) }));
    const key = tokensKey([{ name: 'jwks', kind: 's3', bucket, prefix: '', readBackUrl: url }], place.accountId);
    const file = join(folder, 'rota-tokens.yaml');
    await writeFile(file, asYaml({ version: 1, people: personsOf(people), keys: [key] }));
    await shown('pat', 0, 'registry', 'apply', file);

    say('2. The custodian starts the rotation: the new key is made, proved by itself, and published beside the old one');
    await shown('carol', 0, 'plan', 'alias/tokens');
    const { rotationId } = await jsonAs<{ rotationId: string }>(place, 'carol', 'rotate', 'alias/tokens', '--reason', 'yearly rotation');
    say(`carol$ rota rotate alias/tokens --reason "yearly rotation"\n    ${rotationId}`);
    const standing = () => jsonAs<{ status: string; rollover?: { state: string; newThumbprint?: string } }>(place, 'carol', 'status', rotationId);
    const state = async () => (await standing()).rollover?.state;
    for (let tries = 0; (await state()) !== 'PUBLISHED'; tries++) if (tries > 600) throw new Error('the demo failed: nothing was published');
    const verifiers = ['gateway', 'partner'].map((name) => new CachingVerifier(name, url, key.rollover.cacheTtlSeconds, 'ECDSA_SHA_256'));
    const traffic = new Traffic(clock, new TokenSigner(kms, 'alias/tokens', 'ECDSA_SHA_256'), verifiers);
    for (let h = 0; h < 12; h++) await traffic.hour();

    say('3. Each consumer says that it has the new key, by its thumbprint; a wrong one is refused');
    const [, newKid = ''] = (await verifiers[0]?.fetchKeys(clock.now())) ?? [];
    await shown('gina', 1, 'ack', rotationId, '--consumer', 'gateway', '--thumbprint', 'A'.repeat(43));
    await shown('gina', 0, 'ack', rotationId, '--consumer', 'gateway', '--thumbprint', newKid);
    const link = await jsonAs<{ url: string }>(place, 'carol', 'ack-link', rotationId, '--consumer', 'partner');
    const answer = await fetch(link.url, { method: 'POST', body: new URLSearchParams({ thumbprint: newKid }) });
    must(answer.ok, 'the partner, who has no account here, acknowledges by a link that works once', say);

    say('4. Nothing is switched before every cache has the new key, however early everybody agreed');
    await shown('carol', 0, 'rollover', 'alias/tokens');
    await traffic.until(async () => (await standing()).status === 'WAITING' && (await state()) === 'READY');
    const approvalId = await questionOf(place, rotationId);
    await shown('alice', 0, 'approve', approvalId, '--reason', 'both consumers have it');
    await shown('bob', 0, 'approve', approvalId, '--reason', 'agreed');

    say('5. The alias moves; the old key stops signing, and stays published until the last token it signed is dead');
    await traffic.until(async () => (await standing()).status === 'SUCCEEDED');
    await shown('carol', 0, 'rollover', 'alias/tokens');
    must((await verifiers[0]?.fetchKeys(clock.now()))?.join() === newKid, 'the key set holds the new key alone', say);
    must(traffic.failures === 0, `${traffic.checks} verifications by two consumers, none failed`, say);
  } finally {
    kms.destroy();
    s3.destroy();
  }
}
