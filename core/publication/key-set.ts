import { z } from 'zod';
import { canonicalBytes, parseCanonical } from '../canonical-json.ts';
import { PublicJwk, publicJwk, spkiOf, thumbprintOfJwk } from './public-jwk.ts';
import { PublicationError } from './publication-error.ts';
import { formatOf, type PublishedKey } from './published-key.ts';

/** RFC 7517 section 8.5.2. */
export const keySetMediaType = 'application/jwk-set+json';

const head = { kid: z.string(), use: z.enum(['sig', 'enc']), alg: z.string() };
const [Rsa, Ec, Okp, Akp] = PublicJwk.options;
const Entry = z.discriminatedUnion('kty', [Rsa.extend(head), Ec.extend(head), Okp.extend(head), Akp.extend(head)]);
const KeySet = z.strictObject({ keys: z.array(Entry).min(1) });

/** A key as a consumer finds it in a key set. */
export interface KeyInSet {
  readonly kid: string;
  readonly use: 'sig' | 'enc';
  readonly algorithm: string;
  readonly spki: Buffer;
}

/**
 * A JWK Set (RFC 7517 section 5) as canonical bytes (RFC 8785), keys in the order given. HMAC keys have no public half: theirs is a list of
 * `alg`, `keyArn` and `kid`, by which verifiers choose the key that they call VerifyMac with. Throws KeySetInvalid for no key, a key
 * twice, or HMAC keys beside others.
 */
export function keySetBytes(keys: readonly PublishedKey[]): Buffer {
  const twice = keys.find((k, i) => keys.findIndex((other) => other.kid === k.kid) !== i);
  if (twice !== undefined) throw invalid(`it has ${twice.kid} (${twice.keyArn}) twice`);
  if (keys.length === 0) throw invalid('it has no key, and whoever fetched it could verify nothing');
  const macs = keys.filter((k) => k.spki.length === 0);
  if (macs.length !== 0 && macs.length !== keys.length) throw invalid('HMAC keys cannot stand beside keys that have a public half');
  return canonicalBytes({ keys: macs.length > 0 ? keys.map(listed) : keys.map(jwk) });
}

const listed = ({ algorithm: alg, keyArn, kid }: PublishedKey) => ({ ...(alg === undefined ? {} : { alg }), keyArn, kid });
const jwk = (key: PublishedKey) => ({ ...publicJwk(key.spki), kid: key.kid, use: formatOf(key).use, alg: key.algorithm });

/**
 * Reads a JWK Set as strictly as `keySetBytes` writes it: canonical, no unknown member, every `kid` the thumbprint of its key, none twice.
 * So one set has one digest. Throws KeySetInvalid, or PublicKeyUnreadable for a JWK that is no key.
 */
export function readKeySet(bytes: Buffer): KeyInSet[] {
  const { data } = KeySet.safeParse(parseCanonical(bytes));
  if (data === undefined) throw invalid('it is not a JWK Set in canonical form (RFC 7517, RFC 8785)');
  const keys = data.keys.map((entry): KeyInSet => {
    const { kid, use, alg, ...rest } = entry;
    const key: PublicJwk = rest.kty === 'AKP' ? { ...rest, alg } : rest;
    const spki = spkiOf(key);
    // The second comparison refuses another spelling of the same key, such as zeros in front of a modulus.
    if (thumbprintOfJwk(key) !== kid || thumbprintOfJwk(publicJwk(spki)) !== kid) throw invalid(`${kid} is not the thumbprint of its key`);
    return { kid, use, algorithm: alg, spki };
  });
  if (new Set(keys.map((k) => k.kid)).size < keys.length) throw invalid('it has a key twice');
  return keys;
}

const invalid = (why: string) => new PublicationError('KeySetInvalid', `The key set is not valid: ${why}.`);
