import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws, type Principal } from '../../../local/server.ts';
import { sweep } from '../../../store/inventory/sweep.ts';
import { openCalls, type Access } from '../../../store/inventory/target.ts';
import { rotaLocal } from '../../embedded-aws.ts';
import { admin, options, principal, region } from '../../embedded-options.ts';
import { writeEstates } from '../../estate/estate.ts';

const other = '444455556666';
const role: Principal = { ...principal('sweep', ['kms:*', 'tag:GetResources']), arn: `arn:aws:iam::${other}:role/rota-sweep`, accountId: other, trust: { principals: [admin.arn] } };
const stranger = `arn:aws:iam::${other}:role/stranger`;
const target = { region, roleArn: role.arn };
const count = 400;
let folder: string;
let aws: EmbeddedAws;
let access: Access;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-roles-'));
  await writeEstates(folder, [{ count, accountId: other, region, nowMs: Date.now() }]);
  aws = await startEmbeddedAws(options(folder, { principals: [admin, role] }));
  access = { credentials: admin, endpoints: { kms: aws.url, tagging: aws.url, sts: aws.url }, share: 20 };
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const many = 1000;
/** A fault that never comes counts the calls that pass it. */
beforeEach(() => rotaLocal(aws.url, 'AddFault', { service: 'sts', operation: 'AssumeRole', kind: 'server-error', skip: many }));
afterEach(async () => {
  vi.useRealTimers();
  await rotaLocal(aws.url, 'ClearFaults');
});
const assumed = async (): Promise<number> => many - ((await rotaLocal<{ faults: { skip: number }[] }>(aws.url, 'ListFaults')).faults[0]?.skip ?? 0);

test('a sweep whose session ends half-way renews it, once, and loses no key', async () => {
  const seen = new Set<string>();
  let later = false;
  await sweep(target, { ...access, policies: { registered: new Map(), exceptions: new Map() }, allRotations: true, lastUse: false, nowMs: Date.now() }, ({ key }) => {
    seen.add(key.keyId);
    if (later || seen.size < count / 4) return;
    later = true;
    // For both sides: signatures and sessions go by real time. The clock that counts how old credentials are stands still, as on a machine that slept.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
  });
  expect(later).toBe(true);
  expect(seen.size).toBeGreaterThanOrEqual(count);
  vi.useRealTimers();
  expect(await assumed()).toBe(2);
});

test('every ten minutes there is a new session, long before the old one ends', async () => {
  const real = performance.now.bind(performance);
  let aheadMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + aheadMs);
  const { calls, close } = openCalls(target, access);
  try {
    for (const minutes of [0, 5, 4.9, 0.2, 5, 5.1]) {
      aheadMs += minutes * 60_000;
      await Promise.all([calls.call('ListKeys', { Limit: 1 }), calls.call('ListAliases', { Limit: 1 })]);
    }
  } finally {
    close();
    clock.mockRestore();
  }
  expect(await assumed()).toBe(3);
});

test('a role that cannot be assumed is named, and asked for no more than once by each call', async () => {
  const { calls, close } = openCalls({ region, roleArn: stranger }, access);
  try {
    await expect(calls.call('ListKeys', {})).rejects.toMatchObject({
      name: 'RoleNotAssumed',
      message: `The role ${stranger} cannot be assumed: User: ${admin.arn} is not authorized to perform: sts:AssumeRole on resource: ${stranger}`,
    });
  } finally {
    close();
  }
  expect(await assumed()).toBe(1);
});

test('what passes by itself is waited for: STS in trouble', async () => {
  await rotaLocal(aws.url, 'ClearFaults');
  await rotaLocal(aws.url, 'AddFault', { service: 'sts', operation: 'AssumeRole', kind: 'server-error', count: 2 });
  const { calls, close } = openCalls(target, access);
  try {
    expect(await calls.call<{ Keys: object[] }>('ListKeys', { Limit: 1 })).toMatchObject({ Keys: [{}] });
  } finally {
    close();
  }
});

test('credentials of one’s own that have ended are an error, and not a key that cannot be read', async () => {
  const { url } = aws;
  const session = await fromTemporaryCredentials({ params: { RoleArn: role.arn, RoleSessionName: 'maria' }, masterCredentials: admin, clientConfig: { region, endpoint: url } })();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
  const { calls, close } = openCalls({ region }, { ...access, credentials: session });
  try {
    await expect(calls.call('DescribeKey', { KeyId: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  } finally {
    close();
  }
});
