import { createHmac } from 'node:crypto';

const domain = 'rota/material-fingerprint/v1\0';

/**
 * Names key material in plan, ledger and dossier without giving it away: HMAC-SHA-256 over the material, keyed with a
 * domain and the rotation id; 64 lowercase hex digits. Whoever holds the material can make it again and compare.
 *
 * Why it may be public: to learn the material from it one must guess it. Material that Rota accepts is a random key
 * (224 bits and more) or a private key of at least 112 bits of strength, and the fingerprint gives only a test for a
 * guess, which the wrapped material's first use gives too. HMAC rather than a bare hash: the domain keeps it from being
 * mistaken for, or replayed as, a SHA-256 that some other tool made of the same bytes, and the rotation id as salt
 * makes equal material in two rotations look different to whoever does not hold it, and a table of hashes useless.
 * A pass phrase used as an HMAC key could be guessed offline: no salt mends that, the material itself is too weak then.
 *
 * @param rotationId - public; part of the name, so a fingerprint is valid for one rotation only
 */
export function materialFingerprint(rotationId: string, material: Uint8Array): string {
  return createHmac('sha256', `${domain}${rotationId}`).update(material).digest('hex');
}
