import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JudgedKey } from '../../../core/inventory/judge-key.ts';
import { startEmbeddedAws, type EmbeddedAws } from '../../../local/server.ts';
import { sweep, type SweepOptions } from '../../../store/inventory/sweep.ts';
import { accountId, admin, options, principal, region } from '../../embedded-options.ts';
import { rotaLocal } from '../../embedded-aws.ts';
import { Comparison, toldOf } from '../../estate/compare.ts';
import { writeEstates, type EstateOptions } from '../../estate/estate.ts';
import { policiesOfEstate } from '../../estate/policies.ts';

const nowMs = Date.now();
const estate: EstateOptions = { count: 1000, accountId, region, nowMs };
const small: EstateOptions = { ...estate, region: 'eu-north-1', count: 200 };
const deaf = principal('deaf', ['kms:ListKeys', 'kms:ListAliases', 'tag:GetResources']);
const blind = principal('blind', ['kms:ListKeys', 'kms:ListAliases', 'kms:DescribeKey']);
let folder: string;
let aws: EmbeddedAws;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-estate-'));
  await writeEstates(folder, [estate, small]);
  // Quotas far above what the test asks, so that pacing is in force and costs no time.
  aws = await startEmbeddedAws(options(folder, { quotaScale: 5000, principals: [admin, deaf, blind] }));
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const settings = (change: Partial<SweepOptions> = {}): SweepOptions => ({
  credentials: admin,
  endpoints: { kms: aws.url, tagging: aws.url },
  share: 20,
  policies: policiesOfEstate(estate),
  allRotations: false,
  lastUse: false,
  nowMs,
  ...change,
});
const taken = async (change: Partial<SweepOptions> = {}, where = region) => {
  const keys: JudgedKey[] = [];
  const swept = await sweep({ region: where }, settings(change), (judged) => keys.push(judged));
  return { ...swept, keys };
};

test('a thousand keys of all kinds: every class and finding right, no key lost, no request too many', async () => {
  const comparison = new Comparison(estate);
  const { keys, requests, throttled, summary, accountId: account } = await taken();
  keys.forEach((judged) => comparison.see(judged.key.keyId, toldOf(judged)));
  expect(comparison.verdict()).toEqual([]);
  expect(account).toBe(accountId);
  // 10 of AWS's own; of the others 665 in a thousand may rotate by themselves.
  expect(requests.DescribeKey).toBe(990);
  expect(requests.GetKeyRotationStatus).toBeLessThanOrEqual(665);
  expect(requests.ListKeyRotations).toBeLessThanOrEqual(20);
  expect(requests).toMatchObject({ ListKeys: 1, GetResources: 2 });
  expect(requests).not.toHaveProperty('GetKeyLastUsage');
  expect(Object.values(requests).reduce((a, b) => a + b, 0) / 1000).toBeLessThanOrEqual(1.7);
  expect(throttled).toEqual({});
  expect(summary).toMatchObject({ keys: 1000, missing: [], byClass: { 'aws-managed': 10, unknown: 0 } });
});

test('each Region is its own, and a registered key that is nowhere is named', async () => {
  const comparison = new Comparison(small);
  const gone = { alias: 'alias/gone', owner: 'owners', cryptoperiodDays: 365, warningDays: 30 };
  const policies = policiesOfEstate(small);
  const { keys, summary } = await taken({ policies: { ...policies, registered: new Map([...policies.registered, ['alias/gone', gone]]) } }, small.region);
  keys.forEach((judged) => comparison.see(judged.key.keyId, toldOf(judged)));
  expect(comparison.verdict()).toEqual([]);
  expect(summary.missing).toEqual(['alias/gone']);
});

test('throttled, cut off and failing requests are sent again: no key is lost', async () => {
  for (const fault of [
    { service: 'kms', operation: 'DescribeKey', kind: 'throttle', count: 30, skip: 20 },
    { service: 'kms', operation: 'DescribeKey', kind: 'drop-answer', count: 3, skip: 60 },
    { service: 'kms', operation: 'GetKeyRotationStatus', kind: 'server-error', count: 3 },
    { service: 'kms', operation: 'ListAliases', kind: 'throttle', count: 2 },
    { service: 'tagging', operation: 'GetResources', kind: 'throttle', count: 2 },
  ])
    await rotaLocal(aws.url, 'AddFault', fault);
  const comparison = new Comparison(small);
  const { keys, throttled } = await taken({ policies: policiesOfEstate(small) }, small.region);
  keys.forEach((judged) => comparison.see(judged.key.keyId, toldOf(judged)));
  expect(comparison.verdict()).toEqual([]);
  expect(throttled).toEqual({ DescribeKey: 30, ListAliases: 2, GetResources: 2 });
});

test('a key that may not be described is told as unreadable, not left out; what cannot be listed ends the sweep', async () => {
  const { keys, summary } = await taken({ credentials: deaf }, small.region);
  expect(keys).toHaveLength(200);
  expect(summary.byClass).toMatchObject({ unknown: 198, 'aws-managed': 2, 'rotation-off': 0 });
  expect(summary.findings).toEqual({ unreadable: 198 });
  await expect(taken({ credentials: blind })).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('tag:GetResources') as string });
});

test('on demand: rotations of every key that has them, last use of every key that people rotate', async () => {
  const quotas = { GetKeyLastUsage: 5000, ListKeyRotations: 5000 };
  const { keys, requests } = await taken({ allRotations: true, lastUse: true, quotas }, small.region);
  const asked = keys.filter(({ key }) => key.rotations !== undefined).map(({ key }) => key.description);
  expect(asked.length).toBeGreaterThan(15);
  expect(requests.ListKeyRotations).toBe(asked.length);
  expect(new Set(asked.map((d) => `${d?.spec ?? ''} ${d?.origin ?? ''}`))).toEqual(new Set(['SYMMETRIC_DEFAULT EXTERNAL']));
  const used = keys.filter(({ key }) => key.lastUse !== undefined);
  expect(used.length).toBeGreaterThan(30);
  expect(used.every(({ class: its }) => its.class !== 'rotates' && its.class !== 'rotation-off')).toBe(true);
});
