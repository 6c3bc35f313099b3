import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

/** The keys of the objects under a prefix, in the order of their UTF-8 bytes; only those behind `startAfter`, where it is given. */
export async function listObjects(client: S3Client, bucket: string, prefix: string, startAfter?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix, StartAfter: startAfter })) keys.push(...Contents.map(({ Key = '' }) => Key));
  return keys;
}
