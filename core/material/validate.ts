import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { RotaError } from '../errors.ts';
import { curves, type Curve } from '../key/curves.ts';
import { specNotImported, type KeyKind, type MaterialFormat } from '../key/key-kinds.ts';
import { dotted, tags } from './der.ts';
import { derFile, textDisguise } from './disguise.ts';
import { hasPrivateValueInRange } from './ec-private-key.ts';
import { readPkcs8, type Pkcs8 } from './pkcs8.ts';
import { contradictionIn, readRsa } from './rsa-private-key.ts';

type Raw = Extract<MaterialFormat, { form: 'raw' }>;
type PrivateKey = Extract<MaterialFormat, { form: 'pkcs8' }>;

/**
 * Refuses key material that ImportKeyMaterial would refuse, or that would make a key nobody wants, before it is wrapped.
 * AWS KMS Developer Guide, "importing-keys-conceptual". What passes: raw bytes of the right length for symmetric and HMAC
 * keys; for key pairs one unencrypted DER PKCS#8 file of exactly the right kind that is sound in itself. Stricter than KMS
 * in one point: BER that is not DER is refused.
 *
 * The bytes are read where they are. The one copy is made inside OpenSSL when a private key proves itself by signing; OpenSSL
 * clears it when the garbage collector drops the key. No error repeats a byte of the material.
 *
 * @param kind - of the key that takes the material, or of its predecessor: spec alone decides
 * @throws RotaError `MaterialNotImportable`, `MaterialLengthWrong`, `MaterialBlank`, `MaterialEncoded`, `MaterialNotPkcs8`,
 * `MaterialTypeWrong`, `MaterialCurveWrong`, `MaterialModulusWrong`, `MaterialPrimesWrong`, `MaterialInconsistent`
 */
export function checkMaterial(kind: KeyKind, material: Buffer): void {
  const { spec, material: format } = kind;
  if (format === undefined) throw new RotaError('MaterialNotImportable', { spec, reason: specNotImported });
  const expected = describe(format);
  const text = textDisguise(material);
  if (text) throw new RotaError('MaterialEncoded', { spec, expected, ...text });
  if (format.form === 'raw') checkRaw(spec, format, material);
  else checkPrivateKey(spec, format, material);
}

/** What `checkMaterial` accepts for a format, in words that complete "must be". */
function describe(format: MaterialFormat): string {
  if (format.form === 'raw')
    return format.minBytes === format.maxBytes ? `exactly ${format.minBytes} raw bytes` : `${format.minBytes} to ${format.maxBytes} raw bytes`;
  return `${families[format.family].name} in unencrypted DER PKCS#8`;
}

function checkRaw(spec: string, format: Raw, material: Buffer): void {
  const expected = describe(format);
  const file = derFile(material); // 48 bytes of Ed25519 in PKCS#8 would pass for an HMAC key
  if (file) throw new RotaError('MaterialTypeWrong', { spec, expected, found: file.found });
  if (material.length < format.minBytes || material.length > format.maxBytes)
    throw new RotaError('MaterialLengthWrong', { spec, expected, actualBytes: material.length });
  // Zeroed buffers are what is left of secrets here: a mistake in our own code must not become a key.
  if (material.every((byte) => byte === 0)) throw new RotaError('MaterialBlank', { spec });
}

function checkPrivateKey(spec: string, format: PrivateKey, material: Buffer): void {
  const file = derFile(material);
  if (file?.convert !== undefined) throw new RotaError('MaterialEncoded', { spec, expected: describe(format), found: file.found, convert: file.convert });
  if (file !== undefined && !file.isPkcs8) throw new RotaError('MaterialTypeWrong', { spec, expected: describe(format), found: file.found });
  const pkcs8 = readPkcs8(material);
  if ('reason' in pkcs8) throw new RotaError('MaterialNotPkcs8', { spec, reason: pkcs8.reason });
  const { oid, name } = families[format.family];
  if (pkcs8.algorithmOid !== oid)
    throw new RotaError('MaterialTypeWrong', { spec, expected: name, found: keyNames[pkcs8.algorithmOid] ?? `a key of algorithm ${pkcs8.algorithmOid}` });
  if (format.family === 'rsa') checkRsa(spec, format.modulusBits, pkcs8);
  if (format.family === 'ec') checkEc(spec, format.curve, pkcs8);
  proveBySigning(spec, material, format.family === 'ec' ? format.digest : families[format.family].digest);
}

function checkRsa(spec: string, expectedBits: number, { parameters, privateKey }: Pkcs8): void {
  if (parameters !== undefined && parameters.tag !== tags.null) throw new RotaError('MaterialNotPkcs8', { spec, reason: 'it has parameters where RSA has none' });
  const rsa = readRsa(privateKey);
  if (rsa === undefined) throw new RotaError('MaterialNotPkcs8', { spec, reason: 'what is inside is no RSA private key' });
  const { version, modulusBits: actualBits, numbers } = rsa;
  if (actualBits !== expectedBits) throw new RotaError('MaterialModulusWrong', { spec, expectedBits, actualBits });
  if (version !== 0) throw new RotaError('MaterialPrimesWrong', { spec });
  const what = contradictionIn(numbers);
  if (what !== undefined) throw new RotaError('MaterialInconsistent', { spec, what });
}

function checkEc(spec: string, expected: Curve, { parameters, privateKey }: Pkcs8): void {
  if (parameters?.tag !== tags.oid) throw new RotaError('MaterialCurveWrong', { spec, expected, found: 'spells its curve out in explicit parameters' });
  const oid = dotted(parameters.content);
  const { oid: expectedOid, order } = curves[expected];
  if (oid !== expectedOid) throw new RotaError('MaterialCurveWrong', { spec, expected, found: `is on ${curveNames[oid] ?? `curve ${oid}`}` });
  const inRange = hasPrivateValueInRange(privateKey, Buffer.from(order, 'hex'));
  if (inRange === undefined) throw new RotaError('MaterialNotPkcs8', { spec, reason: 'what is inside is no EC private key' });
  if (!inRange) throw new RotaError('MaterialInconsistent', { spec, what: 'its private value is zero or not below the order of the curve' });
}

/** A key that can sign what its own public key verifies is sound; a stored public point that belongs to another key shows here. */
function proveBySigning(spec: string, material: Buffer, digest: string | null): void {
  const key = openedByOpenssl(spec, material);
  if (!signsFor(key, digest)) throw new RotaError('MaterialInconsistent', { spec, what: 'its private and its public part do not belong together' });
}

function openedByOpenssl(spec: string, material: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: material, format: 'der', type: 'pkcs8' });
  } catch {
    throw new RotaError('MaterialNotPkcs8', { spec, reason: 'OpenSSL cannot read the key inside' });
  }
}

function signsFor(key: KeyObject, digest: string | null): boolean {
  const message = Buffer.from('rota/material-proof/v1');
  try {
    return verify(digest, message, createPublicKey(key), sign(digest, message, key));
  } catch {
    return false;
  }
}

/** By algorithm identifier: RFC 8017 appendix A, RFC 5480 section 2.1, RFC 8410 section 3. `digest` is for the proof; Ed25519 has its own. */
const families: Readonly<Record<PrivateKey['family'], { name: string; oid: string; digest: string | null }>> = {
  rsa: { name: 'an RSA private key', oid: '1.2.840.113549.1.1.1', digest: 'sha256' },
  ec: { name: 'an EC private key', oid: '1.2.840.10045.2.1', digest: 'sha256' },
  ed25519: { name: 'an Ed25519 private key', oid: '1.3.101.112', digest: null },
};

const keyNames: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(families).map(({ oid, name }) => [oid, name])),
  '1.2.840.113549.1.1.10': 'an RSA private key that is restricted to PSS',
  '1.3.101.110': 'an X25519 private key',
  '1.3.101.111': 'an X448 private key',
  '1.3.101.113': 'an Ed448 private key',
};

/** For messages only: what is allowed stands in the table of key kinds. */
const curveNames: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(curves).map(([name, { oid }]) => [oid, name])),
  '1.3.132.0.33': 'P-224',
};
