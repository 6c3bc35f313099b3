import forge from 'node-forge';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleCertificate, assembleRequest, certificateAlgorithmOf, certificateToSign, hashOf, requestToSign, type CertificateOrder } from '../../../core/publication/certificate.ts';
import { everyBitFlip, kmsSign, latticeKey, latticeKeys, madeKey, pairOf, signing, spkiOfPair } from './keys.ts';

const Bytes = z.string().regex(/^([0-9a-f]{2})*$/i).transform((hex) => Buffer.from(hex, 'hex'));
/** `20271124000000Z`, as OpenSSL takes it. */
const Time = z.string().transform((t) => new Date(t.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')));
const openssl = z
  .strictObject({
    subject: z.string(),
    cases: z.array(
      z.strictObject({ name: z.string(), spec: z.string(), signingAlgorithm: z.string(), notBefore: Time, notAfter: Time, serial: Bytes, spki: Bytes, certificate: Bytes, request: Bytes }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../vectors/publication/openssl.json', import.meta.url), 'utf8')));

/** To-be-signed part and signature of a certificate or request, read by node-forge. */
function parts(der: Buffer): { tbs: Buffer; signature: Buffer } {
  const [tbs, , signature] = forge.asn1.fromDer(der.toString('binary'), { decodeBitStrings: false } as unknown as boolean).value as forge.asn1.Asn1[];
  if (tbs === undefined || signature === undefined) throw new Error('no certificate');
  return { tbs: Buffer.from(forge.asn1.toDer(tbs).getBytes(), 'binary'), signature: Buffer.from(signature.value as string, 'binary').subarray(1) };
}

describe('OpenSSL makes the same bytes of the same order', () => {
  test.each(openssl.cases)('$name', ({ certificate, request, ...order }) => {
    const full = { ...order, subject: openssl.subject };
    const made = parts(certificate);
    expect(certificateToSign(full).tbs.toString('hex')).toBe(made.tbs.toString('hex'));
    expect(assembleCertificate(full, made.signature).der.toString('hex')).toBe(certificate.toString('hex'));
    expect(requestToSign(full).tbs.toString('hex')).toBe(parts(request).tbs.toString('hex'));
    expect(assembleRequest(full, parts(request).signature).der.toString('hex')).toBe(request.toString('hex'));
  });
});

const orderOf = (spec: string, signingAlgorithm: string, change: Partial<CertificateOrder> = {}): CertificateOrder => ({
  spki: spkiOfPair(pairOf(spec)),
  signingAlgorithm,
  subject: 'CN=tokens.example, O=Example',
  serial: Buffer.from('9f3c', 'hex'),
  notBefore: new Date('2026-11-24T14:54:23.999Z'),
  notAfter: new Date('2027-11-24T00:00:00Z'),
  ...change,
});

describe.each(signing.filter(([spec]) => !spec.includes('EDWARDS')))('%s with %s', (spec, algorithm) => {
  const order = orderOf(spec, algorithm);
  const { privateKey } = pairOf(spec);

  // Not `checkIssued`: OpenSSL says no of any key that may not sign certificates, and this one may not.
  test('Node takes the certificate as signed by its own key', () => {
    const { pem, der } = assembleCertificate(order, kmsSign(privateKey, algorithm, certificateToSign(order).tbs));
    const read = new X509Certificate(pem);
    expect(read.raw.equals(der)).toBe(true);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.publicKey.equals(pairOf(spec).publicKey)).toBe(true);
    expect(read).toMatchObject({ ca: false, serialNumber: '9F3C', subject: 'O=Example\nCN=tokens.example', issuer: 'O=Example\nCN=tokens.example', validFrom: 'Nov 24 14:54:23 2026 GMT', validTo: 'Nov 24 00:00:00 2027 GMT' });
    expect(read.verify(pairOf(spec, 2).publicKey)).toBe(false);
  });
});

describe('node-forge', () => {
  const order = orderOf('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256');
  const signed = (tbs: Buffer) => kmsSign(pairOf('RSA_2048').privateKey, 'RSASSA_PKCS1_V1_5_SHA_256', tbs);

  test('takes the certificate and finds its extensions', () => {
    const read = forge.pki.certificateFromPem(assembleCertificate(order, signed(certificateToSign(order).tbs)).pem);
    expect(read.verify(read)).toBe(true);
    expect(read.version).toBe(2); // v3
    const keyBits = order.spki.subarray(-270); // RSAPublicKey of 2048 bits, e = 65537
    const id = createHash('sha1').update(keyBits).digest('hex');
    const extensions = read.extensions as { name: string; critical: boolean }[];
    expect(extensions).toMatchObject([
      { name: 'subjectKeyIdentifier', critical: false, subjectKeyIdentifier: id },
      { name: 'authorityKeyIdentifier', critical: false, value: Buffer.from(`30168014${id}`, 'hex').toString('binary') },
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true, nonRepudiation: false, keyEncipherment: false, keyCertSign: false, cRLSign: false },
    ]);
  });

  test('takes the request', () => {
    const read = forge.pki.certificationRequestFromPem(assembleRequest(order, signed(requestToSign(order).tbs)).pem);
    expect(read.verify()).toBe(true);
    expect(read.subject.attributes.map((a) => [a.shortName, a.value])).toEqual([['O', 'Example'], ['CN', 'tokens.example']]);
  });
});

describe('signatures that are not the key\'s', () => {
  test.each([['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'], ['ECC_NIST_P256', 'ECDSA_SHA_256']])('%s', (spec, algorithm) => {
    const order = orderOf(spec, algorithm);
    const { tbs } = certificateToSign(order);
    const good = kmsSign(pairOf(spec).privateKey, algorithm, tbs);
    const wrong = { ...order, subject: 'CN=other' };
    for (const bad of [kmsSign(pairOf(spec, 2).privateKey, algorithm, tbs), kmsSign(pairOf(spec).privateKey, algorithm, requestToSign(order).tbs), Buffer.alloc(0), good.subarray(1)]) {
      expect(() => assembleCertificate(order, bad)).toThrow(expect.objectContaining({ name: 'CertificateSignatureWrong' }) as Error);
    }
    expect(() => assembleCertificate(wrong, good)).toThrow(expect.objectContaining({ name: 'CertificateSignatureWrong' }) as Error);
    expect(() => assembleRequest(order, good)).toThrow(expect.objectContaining({ name: 'CertificateSignatureWrong' }) as Error);
    for (const bad of [...everyBitFlip(good)].slice(0, 64)) expect(() => assembleCertificate(order, bad)).toThrow();
  });
});

const p256 = (change: Partial<CertificateOrder>) => orderOf('ECC_NIST_P256', 'ECDSA_SHA_256', change);
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const from = new Date('2026-11-24T00:00:00Z');

/** Orders side by side: taken (no message), or refused with these words. */
const orders: readonly (readonly [name: string, order: CertificateOrder, refusedFor?: RegExp])[] = [
  ['serial of 1', p256({ serial: bytes('01') })],
  ['serial of 0', p256({ serial: bytes('00') }), /serial number/],
  ['no serial', p256({ serial: bytes('') }), /serial number/],
  ['serial of 20 bytes', p256({ serial: bytes(`7f${'ff'.repeat(19)}`) })],
  ['serial of 20 bytes whose sign needs a 21st', p256({ serial: bytes('ff'.repeat(20)) }), /serial number/],
  ['serial of 20 bytes after zeros', p256({ serial: bytes(`0000${'11'.repeat(20)}`) })],
  ['serial of 21 bytes', p256({ serial: bytes('11'.repeat(21)) }), /serial number/],
  ['one second', p256({ notBefore: from, notAfter: new Date('2026-11-24T00:00:01Z') })],
  ['no time', p256({ notBefore: from, notAfter: from }), /end before it begins/],
  ['less than a second', p256({ notBefore: from, notAfter: new Date('2026-11-24T00:00:00.999Z') }), /end before it begins/],
  ['no date', p256({ notAfter: new Date(NaN) }), /end before it begins/],
  ['from 1950', p256({ notBefore: new Date('1950-01-01T00:00:00Z') })],
  ['from 1949', p256({ notBefore: new Date('1949-12-31T23:59:59Z') }), /1950 to 9999/],
  ['until 9999', p256({ notAfter: new Date('9999-12-31T23:59:59Z') })],
  ['until 10000', p256({ notAfter: new Date('+010000-01-01T00:00:00Z') }), /1950 to 9999/],
  ['an algorithm of another type of key', p256({ signingAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }), /is no algorithm of this public key/],
  ['an algorithm of another curve', p256({ signingAlgorithm: 'ECDSA_SHA_384' }), /is no algorithm of this public key/],
  ['an algorithm that KMS does not have', p256({ signingAlgorithm: 'ECDSA_SHA_1' }), /signs no certificates here/],
  ['Ed25519', orderOf('ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'), /signs no certificates here/],
  ['ML-DSA with an RSA algorithm', p256({ spki: latticeKey(latticeKeys[0] as (typeof latticeKeys)[number]).spki, signingAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }), /is no algorithm of this public key/],
  ['no key', p256({ spki: bytes('3000') }), /no public key in DER/],
  ['no subject', p256({ subject: '' }), /must begin with one of CN=/],
];

for (const [name, order, refusedFor] of orders) {
  test(name, () => {
    if (refusedFor === undefined) expect(certificateToSign(order).tbs[0]).toBe(0x30);
    else expect(() => certificateToSign(order)).toThrow(refusedFor);
  });
}

test('the hash that KMS signs', () => {
  expect(['RSASSA_PSS_SHA_384', 'ECDSA_SHA_512', 'RSASSA_PKCS1_V1_5_SHA_256'].map(hashOf)).toEqual(['sha384', 'sha512', 'sha256']);
  expect(() => hashOf('ED25519_SHA_512')).toThrow(expect.objectContaining({ name: 'CertificateOrderInvalid' }) as Error);
});

test.each([
  ['RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_256'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
  ['ECC_NIST_EDWARDS25519', undefined],
])('a certificate of %s is signed with %s', (spec, algorithm) => {
  expect(certificateAlgorithmOf(madeKey(spec))).toBe(algorithm);
});
