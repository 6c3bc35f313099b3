import { z } from 'zod';
import { RoleArn } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import type { Target } from '../../store/inventory/target.ts';

/** One account and Region of one sweep. */
export const SweepTarget = z.strictObject({ sweepId: z.string(), region: z.string(), roleArn: RoleArn.optional() });

/** What the registry has swept: the accounts and Regions that it names, else Rota's own. */
export const targetsOf = ({ sweep }: Registry, ownRegion: string): Target[] =>
  (sweep?.targets ?? [{ region: ownRegion }]).map(({ region, roleArn }) => ({ region, ...(roleArn === undefined ? {} : { roleArn }) }));

/** The account of a place such as `111122223333/eu-central-1`. */
export const accountOf = (place: string): string => place.split('/')[0] ?? '';

/** What became of it. `error` says why it could not be swept: the others went on. */
export const SweptTarget = z.strictObject({
  region: z.string(),
  roleArn: RoleArn.optional(),
  place: z.string().optional(),
  /** When it began to look. ISO 8601, UTC. */
  sweptAt: z.string().optional(),
  keys: z.int().optional(),
  opened: z.int().optional(),
  closed: z.int().optional(),
  open: z.int().optional(),
  enabled: z.int().optional(),
  error: z.string().optional(),
});
export type SweptTarget = z.infer<typeof SweptTarget>;
