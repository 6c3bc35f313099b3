import { AwsError } from '../wire/errors.ts';
import type { Xml } from '../wire/xml.ts';
import type { BucketSettings, PublicAccessBlock } from './buckets.ts';

/** Rules of the S3 User Guide: "Bucket policies" and "Blocking public access to your Amazon S3 storage". */

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
}

const fieldsOfStatement: ReadonlySet<string> = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource']);

const malformed = (why: string): AwsError => new AwsError('MalformedPolicy', why);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/**
 * A policy must be one that this service enforces: statements that let everybody read objects of the bucket.
 * Throws MalformedPolicy, or NotImplemented for any other kind of statement.
 */
function checkPolicy(bucket: string, text: string): void {
  for (const statement of statementsOf(text)) {
    const { Effect, Principal, Action, Resource } = statement;
    const everybody = Principal === '*' || JSON.stringify(Principal) === '{"AWS":"*"}';
    if (Effect !== 'Allow' || !everybody || listOf(Action).some((action) => action !== 's3:GetObject') || Object.keys(statement).some((field) => !fieldsOfStatement.has(field)))
      throw new AwsError('NotImplemented', 'The embedded S3 enforces one kind of bucket policy: Allow, Principal "*", Action "s3:GetObject", without conditions.', 501);
    if (listOf(Resource).some((arn) => typeof arn !== 'string' || !arn.startsWith(`arn:aws:s3:::${bucket}/`))) throw malformed('Policy has invalid resource');
  }
}

function statementsOf(text: string): Statement[] {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    // Falls through to the refusal, as what is no object does.
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) throw malformed('Policies must be valid JSON and the first byte must be \'{\'');
  const statements = listOf((policy as { Statement?: unknown }).Statement);
  if (statements.some((statement) => typeof statement !== 'object' || statement === null)) throw malformed('Missing required field Statement');
  return statements as Statement[];
}

/** A bucket is made with all four on, since April 2023. */
const allBlocked: PublicAccessBlock = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const blockNames = Object.keys(allBlocked) as (keyof PublicAccessBlock)[];
const noneBlocked: PublicAccessBlock = { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false };

const blockOf = ({ publicAccessBlock = allBlocked }: BucketSettings): PublicAccessBlock => publicAccessBlock;

/** The settings after PutBucketPolicy. Throws AccessDenied while public policies are blocked, since there is no other kind here. */
export function withPolicy(bucket: string, settings: BucketSettings, text: string): BucketSettings {
  checkPolicy(bucket, text);
  if (blockOf(settings).BlockPublicPolicy)
    throw new AwsError('AccessDenied', `s3:PutBucketPolicy on ${bucket}: public policies are blocked by the BlockPublicPolicy block public access setting.`, 403);
  return { ...settings, policy: text };
}

/** The policy as it was put. Throws NoSuchBucketPolicy. */
export function policyOf({ policy }: BucketSettings): string {
  if (policy === undefined) throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404);
  return policy;
}

export const withoutPolicy = (settings: BucketSettings): BucketSettings => ({ ...settings, policy: undefined });

/** The settings after PutPublicAccessBlock with this XML content; what it leaves out is off. Throws MalformedXML. */
export function withAccessBlock(settings: BucketSettings, xml: Record<string, unknown>): BucketSettings {
  const wrong = Object.entries(xml).find(([name, value]) => !(blockNames as string[]).includes(name) || (value !== 'true' && value !== 'false'));
  if (wrong !== undefined) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  const given = Object.fromEntries(Object.entries(xml).map(([name, value]) => [name, value === 'true']));
  return { ...settings, publicAccessBlock: { ...noneBlocked, ...given } };
}

export const withoutAccessBlock = (settings: BucketSettings): BucketSettings => ({ ...settings, publicAccessBlock: noneBlocked });

export const accessBlock = (settings: BucketSettings): Xml => ({ ...blockOf(settings) });

/** Whether anybody may read an object, unsigned. */
export function isPublic(bucket: string, settings: BucketSettings, key: string): boolean {
  if (settings.policy === undefined || blockOf(settings).RestrictPublicBuckets) return false;
  const arn = `arn:aws:s3:::${bucket}/${key}`;
  return statementsOf(settings.policy).some(({ Resource }) => listOf(Resource).some((pattern) => matches(String(pattern), arn)));
}

/** `*` and `?` of a policy's Resource (IAM User Guide, "IAM JSON policy elements: Resource"). */
const matches = (pattern: string, arn: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(arn);
