import { SignCommand, type KMSClient, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { createHash } from 'node:crypto';
import { sha256Hex } from '../../core/canonical-json.ts';
import { RotaError } from '../../core/errors.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import { assembleCertificate, assembleRequest, certificateAlgorithmOf, certificateToSign, hashOf, requestToSign } from '../../core/publication/certificate.ts';
import { keyFormat } from '../../core/publication/key-formats.ts';
import { keySetBytes, keySetMediaType } from '../../core/publication/key-set.ts';
import { assembleStatement, messageToSign, signerOf, statementBytes, type KeySetStatement } from '../../core/publication/key-set-statement.ts';
import { pemOf, publishedKey, type PublishedKey } from '../../core/publication/published-key.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { publicKeyOf } from '../../store/key-facts.ts';
import type { PublishedDocument, PublishedKeyRecord, PublishedSet } from '../../store/publication-table.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';

/** What a publication is for. */
export type PublicationStage = 'introduce' | 'emergency' | 'switch' | 'remove' | 'restore';

interface Change {
  /** Which of the two keys the set has; keys of earlier rotations stay as they were. */
  readonly keeps: readonly (keyof Pair)[];
  /**
   * Which of them sign its statement. Where the new key comes in, both: who trusts the old one can trust the new one. A
   * compromised key vouches for nothing, one that was stopped cannot, and one that is withdrawn need not.
   */
  readonly signers: readonly (keyof Pair)[];
}

const changes: Readonly<Record<PublicationStage, Change>> = {
  introduce: { keeps: ['old', 'new'], signers: ['old', 'new'] },
  emergency: { keeps: ['new'], signers: ['new'] },
  switch: { keeps: ['new'], signers: ['new'] },
  remove: { keeps: ['new'], signers: ['new'] },
  restore: { keeps: ['old'], signers: ['old'] },
};

export const keySetActions = ['kms:GetPublicKey', 'kms:Sign', 'dynamodb:PutItem', 'dynamodb:Query'] as const;

/** Old and new key of a rotation, as consumers see them. */
interface Pair {
  readonly old: PublishedKey;
  readonly new: PublishedKey;
}

/** The two keys, as KMS has them now. HMAC keys have no public half: they are known by their ARN. */
export async function rotatedKeys({ head, clients }: Pick<Context, 'head' | 'clients'>): Promise<Pair> {
  const plan = rotationPlanOf(head);
  const { spec, usage } = plan.successor;
  const algorithm = plan.rollover?.publication.algorithm;
  const hasPublicKey = keyFormat(spec, usage)?.form !== undefined;
  const seen = async (keyId: string): Promise<PublishedKey> => {
    const spki = hasPublicKey ? await publicKeyOf(clients.kms, keyId) : Buffer.alloc(0);
    return publishedKey({ keyArn: plan.oldKey.arn.replace(/[^/]+$/, keyId), spec, usage, spki, ...(algorithm === undefined ? {} : { algorithm }) });
  };
  return { old: await seen(plan.oldKey.keyId), new: await seen(newKeyIdOf(head)) };
}

/**
 * The key set of a stage, made once and kept whole, so that a repeat sends the same bytes. It follows the latest set of the
 * alias; a stage that changes no key takes that one again.
 */
export async function keySetOf(stage: PublicationStage, turn: number, pair: Pair, context: Context): Promise<PublishedSet> {
  const { head, store, now } = context;
  const plan = rotationPlanOf(head);
  const label = turn === 0 ? stage : `${stage}.${turn}`;
  for (;;) {
    const latest = await store.publications.latest(plan.alias);
    const mine = (await store.publications.ofRotation(plan.alias, plan.rotationId)).find((s) => s.stage === label);
    if (mine !== undefined) return mine;
    const keys = nextKeys((latest?.keys ?? []).map(fromRecord), pair, stage);
    const bytes = keySetBytes(keys);
    if (latest !== undefined && latest.keySetSha256 === sha256Hex(bytes)) return latest;
    const sequence = (latest?.sequence ?? 0) + 1;
    const documents = [
      ...setDocuments(bytes, sequence),
      ...keys.filter((k) => k.spki.length > 0).map(pemDocument),
      ...(await statementDocuments({ stage, sequence, keys, bytes, pair, latest, alias: plan.alias, now }, context)),
      ...(stage === 'introduce' || stage === 'emergency' ? await certificateDocuments(plan, pair.new, context) : []),
    ];
    const set: PublishedSet = { alias: plan.alias, sequence, rotationId: plan.rotationId, stage: label, keySetSha256: sha256Hex(bytes), keys: keys.map(toRecord), documents, madeAt: now };
    if (await store.publications.put(set)) return set;
  }
}

/** The order never matters to a consumer: it finds a key by its `kid`. */
function nextKeys(before: readonly PublishedKey[], pair: Pair, stage: PublicationStage): PublishedKey[] {
  const others = before.filter((k) => k.kid !== pair.old.kid && k.kid !== pair.new.kid);
  return [...others, ...changes[stage].keeps.map((which) => pair[which])];
}

const toRecord = ({ spki, ...key }: PublishedKey): PublishedKeyRecord => ({ ...key, spki: spki.toString('base64') });
const fromRecord = ({ spki, ...key }: PublishedKeyRecord): PublishedKey => ({ ...key, spki: Buffer.from(spki, 'base64') });

const document = (path: string, mediaType: string, body: Buffer | string, immutable = true): PublishedDocument => ({
  path,
  mediaType,
  body: Buffer.from(body as string).toString('base64'),
  immutable,
});

const setDocuments = (bytes: Buffer, sequence: number): PublishedDocument[] => [
  document('.well-known/jwks.json', keySetMediaType, bytes, false),
  document(`key-sets/${sequence}-${sha256Hex(bytes)}.json`, keySetMediaType, bytes),
];

const pemDocument = (key: PublishedKey): PublishedDocument => document(`keys/${key.kid}.pem`, 'application/x-pem-file', pemOf(key));

interface StatementOrder {
  readonly stage: PublicationStage;
  readonly sequence: number;
  readonly keys: readonly PublishedKey[];
  readonly bytes: Buffer;
  readonly pair: Pair;
  readonly latest: PublishedSet | undefined;
  readonly alias: string;
  readonly now: string;
}

/** TUF specification, 5.3.4: a new set counts when those sign it who were trusted so far, and those whom it brings. */
async function statementDocuments({ stage, sequence, keys, bytes, pair, latest, alias, now }: StatementOrder, { clients }: Context): Promise<PublishedDocument[]> {
  if (!directionOf(pair.new.usage).vouches) return [];
  const signers = changes[stage].signers.map((which) => pair[which]);
  const statement: KeySetStatement = {
    version: 1,
    name: alias,
    sequence,
    previous: latest?.keySetSha256 ?? null,
    keySetSha256: sha256Hex(bytes),
    keys: keys.map(({ kid, keyArn, spec }) => ({ kid, keyArn, spec })),
    signers: signers.map((k) => k.kid),
    stage,
    issuedAt: now,
  };
  const payload = statementBytes(statement);
  const signatures = [];
  for (const key of signers) {
    const { signingAlgorithm, messageType } = signerOf(key);
    const message = messageToSign(payload, key);
    signatures.push({ kid: key.kid, signature: await signedBy(clients.kms, key.keyArn, signingAlgorithm, messageType, message) });
  }
  return [document(`statements/${sequence}.json`, 'application/vnd.dsse.envelope.v1+json', assembleStatement(payload, signatures))];
}

/** A certificate or a request, whose signature KMS makes: the private key stays where it is. */
async function certificateDocuments(plan: RotationPlan, key: PublishedKey, { clients, clock }: Context): Promise<PublishedDocument[]> {
  const wanted = plan.rollover?.publication.certificate;
  if (wanted === undefined) return [];
  const signingAlgorithm = certificateAlgorithmOf(key);
  if (signingAlgorithm === undefined) throw new RotaError('MethodDoesNotFit', { key: plan.alias, method: plan.method, reason: `there are no certificates for a key of ${key.spec}` });
  const sign = (tbs: Buffer) => signedBy(clients.kms, key.keyArn, signingAlgorithm, 'DIGEST', createHash(hashOf(signingAlgorithm)).update(tbs).digest());
  const order = { spki: key.spki, signingAlgorithm, subject: wanted.subject };
  if (wanted.kind === 'request') return [document(`keys/${key.kid}.csr`, 'application/pkcs10', assembleRequest(order, await sign(requestToSign(order).tbs)).pem)];
  const notBefore = new Date(Math.floor(clock.now() / 1000) * 1000);
  const full = {
    ...order,
    serial: createHash('sha256').update(`${plan.rotationId}.${key.kid}`).digest().subarray(0, 16),
    notBefore,
    notAfter: new Date(notBefore.getTime() + wanted.validityDays * 86_400_000),
  };
  return [document(`keys/${key.kid}.crt`, 'application/pkix-cert', assembleCertificate(full, await sign(certificateToSign(full).tbs)).pem)];
}

async function signedBy(kms: KMSClient, keyId: string, algorithm: string, messageType: 'RAW' | 'DIGEST', message: Buffer): Promise<Buffer> {
  const { Signature } = await kms.send(new SignCommand({ KeyId: keyId, SigningAlgorithm: algorithm as SigningAlgorithmSpec, MessageType: messageType, Message: message }));
  if (Signature === undefined) throw new RotaError('ProofFailed', { keyId, what: 'Sign answered without a signature' });
  return Buffer.from(Signature);
}
