import { isRotaError } from '../core/errors.ts';
import { envelopeDigest, genesis } from '../core/dossier/chain.ts';
import type { RotationPredicate } from '../core/dossier/statement.ts';
import { verifyDossier } from '../core/dossier/verify.ts';
import { publicKeyOf } from '../store/key-facts.ts';
import type { ApiDeps } from './deps.ts';

/** A dossier with what verifying it says: what it holds, or the first fault found. */
export type CheckedDossier = { readonly sequence: number } & ({ readonly predicate: RotationPredicate } | { readonly fault: string });

/**
 * Verifies the dossiers from `first` to `last`, each with its link to the one before. It is a convenience: an auditor verifies with a key and
 * on a machine of their own.
 */
export async function checkDossiers(deps: ApiDeps, first: number, last: number): Promise<CheckedDossier[]> {
  const spki = await publicKeyOf(deps.clients.kms, deps.names.dossierKey);
  const files = await Promise.all(Array.from({ length: last - first + 2 }, (_, i) => fileOf(deps, first - 1 + i)));
  return files.slice(1).map((bytes, i) => {
    const sequence = first + i;
    const before = files[i];
    if (bytes === undefined) return { sequence, fault: `Dossier number ${sequence} is missing from the chain.` };
    try {
      const predicate = verifyDossier({ name: `Dossier number ${sequence}`, bytes }, spki);
      if (predicate.sequence !== sequence || predicate.previous !== (sequence === 1 ? genesis : before && envelopeDigest(before)))
        return { sequence, fault: `Dossier number ${sequence} does not name the dossier before it.` };
      return { sequence, predicate };
    } catch (error) {
      if (!isRotaError(error, 'DossierDamaged')) throw error;
      return { sequence, fault: error.message };
    }
  });
}

const fileOf = async ({ store }: ApiDeps, sequence: number): Promise<Buffer | undefined> => (sequence < 1 ? undefined : store.dossiers.getDossier(sequence));
