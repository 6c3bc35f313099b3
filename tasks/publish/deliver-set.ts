import { sha256Hex } from '../../core/canonical-json.ts';
import { RotaError } from '../../core/errors.ts';
import type { PublicationTarget } from '../../core/registry/rollover-schema.ts';
import type { Clients } from '../../store/clients.ts';
import type { PublishedSet } from '../../store/publication-table.ts';
import { s3Target } from './targets/s3.ts';
import { ssmTarget } from './targets/ssm.ts';
import { bodyOf, type TargetAdapter } from './targets/target.ts';
import { webhookTarget } from './targets/webhook.ts';

const adapters: { readonly [K in PublicationTarget['kind']]: TargetAdapter<Extract<PublicationTarget, { kind: K }>> } = {
  s3: s3Target,
  ssm: ssmTarget,
  webhook: webhookTarget,
};

export const deliverSetActions = Object.values(adapters).flatMap((a) => a.actions);

/**
 * Delivers a key set to one target, then reads back what a consumer would fetch and compares it byte for byte. Throws
 * `TargetUnreachable` or `TargetServesOther`, with the target's name: the workflow holds on both.
 */
export async function deliverSet(target: PublicationTarget, set: PublishedSet, clients: Clients): Promise<void> {
  const adapter = adapters[target.kind] as TargetAdapter;
  await reaching(target, () => adapter.deliver(target, set, clients));
  for (const { document, served } of await reaching(target, () => adapter.readBack(target, set, clients))) {
    if (served?.equals(bodyOf(document)) === true) continue;
    const found = served === undefined ? 'nothing is there' : `SHA-256 ${sha256Hex(served).slice(0, 16)}... in place of ${sha256Hex(bodyOf(document)).slice(0, 16)}...`;
    throw new RotaError('TargetServesOther', { target: target.name, document: document.path, found });
  }
}

async function reaching<T>(target: PublicationTarget, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string } };
    const why = cause?.code ?? (name === 'Error' || name === 'TypeError' ? message : `${name}: ${message}`);
    throw new RotaError('TargetUnreachable', { target: target.name, why: why.replace(/\.$/, '') }, { cause: error });
  }
}
