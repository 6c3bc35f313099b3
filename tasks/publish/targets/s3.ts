import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { PublicationTarget } from '../../../core/registry/rollover-schema.ts';
import { getObject, getObjectActions } from '../../../store/get-object.ts';
import { bodyOf, currentSet, fetched, type TargetAdapter } from './target.ts';

type S3Target = Extract<PublicationTarget, { kind: 's3' }>;

/** Immutable documents may be kept for ever; the current one must not outlive what the registry says of caches. */
const cacheControl = (immutable: boolean): string => (immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=300, must-revalidate');

/** A bucket: the current set under `.well-known/jwks.json`, and every version, certificate and statement beside it for good. */
export const s3Target: TargetAdapter<S3Target> = {
  actions: ['s3:PutObject', ...getObjectActions],
  deliver: async ({ bucket, prefix }, { documents }, { s3 }) => {
    // The fixed address last: whoever finds the new set there finds all that belongs to it.
    for (const document of [...documents].sort((a, b) => Number(b.immutable) - Number(a.immutable)))
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${prefix}${document.path}`,
          Body: bodyOf(document),
          ContentType: document.mediaType,
          CacheControl: cacheControl(document.immutable),
        }),
      );
  },
  readBack: async (target, set, { s3 }) => {
    const current = currentSet(set);
    const found = [];
    for (const document of set.documents)
      found.push({ document, served: document === current && target.readBackUrl !== undefined ? await fetched(target.readBackUrl) : await getObject(s3, target.bucket, `${target.prefix}${document.path}`) });
    return found;
  },
};
