import { createECDH, createHash, createPublicKey, randomBytes, verify, type KeyObject } from 'node:crypto';

/*
 * ECDSA over a digest that the caller made. Node hashes whatever it signs, so what is left to do here is the arithmetic of
 * FIPS 186-5 sections 6.4.1 and 6.4.2; every multiplication of the base point is OpenSSL's, by way of ECDH.
 */

interface Curve {
  /** Field prime and group order. */
  readonly p: bigint;
  readonly n: bigint;
  /** The coefficient a of y² = x³ + ax + b. */
  readonly a: bigint;
  readonly bytes: number;
}

const curveOf = (p: bigint, n: bigint, a: bigint, bytes: number): Curve => ({ p, n, a, bytes });

/** SP 800-186 section 3.2.1; SEC 2 section 2.4.1 for secp256k1. */
const curves: Readonly<Record<string, Curve>> = {
  prime256v1: curveOf(
    0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    -3n,
    32,
  ),
  secp384r1: curveOf(
    0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    -3n,
    48,
  ),
  secp521r1: curveOf(
    (1n << 521n) - 1n,
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    -3n,
    66,
  ),
  secp256k1: curveOf(
    0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
    0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    0n,
    32,
  ),
};

function curve(name: string): Curve {
  const found = curves[name];
  if (found === undefined) throw new Error(`no parameters for the curve ${name}`);
  return found;
}

const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;

/** Extended Euclid. `modulus` is prime, so everything but 0 has an inverse. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR, t, nextT] = [modulus, mod(value, modulus), 0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR, t, nextT] = [nextR, r - quotient * nextR, nextT, t - quotient * nextT];
  }
  return mod(t, modulus);
}

const numberOf = (bytes: Buffer): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`));

const bytesOf = (value: bigint, length: number): Buffer => Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

/** The leftmost bits of a digest, as many as the order has (FIPS 186-5 section 6.4.1 step 2). */
function digestNumber(digest: Buffer, n: bigint): bigint {
  const excess = digest.length * 8 - n.toString(2).length;
  return excess > 0 ? numberOf(digest) >> BigInt(excess) : numberOf(digest);
}

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** `scalar` times the base point. */
function timesBase(name: string, scalar: bigint): Point {
  const { bytes } = curve(name);
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(bytesOf(scalar, bytes));
  const point = ecdh.getPublicKey();
  return { x: numberOf(point.subarray(1, 1 + bytes)), y: numberOf(point.subarray(1 + bytes)) };
}

/** A random number from 1 to n-1, by rejection (FIPS 186-5 appendix A.3.2). */
function randomScalar({ n, bytes }: Curve): bigint {
  const mask = (1n << BigInt(n.toString(2).length)) - 1n;
  for (;;) {
    const candidate = numberOf(randomBytes(bytes)) & mask;
    if (candidate > 0n && candidate < n) return candidate;
  }
}

const coordinate = (text: string | undefined): bigint => numberOf(Buffer.from(text ?? '', 'base64url'));

/** A DER signature over a digest. */
export function signDigest(name: string, privateKey: KeyObject, digest: Buffer): Buffer {
  const { n } = curve(name);
  const secret = coordinate(privateKey.export({ format: 'jwk' }).d);
  for (;;) {
    const k = randomScalar(curve(name));
    const r = timesBase(name, k).x % n;
    const s = mod(inverse(k, n) * (digestNumber(digest, n) + r * secret), n);
    if (r !== 0n && s !== 0n) return derOf(r, s);
  }
}

/**
 * Whether a DER signature over a digest is valid. With z the digest, z' the hash of an empty message and
 * Q' = Q + ((z - z')/r)·G, the equation for (z, Q) is that for (z', Q'): so OpenSSL decides, under a shifted public key.
 */
export function verifyDigest(name: string, publicKey: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { p, n, a, bytes } = curve(name);
  const r = firstIntegerOf(signature);
  if (r === undefined || r <= 0n || r >= n) return false;
  const jwk = publicKey.export({ format: 'jwk' });
  const q = { x: coordinate(jwk.x), y: coordinate(jwk.y) };
  const empty = digestNumber(createHash('sha256').digest(), n);
  const shift = mod((digestNumber(digest, n) - empty) * inverse(r, n), n);
  const shifted = shift === 0n ? q : add(q, timesBase(name, shift), p, a);
  if (shifted === undefined) return false;
  const key = { ...jwk, x: bytesOf(shifted.x, bytes).toString('base64url'), y: bytesOf(shifted.y, bytes).toString('base64url') };
  return verify('sha256', Buffer.alloc(0), { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'der' }, signature);
}

/** The sum of two points; undefined for the point at infinity. */
function add(one: Point, other: Point, p: bigint, a: bigint): Point | undefined {
  if (one.x === other.x && one.y !== other.y) return undefined;
  const slope =
    one.x === other.x ? (3n * one.x * one.x + a) * inverse(2n * one.y, p) : (other.y - one.y) * inverse(other.x - one.x, p);
  const x = mod(slope * slope - one.x - other.x, p);
  return { x, y: mod(slope * (one.x - x) - one.y, p) };
}

/** SEQUENCE of two INTEGERs (RFC 3279 section 2.2.3). */
function derOf(r: bigint, s: bigint): Buffer {
  const integers = Buffer.concat([derInteger(r), derInteger(s)]);
  const length = integers.length < 128 ? Buffer.of(integers.length) : Buffer.of(0x81, integers.length);
  return Buffer.concat([Buffer.of(0x30), length, integers]);
}

function derInteger(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = bytesOf(value, Math.ceil(digits.length / 2));
  const positive = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}

/** r of a DER signature; OpenSSL checks the rest of the encoding. */
function firstIntegerOf(signature: Buffer): bigint | undefined {
  const at = signature[1] === 0x81 ? 3 : 2;
  const length = signature[at + 1];
  if (signature[0] !== 0x30 || signature[at] !== 0x02 || length === undefined || signature.length < at + 2 + length) return undefined;
  return numberOf(signature.subarray(at + 2, at + 2 + length));
}
