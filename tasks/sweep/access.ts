import { usualShare } from '../../core/kms-quotas.ts';
import type { Clients } from '../../store/clients.ts';
import type { Access } from '../../store/inventory/target.ts';

/** How an inventory speaks to AWS: as these clients do. Where the keys live elsewhere, so do their tags and the roles that lead to them. */
export function accessOf({ access: { endpoint, kmsEndpoint, credentials } }: Pick<Clients, 'access'>): Access {
  const at = kmsEndpoint === 'aws' ? undefined : (kmsEndpoint ?? endpoint);
  return {
    share: usualShare,
    endpoints: at === undefined ? {} : { kms: at, tagging: at, sts: at },
    ...(credentials === undefined || kmsEndpoint !== undefined ? {} : { credentials }),
  };
}
