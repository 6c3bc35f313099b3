import type { Registry } from '../core/registry/registry-schema.ts';
import { ApiRefusal } from './failure.ts';
import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

export interface RegistryHead {
  readonly revision: number;
  readonly digest: string;
  readonly appliedBy: string;
  readonly appliedAt: string;
}

export interface HeldRegistry {
  readonly head: RegistryHead;
  readonly registry: Registry;
}

/** The registry that holds. Refused with `RegistryEmpty` before the first apply. */
export const heldRegistry = (io: Io): Promise<HeldRegistry> => apiJson<HeldRegistry>(io, { method: 'GET', path: '/api/registry' });

/** The same; before the first apply nothing. */
export const heldRegistryIfAny = (io: Io): Promise<HeldRegistry | undefined> =>
  heldRegistry(io).catch((error: unknown) => {
    if (error instanceof ApiRefusal && error.name === 'RegistryEmpty') return undefined;
    throw error;
  });
