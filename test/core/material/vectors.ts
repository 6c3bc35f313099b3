import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Reads a file under test/vectors; an unknown field or outcome fails. */
function read<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(new URL(`../../vectors/${path}`, import.meta.url), 'utf8')));
}

const Bytes = z.string().regex(/^([0-9a-f]{2})*$/).transform((hex) => Buffer.from(hex, 'hex'));
const Outcome = z.enum(['valid', 'invalid']); // Wycheproof also has "acceptable"; no file here uses it
const WrappingKeySpec = z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096']);

export const opensslWrappings = read(
  'openssl/wrappings.json',
  z.strictObject({
    wrappingKeys: z.record(WrappingKeySpec, z.strictObject({ spki: Bytes, pkcs8: Bytes })),
    materials: z.record(z.string(), Bytes),
    wrappings: z.array(
      z.strictObject({
        wrappingKeySpec: WrappingKeySpec,
        algorithm: z.enum(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256']),
        material: z.string(),
        aes: Bytes.optional(),
        wrapped: Bytes,
      }),
    ),
  }),
);

const files = read('openssl/key-files.json', z.record(z.string(), Bytes));

/** A file of key-files.json, or material of wrappings.json by its spec. A copy: tests may spoil it. */
export function keyFile(name: string): Buffer {
  const bytes = files[name] ?? opensslWrappings.materials[name];
  if (bytes === undefined) throw new Error(`no vector ${name}`);
  return Buffer.from(bytes);
}

const head = { algorithm: z.string(), schema: z.string(), numberOfTests: z.int(), header: z.array(z.string()), notes: z.json() };
const test = { tcId: z.int(), comment: z.string(), flags: z.array(z.string()), msg: Bytes, ct: Bytes, result: Outcome };

export const wycheproofKwp = read(
  'wycheproof/aes_kwp_test.json',
  z.strictObject({
    ...head,
    testGroups: z.array(
      z.strictObject({ type: z.literal('KeywrapTest'), source: z.json(), keySize: z.int(), tests: z.array(z.strictObject({ ...test, key: Bytes })) }),
    ),
  }),
);

export const wycheproofOaep = (bits: 2048 | 3072 | 4096) =>
  read(
    `wycheproof/rsa_oaep_${bits}_sha256_mgf1sha256_test.json`,
    z.strictObject({
      ...head,
      testGroups: z.array(
        z.strictObject({
          type: z.literal('RsaesOaepDecrypt'),
          source: z.json(),
          keySize: z.literal(bits),
          sha: z.literal('SHA-256'),
          mgf: z.literal('MGF1'),
          mgfSha: z.literal('SHA-256'),
          privateKey: z.json(),
          privateKeyPkcs8: Bytes,
          privateKeyPem: z.string(),
          privateKeyJwk: z.json(),
          tests: z.array(z.strictObject({ ...test, label: Bytes })),
        }),
      ),
    }),
  );

/** Every value that differs from `bytes` in one bit. */
export function* everyBitFlip(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield flipped;
  }
}
