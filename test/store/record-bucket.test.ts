import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { KpiFact } from '../../core/kpi/facts.ts';
import { addFacts, noFacts, type KpiTally } from '../../core/kpi/tally.ts';
import { makeClients } from '../../store/clients.ts';
import { RecordBucket } from '../../store/record-bucket.ts';
import { admin, region, start } from '../embedded-aws.ts';

const seen = (n: number, at: string): KpiFact => ({ fact: 'key-seen', at, keyArn: `arn:key/${n}`, rotation: 'on', retained: false });

test('a tally that is carried on has what all facts come to, those too that came after it was stored', async () => {
  const aws = await start();
  const { s3 } = makeClients({ region, endpoint: aws.url, credentials: admin });
  await s3.send(new CreateBucketCommand({ Bucket: 'records' }));
  const records = new RecordBucket(s3, 'records');
  const all: KpiFact[] = [];
  const tell = async (day: string, writer: string, ...facts: KpiFact[]): Promise<KpiTally> => {
    await records.addFacts(day, writer, facts);
    all.push(...facts);
    const soFar = await records.tallySoFar();
    expect(soFar).toEqual(addFacts(noFacts, all));
    return soFar;
  };
  expect(await records.tallySoFar()).toEqual(noFacts);
  await tell('2026-02-28', 'sweep 1', seen(1, '2026-02-28T01:00:00Z'), seen(2, '2026-02-28T01:00:00Z'));
  await records.putTally('2026-03-01', await tell('2026-03-01', 'sweep 2', seen(2, '2026-03-01T01:00:00Z')));
  await tell('2026-03-01', 'event 1', seen(3, '2026-03-01T02:00:00Z'));
  // Of an event whose judge began before midnight.
  await tell('2026-02-28', 'event 0', seen(4, '2026-02-28T23:59:59Z'));
  await tell('2026-03-02', 'event 2', seen(5, '2026-03-02T00:00:00Z'));
});

test('a tally that is carried on does not read the facts of long ago again', async () => {
  const aws = await start();
  const { s3 } = makeClients({ region, endpoint: aws.url, credentials: admin });
  await s3.send(new CreateBucketCommand({ Bucket: 'records' }));
  const records = new RecordBucket(s3, 'records');
  await records.addFacts('2026-02-26', 'sweep 1', [seen(1, '2026-02-26T01:00:00Z')]);
  await records.putTally('2026-02-28', noFacts);
  expect(await records.tallySoFar()).toEqual(noFacts);
});
