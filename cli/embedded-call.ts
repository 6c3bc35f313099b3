import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

/** Calls the embedded AWS about itself (clock, faults); real AWS has nothing of the kind and refuses. */
export const embeddedCall = <T>(io: Io, operation: string, input: unknown): Promise<T> =>
  apiJson<T>(io, { method: 'POST', path: '/', service: 'rota-local', headers: { 'x-amz-target': `RotaLocal.${operation}` }, body: input });
