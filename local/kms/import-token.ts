import { randomUUID } from 'node:crypto';
import { AwsError } from '../wire/errors.ts';
import { arnOf, dayMs, type Key } from './key.ts';
import type { Seal } from '../seal.ts';
import { isWrappingAlgorithm, type WrappingAlgorithm } from './wrapping.ts';

/** What an import token says, sealed: nobody but this KMS can read or make one. */
interface Token {
  readonly keyArn: string;
  readonly wrappingPairId: string;
  readonly algorithm: WrappingAlgorithm;
  readonly validToMs: number;
}

/** Public key and token are valid for 24 hours (aws-facts 1.4). */
const tokenLifeMs = dayMs;

const sealContext = 'import token';

export function makeImportToken(key: Key, wrappingPairId: string, algorithm: WrappingAlgorithm, nowMs: number, seal: Seal): { token: string; validToMs: number } {
  // AWS's own time has whole seconds here, and the answer must say what the token says.
  const validToMs = Math.floor((nowMs + tokenLifeMs) / 1000) * 1000;
  const content = { keyArn: arnOf(key), wrappingPairId, algorithm, validToMs, serial: randomUUID() };
  return { token: seal.seal(Buffer.from(JSON.stringify(content)), sealContext), validToMs };
}

/**
 * Reads a token for this key. Throws InvalidImportTokenException (broken, or of another key) or
 * ExpiredImportTokenException. A token may serve twice within its life: an import whose answer was lost is sent again.
 */
export function readImportToken(key: Key, token: Buffer, nowMs: number, seal: Seal): Token {
  const content = parse(token, seal);
  if (content?.keyArn !== arnOf(key)) {
    throw new AwsError('InvalidImportTokenException', `The import token is not one that GetParametersForImport gave for ${arnOf(key)}.`);
  }
  if (content.validToMs <= nowMs) {
    throw new AwsError('ExpiredImportTokenException', 'The import token has expired. Use GetParametersForImport to get a new import token and public key.');
  }
  return content;
}

function parse(token: Buffer, seal: Seal): Token | undefined {
  try {
    const content = JSON.parse(seal.unseal(token.toString('base64'), sealContext).toString()) as Token;
    return isWrappingAlgorithm(content.algorithm) ? content : undefined;
  } catch {
    return undefined;
  }
}
