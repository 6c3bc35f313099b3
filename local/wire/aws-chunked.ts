import { AwsError } from './errors.ts';

const malformed = (why: string): AwsError => new AwsError('IncompleteBody', `The aws-chunked request body ${why}.`);

/**
 * Takes an `aws-chunked` body apart: unsigned chunks, then trailers such as `x-amz-checksum-crc32`
 * (S3 User Guide, "Uploads with trailing checksums": `STREAMING-UNSIGNED-PAYLOAD-TRAILER`). Throws IncompleteBody.
 */
export function decodeAwsChunked(body: Buffer): { data: Buffer; trailers: Map<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = body.indexOf('\r\n', at, 'latin1');
    if (end < 0) throw malformed('ends in mid-line');
    const text = body.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const size = /^([0-9a-fA-F]{1,8})$/.exec(line())?.[1];
    if (size === undefined) throw malformed('has a chunk without a size');
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (at + length > body.length) throw malformed('ends in mid-chunk');
    chunks.push(body.subarray(at, at + length));
    at += length;
    if (line() !== '') throw malformed('has a chunk longer than its size');
  }
  const trailers = new Map<string, string>();
  while (at < body.length) {
    const text = line();
    if (text === '') continue;
    const colon = text.indexOf(':');
    if (colon < 0) throw malformed('has a trailer without a value');
    trailers.set(text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim());
  }
  return { data: Buffer.concat(chunks), trailers };
}
