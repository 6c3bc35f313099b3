import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import * as field from './fields.ts';
import { arnOf, type Key } from './key.ts';
import { materialInUse, reachForUse } from './key-use.ts';
import { withBytes } from './material.ts';
import { endDryRun, noteUse, operation, type Call } from './operation.ts';
import { specOf } from './specs.ts';

const common = {
  KeyId: field.keyId,
  Message: field.blob(1, 4096),
  MacAlgorithm: z.enum(['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512']),
  GrantTokens: field.grantTokens,
  DryRun: field.flag,
};

function macOf(call: Call, key: Key, message: Buffer): Buffer {
  const spec = specOf(key.spec);
  if (spec.family !== 'hmac') throw new Error(`${key.spec} makes no MACs`);
  return withBytes(key, materialInUse(key), call.store.seal, (bytes) => createHmac(spec.hash, bytes).update(message).digest());
}

const GenerateMac = operation(z.strictObject(common), (call, { KeyId, Message, MacAlgorithm, GrantTokens, DryRun }) => {
  const key = reachForUse(call, KeyId, { usage: 'GENERATE_VERIFY_MAC', algorithm: MacAlgorithm, grantTokens: GrantTokens });
  endDryRun(DryRun);
  const mac = macOf(call, key, Message);
  noteUse(call, key);
  return { Mac: mac.toString('base64'), MacAlgorithm, KeyId: arnOf(key) };
});

const VerifyMac = operation(z.strictObject({ ...common, Mac: field.blob(1, 6144) }), (call, { KeyId, Message, MacAlgorithm, Mac, GrantTokens, DryRun }) => {
  const key = reachForUse(call, KeyId, { usage: 'GENERATE_VERIFY_MAC', algorithm: MacAlgorithm, grantTokens: GrantTokens });
  endDryRun(DryRun);
  const mac = macOf(call, key, Message);
  if (mac.length !== Mac.length || !timingSafeEqual(mac, Mac)) {
    throw new AwsError('KMSInvalidMacException', 'The HMAC in the request is not the HMAC of the message under this key and algorithm.');
  }
  noteUse(call, key);
  return { KeyId: arnOf(key), MacValid: true, MacAlgorithm };
});

export const macOperations = { GenerateMac, VerifyMac };
