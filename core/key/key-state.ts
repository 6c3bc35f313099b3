import type { KeyState } from '@aws-sdk/client-kms';
import { no, yes, type Verdict } from './verdict.ts';

/** Every state, in the order of the columns below; a state that AWS adds breaks the build. AWS KMS API Reference, KeyState. */
const reasons = {
  Enabled: 'the key is enabled',
  Disabled: 'the key is disabled',
  PendingDeletion: 'the key is waiting to be deleted',
  PendingReplicaDeletion: 'the key is waiting to be deleted after its replicas',
  PendingImport: 'the key is waiting for key material: it was never imported, or some of it expired or was deleted',
  Creating: 'the key is still being created in this Region',
  Updating: 'the key is changing its primary Region',
  Unavailable: 'the custom key store of the key is not connected',
} satisfies Record<KeyState, string>;

const columns = Object.keys(reasons);

// One letter a column: Y works, - is refused.
const cryptography = 'Y-----Y-';
const read = 'YYYYYYYY';
const label = 'YY--YYYY';
const toggle = 'YY-----Y';
const rotation = 'Y-----Y-';

/**
 * Which calls that Rota makes KMS takes in which state. AWS KMS Developer Guide, "key-state". The column Unavailable
 * is unconfirmed: what needs the key store is taken as refused, what does not as allowed.
 */
const table = {
  Encrypt: cryptography,
  Decrypt: cryptography,
  ReEncrypt: cryptography,
  GenerateDataKey: cryptography,
  GenerateDataKeyWithoutPlaintext: cryptography,
  Sign: cryptography,
  Verify: cryptography,
  GenerateMac: cryptography,
  VerifyMac: cryptography,
  DeriveSharedSecret: cryptography,
  Encapsulate: cryptography,
  Decapsulate: cryptography,
  CreateGrant: cryptography,
  /** The SDK still documents DisabledException: expect it even where this says yes. */
  GetPublicKey: 'YY--Y-Y-',
  DescribeKey: read,
  GetKeyPolicy: read,
  PutKeyPolicy: read,
  ListAliases: read,
  ListGrants: read,
  ListResourceTags: read,
  RetireGrant: read,
  CreateAlias: label,
  /** By the new target. The old target may be pending deletion. */
  UpdateAlias: label,
  TagResource: label,
  UntagResource: label,
  UpdateKeyDescription: label,
  EnableKey: toggle,
  DisableKey: toggle,
  EnableKeyRotation: rotation,
  GetKeyRotationStatus: 'YYYY-YY-',
  ListKeyRotations: 'YYYYYYY-',
  RotateKeyOnDemand: rotation,
  GetParametersForImport: 'YY--Y---',
  ImportKeyMaterial: 'YY--Y-Y-',
  DeleteImportedKeyMaterial: 'YYYYY---',
} satisfies Record<string, string>;

export type RotaCall = keyof typeof table;

/**
 * Whether KMS takes this call for a key in this state, by state alone: spec, origin and policy may still refuse it.
 *
 * @param state - `KeyMetadata.KeyState`; a state that this release does not know is a no
 */
export function callAllowed(call: RotaCall, state: string): Verdict {
  const column = columns.indexOf(state);
  if (column < 0) return no(`this release knows no key state ${state}`);
  return table[call][column] === 'Y' ? yes : no(reasons[state as KeyState]);
}

/** Whether an alias may point to a key in this state: Enabled and nothing else (P2). */
export function usableAliasTarget(state: string): Verdict {
  if (state === 'Enabled') return yes;
  return no(Object.hasOwn(reasons, state) ? reasons[state as KeyState] : `this release knows no key state ${state}`);
}
