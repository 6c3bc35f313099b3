import { z } from 'zod';

/** What people, groups, consumers and targets are called in `rota.yaml`. */
export const Name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be 1 to 63 of lowercase letters, digits, ".", "_", "-"');
