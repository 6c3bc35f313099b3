import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { dossierObjectKey } from '../../core/dossier/chain.ts';
import { defaultNames, makeClients } from '../../store/clients.ts';
import { DossierBucket } from '../../store/dossier-bucket.ts';
import { setUp } from '../../store/set-up.ts';
import { admin, region, start } from '../embedded-aws.ts';

test('the end of the chain is found whoever wrote it, and one that was taken away is missed', async () => {
  const aws = await start();
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  await setUp(clients, defaultNames, {});
  const [mine, others] = [new DossierBucket(clients.s3, defaultNames.dossierBucket), new DossierBucket(clients.s3, defaultNames.dossierBucket)];
  expect(await mine.lastSequence()).toBe(0);
  for (const sequence of [1, 2]) expect(await mine.putDossier(sequence, Buffer.from('{}'))).toBe(true);
  expect(await mine.lastSequence()).toBe(2);
  expect(await mine.putDossier(2, Buffer.from('{}'))).toBe(false);
  for (const sequence of [3, 4]) await others.putDossier(sequence, Buffer.from('{}'));
  expect([await mine.lastSequence(), await others.lastSequence()]).toEqual([4, 4]);
  for (const sequence of [3, 4]) await clients.s3.send(new DeleteObjectCommand({ Bucket: defaultNames.dossierBucket, Key: dossierObjectKey(sequence) }));
  expect(await mine.lastSequence()).toBe(2);
});
