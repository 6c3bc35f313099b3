import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import { checkGrantTokens } from './grants.ts';
import { arnOf, currentOf, type Key, type Material } from './key.ts';
import type { Call } from './operation.ts';
import { algorithmsOf, type KeyUsage } from './specs.ts';

interface Need {
  readonly usage: KeyUsage;
  readonly algorithm: string;
  readonly grantTokens: readonly string[] | undefined;
  /** For ReEncrypt: which half of it. */
  readonly action?: string;
}

/** The key of a cryptographic operation: `reach`, then usage and algorithm. Throws InvalidKeyUsageException too. */
export function reachForUse(call: Call, reference: string, need: Need): Key {
  checkGrantTokens(call, need.grantTokens);
  const key = reach(call, reference, need.action);
  requireFit(call, key, need);
  return key;
}

function requireFit(call: Call, key: Key, { usage, algorithm }: Need): void {
  if (key.usage !== usage) {
    throw new AwsError('InvalidKeyUsageException', `${arnOf(key)} key usage is ${key.usage} which is not valid for ${call.operation}.`);
  }
  if (!algorithmsOf(key.spec, usage).includes(algorithm)) {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
}

/** The material that makes new ciphertexts, signatures and tags. */
export function materialInUse(key: Key): Material {
  const current = currentOf(key);
  if (current === undefined) throw new Error(`${arnOf(key)} is usable without a current material`);
  return current;
}
