/** What the registry says of a key whose public half others hold: when they have a new one, where it is published, who they are. */
import { z } from 'zod';
import { distinguishedName } from '../publication/distinguished-name.ts';
import { Name } from './name.ts';

const seconds = (least: number) => z.int().min(least).max(26_000_000);
const day = 86_400;

/**
 * The intervals of a rollover. RFC 7583 section 2 (Dprp, TTLkey, TTLsig), with BIND's publish-safety and retire-safety. All
 * together must leave room in the year that an execution may last.
 */
export const Rollover = z
  .strictObject({
    /** Until every copy of a target serves a change. */
    propagationSeconds: seconds(0),
    /** How long a consumer may keep a key set that it fetched. */
    cacheTtlSeconds: seconds(0),
    publishSafetySeconds: seconds(0).default(3600),
    /**
     * Longest life of anything signed, MACed or encrypted that travels: tokens, messages in flight. `unbounded` for signatures that
     * must verify for ever: then the old public key never leaves the key set.
     */
    longestLifetimeSeconds: z.union([seconds(0), z.literal('unbounded')], { error: 'must be whole seconds, or "unbounded"' }),
    clockSkewSeconds: seconds(0).default(300),
    retireSafetySeconds: seconds(0).default(3600),
    /** Until KMS resolves a moved alias the same everywhere. AWS KMS Developer Guide, "accessing-kms": seconds, at times minutes. */
    kmsPropagationSeconds: seconds(0).default(300),
  })
  .refine(
    (r) => {
      const life = r.longestLifetimeSeconds === 'unbounded' ? 0 : r.longestLifetimeSeconds;
      return 2 * (r.propagationSeconds + r.cacheTtlSeconds) + r.publishSafetySeconds + life + r.clockSkewSeconds + r.retireSafetySeconds <= 26_000_000;
    },
    { error: 'adds up to more than 300 days: an execution may last one year (use longestLifetimeSeconds: unbounded for signatures that live longer)' },
  );
export type Rollover = z.infer<typeof Rollover>;

const HttpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const target = { name: Name, readBackUrl: HttpUrl.optional() };

/** Where a key set goes. `readBackUrl` is what consumers fetch; left out, the copy is read back through AWS. */
export const PublicationTarget = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...target,
      kind: z.literal('s3'),
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket'),
      /** In front of `.well-known/jwks.json`; empty or ending in "/". */
      prefix: z.string().regex(/^([\w.-]+\/)*$/, 'must be empty or a path that ends in "/"').default(''),
    }),
    z.strictObject({ ...target, kind: z.literal('ssm'), parameter: z.string().regex(/^(\/[\w.-]+){1,15}$/, 'must be a parameter path such as /keys/tokens/jwks') }),
    /** Gets the documents by POST; what it serves afterwards is read at `readBackUrl`. */
    z.strictObject({ name: Name, kind: z.literal('webhook'), url: HttpUrl, readBackUrl: HttpUrl }),
  ],
  { error: 'must be "s3", "ssm" or "webhook"' },
);
export type PublicationTarget = z.infer<typeof PublicationTarget>;

/** A distinguished name as a certificate has it. RFC 4514. */
const Subject = z.string().superRefine((text, context) => {
  try {
    distinguishedName(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

export const Publication = z.strictObject({
  targets: z.array(PublicationTarget).min(1, 'must hold at least one target: a key that nobody publishes, nobody has').max(10),
  /** `alg` of the keys in the set, where the key spec leaves a choice (RSA). RFC 7518 section 3.1. */
  algorithm: z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'RSA-OAEP-256', 'RSA-OAEP']).optional(),
  /** A self-signed certificate of the new key, or a PKCS#10 request for a CA, made by KMS's signature. */
  certificate: z.strictObject({ kind: z.enum(['self-signed', 'request']), subject: Subject, validityDays: z.int().min(1).max(3653).default(398) }).optional(),
});
export type Publication = z.infer<typeof Publication>;

/** Somebody who verifies, encrypts or derives with the public key. */
export const Consumer = z.strictObject({
  name: Name,
  contact: z.string().min(3).max(200),
  group: Name.default('consumers'),
  /** The target that it reads. */
  target: Name,
  acknowledges: z.enum(['required', 'informed'], { error: 'must be "required" or "informed"' }),
  /** From the publication; reminders come before it, and the rotation holds after it. */
  deadlineDays: z.int().min(1).max(180).default(14),
  /** The people of the registry who acknowledge for it, by their own identity. */
  people: z.array(Name).default([]),
});
export type Consumer = z.infer<typeof Consumer>;

/** How many required consumers of a group must have the new key. A group without a rule needs all. */
export const AcknowledgementRule = z.strictObject({
  group: Name,
  count: z.union([z.int().min(1), z.literal('all')], { error: 'must be a number of consumers, or "all"' }),
});
export type AcknowledgementRule = z.infer<typeof AcknowledgementRule>;

/** How long an old key is watched before it counts as out of use. */
export const Retirement = z
  .strictObject({
    /** With Encrypt, Sign and GenerateMac denied, still Enabled. */
    denySeconds: seconds(60).default(30 * day),
    /** Disabled, while somebody looks for DisabledException. */
    watchSeconds: seconds(60).default(90 * day),
  })
  .refine((r) => r.denySeconds + r.watchSeconds <= 26_000_000, { error: 'adds up to more than 300 days: an execution may last one year, and people must have time to approve' })
  .prefault({});
export type Retirement = z.infer<typeof Retirement>;
