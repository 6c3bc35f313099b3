import { usualShare } from '../../core/kms-quotas.ts';
import type { Clients } from '../../store/clients.ts';
import type { Access } from '../../store/inventory/target.ts';

/** How an inventory speaks to AWS: as these clients do. */
export function accessOf({ access: { endpoint, kmsEndpoint, credentials } }: Pick<Clients, 'access'>): Access {
  const kms = kmsEndpoint === 'aws' ? undefined : (kmsEndpoint ?? endpoint);
  return {
    share: usualShare,
    endpoints: { ...(kms === undefined ? {} : { kms }), ...(endpoint === undefined ? {} : { tagging: endpoint, sts: endpoint }) },
    ...(credentials === undefined || kmsEndpoint === 'aws' ? {} : { credentials }),
  };
}
