import { sequence, tags } from './der.ts';
import { withSecret } from './zeroed.ts';

/** The numbers of an RSAPrivateKey: big-endian, without leading zeros, views into the file. RFC 8017 appendix A.1.2. */
export type RsaNumbers = Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dP' | 'dQ' | 'qInv', Buffer>>;

/** Takes an RSAPrivateKey apart; undefined if it is none. `version` 0 means two primes, 1 more. */
export function readRsa(privateKey: Buffer): { version: number; modulusBits: number; numbers: RsaNumbers } | undefined {
  const parts = (sequence(privateKey) ?? []).filter(({ tag }) => tag === tags.integer);
  const [version, n, e, d, p, q, dP, dQ, qInv] = parts.map(({ content }) => withoutLeadingZeros(content));
  if (!version || !n || !e || !d || !p || !q || !dP || !dQ || !qInv) return undefined;
  return { version: version[0] ?? 0, modulusBits: bitLength(n), numbers: { n, e, d, p, q, dP, dQ, qInv } };
}

/**
 * The first equation of RFC 8017 section 3.2 that the numbers do not fulfil, in half a sentence; undefined for a sound key.
 *
 * Signing with the key would not show it: OpenSSL computes by the five CRT numbers and falls back to `d`, so damage in
 * either passes unnoticed. Arithmetic is on bytes, in buffers that are zeroed: a BigInt cannot be. It is not constant in
 * time, but runs once per key, in the process that holds the key anyway.
 */
export function contradictionIn({ n, e, d, p, q, dP, dQ, qInv }: RsaNumbers): string | undefined {
  if (!isProduct(n, p, q)) return 'its modulus is not the product of its primes';
  return withSecret(
    () => lessOne(p),
    (p1) =>
      withSecret(
        () => lessOne(q),
        (q1) => {
          if (!areInverse(e, d, p1) || !areInverse(e, d, q1)) return 'its private exponent does not belong to its public exponent';
          if (!areInverse(e, dP, p1)) return 'its first CRT exponent is wrong';
          if (!areInverse(e, dQ, q1)) return 'its second CRT exponent is wrong';
          return areInverse(q, qInv, p) ? undefined : 'its CRT coefficient is wrong';
        },
      ),
  );
}

const isProduct = (n: Buffer, a: Buffer, b: Buffer): boolean =>
  withSecret(
    () => product(a, b),
    (ab) => withoutLeadingZeros(ab).equals(n),
  );

/** Whether a·b leaves 1 when divided by `modulus`. */
const areInverse = (a: Buffer, b: Buffer, modulus: Buffer): boolean =>
  withSecret(
    (hold) => remainder(hold(product(a, b)), modulus),
    (rest) => bitLength(rest) === 1,
  );

/** An odd number less one. For an even one, which is no prime here, the equations fail, as they should. */
function lessOne(odd: Buffer): Buffer {
  const copy = Buffer.from(odd);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) & 0xfe, copy.length - 1);
  return copy;
}

/** Long multiplication, a byte a digit. */
function product(a: Buffer, b: Buffer): Buffer {
  const sum = Buffer.alloc(a.length + b.length);
  for (let i = a.length - 1; i >= 0; i--) {
    let carry = 0;
    for (let j = b.length - 1; j >= 0; j--) {
      const digit = byteAt(sum, i + j + 1) + byteAt(a, i) * byteAt(b, j) + carry;
      sum[i + j + 1] = digit & 0xff;
      carry = digit >> 8;
    }
    sum[i] = carry;
  }
  return sum;
}

/** Long division, a bit at a time. */
function remainder(dividend: Buffer, divisor: Buffer): Buffer {
  const rest = Buffer.alloc(divisor.length + 1);
  for (const byte of dividend)
    for (let bit = 7; bit >= 0; bit--) {
      let carry = (byte >> bit) & 1;
      for (let i = rest.length - 1; i >= 0; i--) {
        const shifted = (byteAt(rest, i) << 1) | carry;
        rest[i] = shifted & 0xff;
        carry = shifted >> 8;
      }
      if (rest[0] !== 0 || rest.subarray(1).compare(divisor) >= 0) subtract(rest, divisor);
    }
  return rest;
}

function subtract(from: Buffer, amount: Buffer): void {
  let borrow = 0;
  for (let i = 1; i <= from.length; i++) {
    const digit = byteAt(from, from.length - i) - byteAt(amount, amount.length - i) - borrow;
    from[from.length - i] = digit & 0xff;
    borrow = digit < 0 ? 1 : 0;
  }
}

const byteAt = (bytes: Buffer, index: number): number => bytes[index] ?? 0;

function withoutLeadingZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}

function bitLength(bytes: Buffer): number {
  const significant = withoutLeadingZeros(bytes);
  return significant.length === 0 ? 0 : 8 * significant.length - (Math.clz32(byteAt(significant, 0)) - 24);
}
