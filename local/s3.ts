import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { Buckets, type BucketSettings } from './s3/buckets.ts';
import { listObjects, listVersions } from './s3/listing.ts';
import { lockConfiguration, withLockConfiguration } from './s3/object-lock.ts';
import { deleteObject, getObject, putObject } from './s3/objects.ts';
import { accessBlock, isPublic, policyOf, withAccessBlock, withoutAccessBlock, withoutPolicy, withPolicy } from './s3/public-access.ts';
import type { S3Request } from './s3/requests.ts';
import type { Caller } from './service.ts';
import { AwsError } from './wire/errors.ts';
import type { WireAnswer } from './wire/http.ts';
import { readXml, xmlAnswer } from './wire/xml.ts';

/** The part of S3 that dossiers and published keys need: versions, Object Lock, conditional puts, listings, public reading. */
export interface S3 {
  handle(request: S3Request, caller: Caller): Promise<WireAnswer>;
  /** Reads an object for anybody, if its bucket's policy lets everybody. Throws AccessDenied. */
  readPublic(request: S3Request): Promise<WireAnswer>;
  has(bucket: string): boolean;
  close(): Promise<void>;
}

const done: WireAnswer = { status: 200, headers: {}, body: '' };
const gone: WireAnswer = { ...done, status: 204 };

/** Opens the S3 whose state lies in `folder`, in `s3.journal`. */
export async function openS3({ folder, clock }: { folder: string; clock: Clock }): Promise<S3> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const buckets = await Buckets.open(join(folder, 's3.journal'));

  function set(name: string, settings: BucketSettings, answer = done): WireAnswer {
    buckets.commit({ set: name, settings });
    return answer;
  }

  function run(request: S3Request, caller: Caller): WireAnswer {
    if (request.operation === 'ListBuckets') return listBuckets(buckets, caller);
    if (request.operation === 'CreateBucket') return createBucket(buckets, request, caller, clock.now());
    const bucket = buckets.get(request.bucket, caller.accountId);
    const owner = request.headers.get('x-amz-expected-bucket-owner');
    if (owner !== undefined && owner !== bucket.accountId) throw new AwsError('AccessDenied', 'Access Denied', 403);
    const { name, settings, region } = bucket;
    const place = { buckets, bucket, nowMs: clock.now() };
    switch (request.operation) {
      case 'HeadBucket':
        return { ...done, headers: { 'x-amz-bucket-region': region } };
      case 'GetBucketLocation':
        return xmlAnswer('LocationConstraint', region === 'us-east-1' ? '' : region);
      case 'GetBucketVersioning':
        return xmlAnswer('VersioningConfiguration', { Status: settings.versioning });
      case 'PutBucketVersioning':
        return set(name, withVersioning(settings, readXml(request.body, 'VersioningConfiguration')));
      case 'GetObjectLockConfiguration':
        return xmlAnswer('ObjectLockConfiguration', lockConfiguration(settings));
      case 'PutObjectLockConfiguration':
        return set(name, withLockConfiguration(settings, readXml(request.body, 'ObjectLockConfiguration')));
      case 'GetBucketPolicy':
        return { status: 200, headers: { 'content-type': 'application/json' }, body: policyOf(settings) };
      case 'PutBucketPolicy':
        return set(name, withPolicy(name, settings, request.body.toString('utf8')), gone);
      case 'DeleteBucketPolicy':
        return set(name, withoutPolicy(settings), gone);
      case 'GetPublicAccessBlock':
        return xmlAnswer('PublicAccessBlockConfiguration', accessBlock(settings));
      case 'PutPublicAccessBlock':
        return set(name, withAccessBlock(settings, readXml(request.body, 'PublicAccessBlockConfiguration')));
      case 'DeletePublicAccessBlock':
        return set(name, withoutAccessBlock(settings), gone);
      case 'ListObjectsV2':
        return xmlAnswer('ListBucketResult', listObjects(bucket, request.query));
      case 'ListObjectVersions':
        return xmlAnswer('ListVersionsResult', listVersions(bucket, request.query));
      case 'PutObject':
        return putObject(place, request);
      case 'GetObject':
      case 'HeadObject':
        return getObject(place, request);
      case 'DeleteObject':
        return deleteObject(place, request);
      default:
        throw new AwsError('NotImplemented', `The embedded S3 does not do ${request.operation}.`, 501);
    }
  }

  function readPublic(request: S3Request): WireAnswer {
    const bucket = buckets.find(request.bucket);
    const plain = request.operation === 'GetObject' || request.operation === 'HeadObject';
    // A version is another action, s3:GetObjectVersion.
    if (bucket === undefined || !plain || request.query.has('versionId') || !isPublic(bucket.name, bucket.settings, request.key)) throw new AwsError('AccessDenied', 'Access Denied', 403);
    return getObject({ buckets, bucket, nowMs: clock.now() }, request);
  }

  /** A refusal or a reading too may rest on an effect that is not yet on disk. */
  async function durably(answer: () => WireAnswer): Promise<WireAnswer> {
    try {
      return answer();
    } finally {
      await buckets.durable();
    }
  }

  return {
    handle: (request, caller) => durably(() => run(request, caller)),
    readPublic: (request) => durably(() => readPublic(request)),
    has: (bucket) => buckets.find(bucket) !== undefined,
    close: () => buckets.close(),
  };
}

const listBuckets = (buckets: Buckets, { accountId }: Caller): WireAnswer =>
  xmlAnswer('ListAllMyBucketsResult', {
    Owner: { ID: accountId },
    Buckets: { Bucket: buckets.ofAccount(accountId).map(({ name, createdMs, region }) => ({ Name: name, CreationDate: new Date(createdMs).toISOString(), BucketRegion: region })) },
  });

function createBucket(buckets: Buckets, { bucket: name, headers, body }: S3Request, { accountId, region }: Caller, createdMs: number): WireAnswer {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
  if (buckets.find(name) !== undefined) {
    buckets.get(name, accountId);
    throw new AwsError('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded and you already own it.', 409, { BucketName: name });
  }
  const wanted = body.length === 0 ? undefined : readXml(body, 'CreateBucketConfiguration').LocationConstraint;
  if (wanted !== undefined && wanted !== region)
    throw new AwsError('IllegalLocationConstraintException', `The ${JSON.stringify(wanted)} location constraint is incompatible for the region specific endpoint this request was sent to.`);
  const objectLock = headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  buckets.commit({ bucket: { name, accountId, region, createdMs, settings: { objectLock, ...(objectLock ? { versioning: 'Enabled' as const } : {}) } } });
  return { ...done, headers: { location: `/${name}` } };
}

function withVersioning(settings: BucketSettings, { Status: status, ...others }: Record<string, unknown>): BucketSettings {
  if ((status !== 'Enabled' && status !== 'Suspended') || Object.keys(others).length > 0) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  if (settings.objectLock && status === 'Suspended')
    throw new AwsError('InvalidBucketState', 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.', 409);
  return { ...settings, versioning: status };
}
