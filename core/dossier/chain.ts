import { sha256Hex } from '../canonical-json.ts';

/** What stands as `previous` in the first dossier. */
export const genesis = '0'.repeat(64);

/** Object key of a dossier: its place in the chain, so that two writers cannot both take it. */
export const dossierObjectKey = (sequence: number): string => `dossiers/${String(sequence).padStart(9, '0')}.json`;

/** How one envelope file is named in the next: SHA-256 of its bytes, hex. */
export const envelopeDigest = (file: Uint8Array): string => sha256Hex(file);
