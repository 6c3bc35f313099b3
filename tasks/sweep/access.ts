import type { Clients } from '../../store/clients.ts';
import type { Access } from '../../store/inventory/target.ts';

/** Half of each quota is for everybody else who uses the account (P9). */
const share = 0.5;

/** How an inventory speaks to AWS: as these clients do. */
export function accessOf({ access: { endpoint, kmsEndpoint, credentials } }: Pick<Clients, 'access'>): Access {
  const kms = kmsEndpoint === 'aws' ? undefined : (kmsEndpoint ?? endpoint);
  return {
    share,
    endpoints: { ...(kms === undefined ? {} : { kms }), ...(endpoint === undefined ? {} : { tagging: endpoint, sts: endpoint }) },
    ...(credentials === undefined || kmsEndpoint === 'aws' ? {} : { credentials }),
  };
}
