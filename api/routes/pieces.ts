import { Hono } from 'hono';
import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { Piece } from '../../core/pieces.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { applierOf, checkReader } from '../identity/person.ts';
import { keepPiece, readPiece } from '../pieces.ts';
import { readBody, readPath } from '../read-body.ts';

const Place = z.strictObject({ sha256: Sha256Hex, place: z.coerce.number().int().min(0).max(49) });

export function pieceRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.get('/pieces/:sha256/:place', async (c) => {
    await checkReader(deps, c.var.signedBy);
    const { sha256, place } = readPath(c, Place);
    return c.json(await readPiece(deps, c.var.signedBy, sha256, place));
  });

  /** Only a registry is ever so long that it is sent ahead. */
  app.put('/pieces/:sha256/:place', async (c) => {
    await applierOf(deps, c.var.signedBy);
    const { sha256, place } = readPath(c, Place);
    await keepPiece(deps, c.var.signedBy, sha256, place, await readBody(c, Piece));
    return c.json({ sha256, place });
  });

  return app;
}
