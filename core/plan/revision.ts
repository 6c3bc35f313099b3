import { z } from 'zod';
import { Sha256Hex } from '../ids.ts';

/**
 * Of a plan that is asked about again within one rotation: what was approved no longer held. It makes the digest a new one even where
 * everything is back to how it was, so that decisions that became void stay void (P4).
 */
export const Revision = z.strictObject({
  round: z.int().min(2),
  /** Digest of the plan that was asked about before. */
  replaces: Sha256Hex,
  /** What changed, one sentence each. */
  changes: z.array(z.string()).min(1),
});
export type Revision = z.infer<typeof Revision>;
