import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * To a role that may not list the bucket S3 says of an object that is not there that it is refused, and not that there is none. Amazon S3 API Reference, GetObject,
 * "Permissions".
 */
export const getObjectActions = ['s3:GetObject', 's3:ListBucket'] as const;

/** The bytes of an object; undefined where there is none. */
export async function getObject(s3: S3Client, bucket: string, key: string): Promise<Buffer | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}
