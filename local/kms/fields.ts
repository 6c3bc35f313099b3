import { z } from 'zod';

// The fields that many operations share, with the limits of the AWS service model (MODEL:kms).

export const keyId = z.string().min(1).max(2048);

export const aliasName = z.string().min(1).max(256).regex(/^[a-zA-Z0-9:/_-]+$/);

export const flag = z.boolean().optional();

export const grantTokens = z.array(z.string().min(1).max(8192)).max(10).optional();

export const encryptionContext = z.record(z.string(), z.string()).optional();

export const limit = (most: number) => z.int().min(1).max(most).optional();

export const marker = z.string().min(1).max(1024).regex(/^[\u0020-\u00FF]*$/).optional();

export const policy = z.string().min(1).max(131_072).regex(/^[\u0009\u000A\u000D\u0020-\u00FF]+$/);

export const description = z.string().max(8192);

export const region = z.string().min(1).max(32).regex(/^([a-z]+-){2,3}\d+$/);

export const tagList = z.array(z.strictObject({ TagKey: z.string().min(1).max(128), TagValue: z.string().max(256) }));

export const materialId = z.string().length(64).regex(/^[a-f0-9]+$/);

/** Epoch seconds on the wire, milliseconds inside. */
export const timestamp = z.number().transform((epochSeconds) => Math.round(epochSeconds * 1000));

export const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 on the wire, a Buffer inside; `min` and `max` count bytes. */
export const blob = (min: number, max: number) =>
  z
    .string()
    .regex(base64)
    .transform((text, context) => {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length < min) context.addIssue({ code: 'custom', message: `Member must have length greater than or equal to ${min}` });
      if (bytes.length > max) context.addIssue({ code: 'custom', message: `Member must have length less than or equal to ${max}` });
      return bytes;
    });

export const encryptionAlgorithm = z.enum(['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE']).default('SYMMETRIC_DEFAULT');
