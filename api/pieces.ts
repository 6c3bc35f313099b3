import type { Context, MiddlewareHandler } from 'hono';
import type { z, ZodType } from 'zod';
import { sha256Hex } from '../core/canonical-json.ts';
import { RotaError } from '../core/errors.ts';
import { fromPieces, inPieces, longestBody, Pieces, piecesType, type Piece } from '../core/pieces.ts';
import type { ApiDeps, ApiEnv, SignedBy } from './deps.ts';
import { asJson, checked } from './read-body.ts';

/** Whoever asked for an answer gets its pieces, and nobody else. */
const ownerOf = ({ arn }: SignedBy): string => sha256Hex(Buffer.from(arn, 'utf8'));

export async function keepPiece({ store }: ApiDeps, signedBy: SignedBy, sha256: string, place: number, piece: Piece): Promise<void> {
  await store.records.putPiece(`${ownerOf(signedBy)}/${sha256}/${place}`, Buffer.from(piece.base64, 'base64'));
}

/** Throws `NotFound`. */
export async function readPiece({ store }: ApiDeps, signedBy: SignedBy, sha256: string, place: number): Promise<Piece> {
  const bytes = await store.records.piece(`${ownerOf(signedBy)}/${sha256}/${place}`);
  if (bytes === undefined) throw new RotaError('NotFound', { what: `piece ${place} of ${sha256} any more: ask again` });
  return { base64: bytes.toString('base64') };
}

/** The JSON body of a request, checked, or the one that was sent ahead in the pieces that it names. Throws `NotFound`, `BadRequest`. */
export async function readLongBody<T extends ZodType>(deps: ApiDeps, context: Context<ApiEnv>, schema: T): Promise<z.infer<T>> {
  const body = asJson(await context.req.text());
  const named = Pieces.safeParse(body);
  return checked(schema, named.success ? asJson((await readPieces(deps, context.var.signedBy, named.data)).toString('utf8')) : body, 'body');
}

async function readPieces(deps: ApiDeps, signedBy: SignedBy, named: Pieces): Promise<Buffer> {
  const pieces = await Promise.all(Array.from({ length: named.count }, (_, place) => readPiece(deps, signedBy, named.sha256, place)));
  const body = fromPieces(named, pieces);
  if (body === undefined) throw new RotaError('BadRequest', { problems: [{ where: 'body', message: 'is not what its pieces make' }] });
  return body;
}

/** Puts an answer that is too long for API Gateway and Lambda aside, in pieces that the asker fetches one by one: all of one moment. */
export const longAnswers =
  (deps: ApiDeps): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next();
    const { largestAnswerBytes } = deps;
    const body = new Uint8Array(await c.res.clone().arrayBuffer());
    if (body.length <= (largestAnswerBytes ?? longestBody)) return;
    const { named, pieces } = inPieces(body, largestAnswerBytes);
    await Promise.all(pieces.map((piece, place) => keepPiece(deps, c.var.signedBy, named.sha256, place, piece)));
    c.res = new Response(JSON.stringify(named), { status: c.res.status, headers: { 'content-type': piecesType, 'cache-control': 'no-store' } });
  };
