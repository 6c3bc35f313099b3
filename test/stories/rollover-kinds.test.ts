import { createPublicKey, createVerify, diffieHellman, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { DeriveSharedSecretCommand, GenerateMacCommand, GetPublicKeyCommand, VerifyMacCommand, type KeySpec } from '@aws-sdk/client-kms';
import forge from 'node-forge';
import { importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { verifyKeySetStatement } from '../../core/publication/key-set-statement.ts';
import { publishedKey } from '../../core/publication/published-key.ts';
import type { Principal } from '../../local/server.ts';
import { isOver, startRollover, type Rollover, type RolloverStatus } from '../rollover.ts';
import { call } from '../embedded-aws.ts';


async function toTheEnd(r: Rollover): Promise<RolloverStatus> {
  const rotationId = await r.start();
  await r.acknowledge(rotationId);
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve(ready.waitingFor[0] ?? '');
  const ended = await r.pass(rotationId, isOver);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
  return ended;
}

test('HMAC: verifiers learn the id of the new key before it makes a tag; old tags verify by the old key', async () => {
  const r = await startRollover({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' });
  const Message = Buffer.from('a token');
  const before = await r.rota.kms.send(new GenerateMacCommand({ KeyId: 'alias/tokens', Message, MacAlgorithm: 'HMAC_SHA_256' }));
  const { newKeyId = '' } = await toTheEnd(r);
  const [listed] = (JSON.parse(r.target.document('.well-known/jwks.json').toString()) as { keys: { keyArn: string; alg: string }[] }).keys;
  expect(listed).toMatchObject({ keyArn: expect.stringContaining(newKeyId) as string, alg: 'HMAC_SHA_256' });
  const verified = await r.rota.kms.send(new VerifyMacCommand({ KeyId: r.oldKeyId, Message, Mac: before.Mac, MacAlgorithm: 'HMAC_SHA_256' }));
  expect(verified.MacValid).toBe(true);
  await expect(r.rota.kms.send(new GenerateMacCommand({ KeyId: r.oldKeyId, Message, MacAlgorithm: 'HMAC_SHA_256' }))).rejects.toThrow(/explicit deny/i);
});

test('key agreement: a peer that used the old public key still agrees with the old key after', async () => {
  const r = await startRollover({ spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' });
  const { PublicKey } = await r.rota.kms.send(new GetPublicKeyCommand({ KeyId: r.oldKeyId }));
  const ours = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await toTheEnd(r);
  const theirs = peer.publicKey.export({ type: 'spki', format: 'der' });
  const { SharedSecret } = await r.rota.kms.send(new DeriveSharedSecretCommand({ KeyId: r.oldKeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: theirs }));
  expect(Buffer.from(SharedSecret ?? [])).toEqual(diffieHellman({ privateKey: peer.privateKey, publicKey: ours }));
});

/** Up to the publication of the new key, where everything that is published can be read. */
async function published(spec: KeySpec, kind: 'self-signed' | 'request'): Promise<{ r: Rollover; newKid: string }> {
  const r = await startRollover({ spec, certificate: { kind, subject: 'CN=tokens, O=Bank', validityDays: 398 } });
  const rotationId = await r.start();
  await r.until(rotationId, (s) => s.rollover?.state === 'PUBLISHED');
  return { r, newKid: r.target.kids().at(-1) ?? '' };
}

describe('what is published is what independent code accepts', () => {
  test('ECDSA: the set by jose, a certificate by Node, the statement by who trusts the old key', async () => {
    const { r, newKid } = await published('ECC_NIST_P256', 'self-signed');
    const keySet = r.target.document('.well-known/jwks.json');
    const { keys } = JSON.parse(keySet.toString()) as { keys: Parameters<typeof importJWK>[0][] };
    for (const jwk of keys) expect((await importJWK(jwk)) as object).toHaveProperty('type', 'public');
    const certificate = new X509Certificate(r.target.document(`${newKid}.crt`));
    const pem = createPublicKey(r.target.document(`${newKid}.pem`));
    expect(certificate.verify(pem)).toBe(true);
    expect(certificate.subject).toContain('CN=tokens');
    const { PublicKey, KeyId = '' } = await r.rota.kms.send(new GetPublicKeyCommand({ KeyId: r.oldKeyId }));
    const trusted = publishedKey({ keyArn: KeyId, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', spki: PublicKey ?? new Uint8Array() });
    const statement = verifyKeySetStatement(r.target.document('statements/1.json'), trusted, keySet);
    expect(statement.signers).toEqual([trusted.kid, newKid]);
  });

  test('RSA: a certificate request by node-forge, the set by jose', async () => {
    const { r, newKid } = await published('RSA_2048', 'request');
    const request = forge.pki.certificationRequestFromPem(r.target.document(`${newKid}.csr`).toString());
    expect(request.verify()).toBe(true);
    const { keys } = JSON.parse(r.target.document('.well-known/jwks.json').toString()) as { keys: Parameters<typeof importJWK>[0][] };
    for (const jwk of keys) expect((await importJWK(jwk)) as object).toHaveProperty('type', 'public');
    expect(createVerify('sha256').update('x').verify(createPublicKey(r.target.document(`${newKid}.pem`)), Buffer.alloc(256))).toBe(false);
  });
});

test('consumers are told of the new key, reminded before the deadline, and told when it is over', async () => {
  const r = await startRollover();
  const rotationId = await r.start();
  await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'acknowledgements'));
  await r.rota.local.embedded.clock.advance(15.5 * 24 * 3_600_000);
  await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'acknowledgements'));
  const pat = r.rota.local.place.people.find((p) => p.id === 'pat');
  const answer = await call(r.rota.local.place.url, 'rota-local', 'RotaLocal.ListEvents', {}, { ...pat, allow: [] } as unknown as Principal);
  const { events } = (await answer.json()) as { events: { 'detail-type': string; detail: { consumer?: string } }[] };
  const types = events.filter((e) => e.detail.consumer === 'gateway').map((e) => e['detail-type']);
  // At once, 7, 3 and 1 days before, at the deadline, and the day after.
  expect(types).toEqual([...Array.from({ length: 4 }, () => 'Rota Acknowledgement Requested'), 'Rota Acknowledgement Overdue', 'Rota Acknowledgement Overdue']);
});
