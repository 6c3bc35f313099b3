import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sha256Hex } from '../../core/canonical-json.ts';
import { fromPieces, inPieces, longestBody } from '../../core/pieces.ts';

/** Hex compresses to half. */
const body = randomBytes(8_000_000).toString('hex');

test('a long body is the same after it was in pieces, each of which goes in one request', () => {
  const { named, pieces } = inPieces(Buffer.from(body));
  expect(named).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, count: 3 });
  expect(Math.max(...pieces.map((piece) => JSON.stringify(piece).length))).toBeLessThanOrEqual(longestBody);
  expect(fromPieces(named, pieces)?.toString('utf8') === body).toBe(true);
});

test('what is much alike goes in one piece', () => {
  expect(inPieces(Buffer.from('alias/payments '.repeat(1_000_000))).pieces).toHaveLength(1);
});

test('pieces that are not those of the digest make nothing', () => {
  const { named, pieces } = inPieces(Buffer.from(body));
  expect(fromPieces(named, pieces.slice(1))).toBeUndefined();
  expect(fromPieces(named, [...pieces].reverse())).toBeUndefined();
  const plain = Buffer.from('not compressed');
  expect(fromPieces({ sha256: sha256Hex(plain), count: 1 }, [{ base64: plain.toString('base64') }])).toBeUndefined();
});

test('a small piece that unpacks to more than a function can hold makes nothing', () => {
  const bomb = gzipSync(Buffer.alloc(1_000_001));
  const pieces = [{ base64: bomb.toString('base64') }];
  expect(fromPieces({ sha256: sha256Hex(bomb), count: 1 }, pieces, 1_000_001)?.length).toBe(1_000_001);
  expect(fromPieces({ sha256: sha256Hex(bomb), count: 1 }, pieces, 1_000_000)).toBeUndefined();
});
