import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { encryptWith } from './encryption.ts';
import * as field from './fields.ts';
import { arnOf } from './key.ts';
import { materialInUse, reachForUse } from './key-use.ts';
import { endDryRun, noteUse, operation, type Call, type Output } from './operation.ts';

const input = z.strictObject({
  KeyId: field.keyId,
  EncryptionContext: field.encryptionContext,
  NumberOfBytes: z.int().min(1).max(1024).optional(),
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  GrantTokens: field.grantTokens,
  DryRun: field.flag,
});

/** A fresh data key under a symmetric key. The plaintext leaves in the answer only when `showPlaintext`. */
function generate(call: Call, { KeyId, EncryptionContext = {}, NumberOfBytes, KeySpec, GrantTokens, DryRun }: z.output<typeof input>, showPlaintext: boolean): Output {
  if ((NumberOfBytes === undefined) === (KeySpec === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  const key = reachForUse(call, KeyId, { usage: 'ENCRYPT_DECRYPT', algorithm: 'SYMMETRIC_DEFAULT', grantTokens: GrantTokens });
  endDryRun(DryRun);
  const plaintext = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32));
  try {
    const ciphertext = encryptWith(call, key, 'SYMMETRIC_DEFAULT', EncryptionContext, plaintext);
    noteUse(call, key);
    return {
      CiphertextBlob: ciphertext.toString('base64'),
      KeyId: arnOf(key),
      KeyMaterialId: materialInUse(key).id,
      ...(showPlaintext ? { Plaintext: plaintext.toString('base64') } : {}),
    };
  } finally {
    plaintext.fill(0);
  }
}

const GenerateDataKey = operation(input, (call, request) => generate(call, request, true));

const GenerateDataKeyWithoutPlaintext = operation(input, (call, request) => generate(call, request, false));

const GenerateRandom = operation(z.strictObject({ NumberOfBytes: z.int().min(1).max(1024).optional() }), (_call, { NumberOfBytes }) => {
  if (NumberOfBytes === undefined) throw new AwsError('ValidationException', 'NumberOfBytes is required.');
  const bytes = randomBytes(NumberOfBytes);
  try {
    return { Plaintext: bytes.toString('base64') };
  } finally {
    bytes.fill(0);
  }
});

export const dataKeyOperations = { GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom };
