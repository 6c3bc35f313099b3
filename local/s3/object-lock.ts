import { AwsError } from '../wire/errors.ts';
import type { Xml } from '../wire/xml.ts';
import type { BucketSettings, LockMode, Retention, Version } from './buckets.ts';

/** Rules of the S3 User Guide, "Locking objects with Object Lock". */
const dayMs = 86_400_000;
const daysOfYear = 365;

const malformed = (): AwsError => new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');

const isMode = (mode: unknown): mode is LockMode => mode === 'GOVERNANCE' || mode === 'COMPLIANCE';

/** The settings after PutObjectLockConfiguration with this XML content. Throws MalformedXML or InvalidBucketState. */
export function withLockConfiguration(settings: BucketSettings, xml: Record<string, unknown>): BucketSettings {
  if (settings.versioning !== 'Enabled') throw new AwsError('InvalidBucketState', "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration", 409);
  const { ObjectLockEnabled: enabled, Rule: rule } = xml as { ObjectLockEnabled?: unknown; Rule?: { DefaultRetention?: Record<string, unknown> } };
  if (enabled !== 'Enabled') throw malformed();
  const locked: BucketSettings = { ...settings, objectLock: true, defaultRetention: undefined };
  if (rule === undefined) return locked;
  const { Mode: mode, Days: days, Years: years } = rule.DefaultRetention ?? {};
  const amount = Number(days ?? years);
  if (!isMode(mode) || (days === undefined) === (years === undefined) || !Number.isInteger(amount)) throw malformed();
  if (amount < 1 || amount > (days === undefined ? 100 : 36_500)) throw new AwsError('InvalidArgument', 'Default retention period must be a positive integer value, of 100 years at most.');
  return { ...locked, defaultRetention: days === undefined ? { mode, days: amount * daysOfYear, unit: 'Years' } : { mode, days: amount, unit: 'Days' } };
}

/** The same configuration as XML content. Throws ObjectLockConfigurationNotFoundError. */
export function lockConfiguration({ objectLock, defaultRetention }: BucketSettings): Xml {
  if (!objectLock) throw new AwsError('ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket', 404);
  if (defaultRetention === undefined) return { ObjectLockEnabled: 'Enabled' };
  const { mode, days, unit } = defaultRetention;
  return { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: mode, [unit]: unit === 'Years' ? days / daysOfYear : days } } };
}

/** How long a new object is locked: as its headers say, else by the bucket's default. Throws InvalidRequest or InvalidArgument. */
export function retentionOf(headers: ReadonlyMap<string, string>, { objectLock, defaultRetention }: BucketSettings, nowMs: number): Retention | undefined {
  const mode = headers.get('x-amz-object-lock-mode');
  const until = headers.get('x-amz-object-lock-retain-until-date');
  if (mode === undefined && until === undefined) return defaultRetention && { mode: defaultRetention.mode, untilMs: nowMs + defaultRetention.days * dayMs };
  if (!objectLock) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if (mode === undefined || until === undefined) throw new AwsError('InvalidArgument', 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
  if (!isMode(mode)) throw new AwsError('InvalidArgument', 'Unknown wormMode directive.');
  const untilMs = Date.parse(until);
  if (Number.isNaN(untilMs)) throw new AwsError('InvalidArgument', 'The retain until date must be provided in ISO 8601 format');
  if (untilMs <= nowMs) throw new AwsError('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, untilMs };
}

export const retentionHeaders = (retention: Retention | undefined): Record<string, string> =>
  retention === undefined
    ? {}
    : { 'x-amz-object-lock-mode': retention.mode, 'x-amz-object-lock-retain-until-date': new Date(retention.untilMs).toISOString() };

/** Throws AccessDenied for a version under retention; governance can be bypassed by whoever asks and may, compliance never. */
export function checkDeletable({ retention }: Version, bypassGovernance: boolean, nowMs: number): void {
  if (retention === undefined || retention.untilMs <= nowMs || (retention.mode === 'GOVERNANCE' && bypassGovernance)) return;
  throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
}
