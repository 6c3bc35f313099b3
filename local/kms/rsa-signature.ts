import { constants, createHash, privateEncrypt, publicDecrypt, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';

// RSA signatures over a digest that the caller made (RFC 8017 sections 8.1, 8.2, 9.1, 9.2); the RSA itself is OpenSSL's.

/** DER of DigestInfo up to the digest (RFC 8017 section 9.2 note 1). */
const digestInfoPrefixes: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

const digestInfo = (hash: string, digest: Buffer): Buffer => {
  const prefix = digestInfoPrefixes[hash];
  if (prefix === undefined) throw new Error(`no DigestInfo for ${hash}`);
  return Buffer.concat([Buffer.from(prefix, 'hex'), digest]);
};

export const signPkcs1 = (key: KeyObject, hash: string, digest: Buffer): Buffer =>
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(hash, digest));

export function verifyPkcs1(key: KeyObject, hash: string, digest: Buffer, signature: Buffer): boolean {
  if (signature.length !== bytesOf(key)) return false;
  const opened = tried(() => publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature));
  const wanted = digestInfo(hash, digest);
  return opened?.length === wanted.length && timingSafeEqual(opened, wanted);
}

/** Salt as long as the hash, as KMS has it (aws-facts 1.9). */
export function signPss(key: KeyObject, hash: string, digest: Buffer): Buffer {
  const salt = randomBytes(digest.length);
  const dbLength = bytesOf(key) - digest.length - 1;
  const h = saltedHash(hash, digest, salt);
  const db = Buffer.concat([Buffer.alloc(dbLength - salt.length - 1), Buffer.of(1), salt]);
  const masked = xor(db, mgf1(hash, h, dbLength));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, h, Buffer.of(0xbc)]));
}

export function verifyPss(key: KeyObject, hash: string, digest: Buffer, signature: Buffer): boolean {
  if (signature.length !== bytesOf(key)) return false;
  const encoded = tried(() => publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature));
  if (encoded === undefined || encoded.at(-1) !== 0xbc || (encoded[0] ?? 0xff) > 0x7f) return false;
  const dbLength = encoded.length - digest.length - 1;
  const h = encoded.subarray(dbLength, -1);
  const db = xor(encoded.subarray(0, dbLength), mgf1(hash, h, dbLength));
  db[0] = (db[0] ?? 0) & 0x7f;
  const saltAt = dbLength - digest.length;
  const padded = db.subarray(0, saltAt - 1).every((byte) => byte === 0) && db[saltAt - 1] === 1;
  return padded && timingSafeEqual(h, saltedHash(hash, digest, db.subarray(saltAt)));
}

/** Every key here has whole bytes of modulus, so the encoded message has one bit less than the modulus. */
const bytesOf = (key: KeyObject): number => (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;

const saltedHash = (hash: string, digest: Buffer, salt: Buffer): Buffer =>
  createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();

/** RFC 8017 appendix B.2.1. */
function mgf1(hash: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, have = 0; have < length; counter += 1) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(index).digest();
    blocks.push(block);
    have += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

const xor = (one: Buffer, other: Buffer): Buffer => Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));

function tried(open: () => Buffer): Buffer | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
