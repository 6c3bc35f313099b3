import type { KeyUsageType } from '@aws-sdk/client-kms';

/**
 * In which direction a key pair rolls over. A verifier must have the new key before anything is signed with it, and the old
 * one as long as anything signed with it lives. A sender is the other way round: whoever decrypts must be able to before any
 * sender has the new key, and the old key leaves the key set first, while its private half stays for good.
 */
export interface Direction {
  /** Whose copies matter, in the words of a plan. */
  readonly holders: string;
  /** When the old key leaves the key set: as soon as the alias has moved, or after everything made with it has died. */
  readonly oldLeaves: 'at the switch' | 'after the drain';
  /** What protects and so stops for a key that is followed by another; what processes goes on. NIST SP 800-57 Part 1, section 7. */
  readonly stops: readonly string[];
  /** KMS operations that make something new with the key: evidence that somebody still uses it. */
  readonly making: readonly string[];
  /** KMS operations that open or check what the key made before. */
  readonly opening: readonly string[];
  /** Whether the key can sign the statement that vouches for its successor. */
  readonly vouches: boolean;
}

const encrypting: Direction = {
  holders: 'senders',
  oldLeaves: 'at the switch',
  stops: ['kms:Encrypt', 'kms:ReEncryptTo', 'kms:GenerateDataKey*'],
  making: ['Encrypt', 'ReEncrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'],
  opening: ['Decrypt'],
  vouches: false,
};

/** By usage of the key. Reference: RFC 7583 (signing), OpenID Connect Core 10.1.1 and 10.2.1, AWS KMS Developer Guide "rotate-keys-manually". */
const directions: Readonly<Record<KeyUsageType, Direction>> = {
  SIGN_VERIFY: { holders: 'verifiers', oldLeaves: 'after the drain', stops: ['kms:Sign'], making: ['Sign'], opening: ['Verify'], vouches: true },
  GENERATE_VERIFY_MAC: { holders: 'verifiers', oldLeaves: 'after the drain', stops: ['kms:GenerateMac'], making: ['GenerateMac'], opening: ['VerifyMac'], vouches: false },
  ENCRYPT_DECRYPT: encrypting,
  ENCAPSULATE_DECAPSULATE: { ...encrypting, stops: ['kms:Encapsulate'], making: ['Encapsulate'], opening: ['Decapsulate'] },
  /** Both sides derive with it, also for what is old: nothing can be denied without losing data. */
  KEY_AGREEMENT: { ...encrypting, holders: 'peers', stops: [], making: [], opening: ['DeriveSharedSecret'] },
};

/** The direction of a usage that AWS has; the plan has made sure of that. */
export function directionOf(usage: string): Direction {
  if (!Object.hasOwn(directions, usage)) throw new Error(`no direction is known for usage ${usage}`);
  return directions[usage as KeyUsageType];
}
