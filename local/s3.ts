import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { Buckets, type BucketSettings } from './s3/buckets.ts';
import { listObjects, listVersions } from './s3/listing.ts';
import { lockConfiguration, withLockConfiguration } from './s3/object-lock.ts';
import { deleteObject, getObject, putObject } from './s3/objects.ts';
import type { S3Request } from './s3/requests.ts';
import type { Caller } from './service.ts';
import { AwsError } from './wire/errors.ts';
import type { WireAnswer } from './wire/http.ts';
import { readXml, xmlAnswer } from './wire/xml.ts';

/** The part of S3 that dossiers need: versions, Object Lock, conditional puts, listings. */
export interface S3 {
  handle(request: S3Request, caller: Caller): Promise<WireAnswer>;
  close(): Promise<void>;
}

const done: WireAnswer = { status: 200, headers: {}, body: '' };

/** Opens the S3 whose state lies in `folder`, in `s3.journal`. */
export async function openS3({ folder, clock }: { folder: string; clock: Clock }): Promise<S3> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const buckets = await Buckets.open(join(folder, 's3.journal'));

  function set(name: string, settings: BucketSettings): WireAnswer {
    buckets.commit({ set: name, settings });
    return done;
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

  return {
    async handle(request, caller) {
      try {
        return run(request, caller);
      } finally {
        // A refusal or a reading too may rest on an effect that is not yet on disk.
        await buckets.durable();
      }
    },
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
  if (buckets.has(name)) {
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
