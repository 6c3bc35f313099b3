import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../wire/errors.ts';

/** The Castagnoli polynomial of CRC-32C (RFC 3720, appendix B.4), bits reversed. */
const castagnoli = 0x82f63b78;

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ castagnoli : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const algorithms: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  crc32: (bytes) => bigEndian(crc32(bytes)),
  crc32c: (bytes) => bigEndian(crc32c(bytes)),
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
};

/** Options of a checksum, not checksums themselves. */
const options: ReadonlySet<string> = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type']);

/**
 * Checks every checksum that came in headers or trailers, Content-MD5 included, and answers the x-amz-checksum-* ones to
 * keep ("Checking object integrity" of the S3 User Guide). Throws BadDigest, InvalidDigest, or NotImplemented (CRC64NVME).
 */
export function checkChecksums(body: Buffer, headers: ReadonlyMap<string, string>): Record<string, string> {
  const given = [...headers].filter(([name]) => name.startsWith('x-amz-checksum-') && !options.has(name));
  for (const [name, value] of given) {
    const algorithm = name.slice('x-amz-checksum-'.length);
    const compute = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
    if (compute === undefined) throw new AwsError('NotImplemented', `The embedded S3 computes ${Object.keys(algorithms).join(', ')}, not ${algorithm}.`, 501);
    if (compute(body).toString('base64') !== value)
      throw new AwsError('BadDigest', `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`);
  }
  checkMd5(body, headers.get('content-md5'));
  return Object.fromEntries(given);
}

function checkMd5(body: Buffer, given: string | undefined): void {
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16) throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  if (createHash('md5').update(body).digest('base64') !== given) throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}
