import { counted } from '../counted.ts';
import type { KeyKind, ManualMethod } from '../key/key-kinds.ts';
import type { KeyFacts } from './key-facts.ts';
import type { Hazard } from './plan.ts';

/** How a key is rotated, as far as hazards depend on it. */
interface Road {
  readonly method: ManualMethod;
  readonly emergency: boolean;
}

interface Rule {
  readonly code: string;
  /** The sentence, where the hazard is there. */
  readonly of: (facts: KeyFacts, kind: KeyKind, road: Road) => string | undefined;
}

const rules: readonly Rule[] = [
  {
    code: 'arn-holders',
    of: ({ arn }) =>
      `Whoever holds ${arn} instead of an alias goes on with the old key: AWS services store the key ARN at configuration time.`,
  },
  {
    code: 'old-ciphertext',
    of: (_, { keyType }) =>
      keyType === 'symmetric' ? 'Data encrypted before still needs the old key: Decrypt finds it by the ciphertext, and nothing is re-encrypted.' : undefined,
  },
  {
    code: 'mac-by-alias',
    of: (_, { keyType }) =>
      keyType === 'hmac' ? 'VerifyMac through the alias fails for tags made before: verifiers must name the key that made a tag.' : undefined,
  },
  {
    code: 'verify-by-alias',
    of: (_, { usage }) =>
      usage === 'SIGN_VERIFY' ? 'Verify through the alias fails for signatures made before: verifiers must use the public key that `kid` names.' : undefined,
  },
  {
    code: 'decrypt-by-alias',
    of: (_, { usage, keyType }) =>
      usage !== 'SIGN_VERIFY' && keyType !== 'symmetric' && keyType !== 'hmac'
        ? 'Decrypt and DeriveSharedSecret through the alias fail for what was made before: whoever opens it must name the old key, which stays Enabled.'
        : undefined,
  },
  {
    code: 'emergency',
    of: (_, __, { emergency }) => (emergency ? 'No consumer is waited for: what the old key signed stops verifying as soon as caches expire.' : undefined),
  },
  {
    code: 'grants-made-anew',
    of: ({ grants }) => (grants.length > 0 ? `${counted(grants.length, 'grant')} will be made anew on the new key, to work within 5 minutes; grant tokens of the old key do not work there.` : undefined),
  },
  {
    code: 'cloudformation-drift',
    of: ({ tags }) => {
      const stack = tags['aws:cloudformation:stack-name'];
      return stack === undefined ? undefined : `The old key belongs to CloudFormation stack ${stack}: its alias will differ from the template until the template follows.`;
    },
  },
  {
    code: 'aws-tags',
    of: ({ tags }) => {
      const reserved = Object.keys(tags).filter((t) => t.startsWith('aws:'));
      return reserved.length > 0 ? `Tags that belong to AWS do not move to the new key: ${reserved.join(', ')}.` : undefined;
    },
  },
  {
    code: 'alias-authorization',
    of: ({ aliases }) => `Policies that go by alias (kms:ResourceAliases) may lag up to 5 minutes behind the move of ${aliases.join(', ')}.`,
  },
];

/** What a rotation by a new key may break, each in a sentence for the approver. AWS KMS Developer Guide, "rotate-keys-manually", "alias-authorization". */
export const whatBreaks = (facts: KeyFacts, kind: KeyKind, road: Road): Hazard[] =>
  rules.flatMap(({ code, of }) => {
    const sentence = of(facts, kind, road);
    return sentence === undefined ? [] : [{ code, sentence }];
  });
