/**
 * Bodies too long for one request or answer. Lambda takes and gives 6 MB at once, measured on the JSON in which a body is a string (AWS Lambda Developer Guide, "Quotas"):
 * a longer one goes compressed, and in as many pieces as it takes, each in base64 inside JSON.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { sha256Hex } from './canonical-json.ts';
import { Sha256Hex } from './ids.ts';

/** In bytes: with its quotation marks escaped, so much JSON stays below 6 MB. */
export const longestBody = 4_000_000;

/** In bytes: as base64 in JSON it is no long body itself. */
const longestPiece = 2_900_000;

/** In bytes. A function of the API has 1,769 MB: what unpacks to more is no registry. */
const longestUnpacked = 400_000_000;

/** The content type of an answer that says where the pieces of the answer are. */
export const piecesType = 'application/vnd.rota.pieces+json';

/** Stands in the place of a body: the digest of its compressed bytes, and how many pieces they are in. */
export const Pieces = z.strictObject({ sha256: Sha256Hex, count: z.int().min(1).max(50) });
export type Pieces = z.infer<typeof Pieces>;

export const Piece = z.strictObject({ base64: z.string().min(1).max(longestBody) });
export type Piece = z.infer<typeof Piece>;

/** Takes a body apart. */
export function inPieces(body: Uint8Array, bytesEach = longestPiece): { readonly named: Pieces; readonly pieces: readonly Piece[] } {
  const bytes = gzipSync(body);
  const pieces: Piece[] = [];
  for (let from = 0; from < bytes.length; from += bytesEach) pieces.push({ base64: bytes.subarray(from, from + bytesEach).toString('base64') });
  return { named: { sha256: sha256Hex(bytes), count: pieces.length }, pieces };
}

/** The body that these are the pieces of, in their order; undefined where they are not, or where it is longer than `mostBytes`. */
export function fromPieces({ sha256 }: Pieces, pieces: readonly Piece[], mostBytes = longestUnpacked): Buffer | undefined {
  const bytes = Buffer.concat(pieces.map(({ base64 }) => Buffer.from(base64, 'base64')));
  if (sha256Hex(bytes) !== sha256) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch {
    // Whole, but nothing that was made by `inPieces`.
    return undefined;
  }
}
