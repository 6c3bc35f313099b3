import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ListKeysCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws, type EmbeddedAwsOptions } from '../../local/server.ts';

const region = 'eu-central-1';
const accountId = '000000000000';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

let folder = '';
const running = new Set<EmbeddedAws>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-server-'));
});
afterEach(async () => {
  for (const aws of running) await stop(aws);
  await rm(folder, { recursive: true, force: true });
});

async function start(more: Partial<EmbeddedAwsOptions> = {}): Promise<EmbeddedAws> {
  const aws = await startEmbeddedAws({
    folder,
    port: 0,
    region,
    accountId,
    principals: [{ id: 'p', arn: `arn:aws:iam::${accountId}:user/p`, accountId, ...credentials, allow: ['*'] }],
    lambdas: () => new Map(),
    http: () => () => Promise.resolve(new Response('app')),
    ...more,
  });
  running.add(aws);
  return aws;
}
async function stop(aws: EmbeddedAws): Promise<void> {
  running.delete(aws);
  await aws.close();
}

interface Said {
  readonly status: number;
  readonly moved: string | null;
  readonly body: Record<string, unknown>;
}

/** A call signed by hand, in real time. */
async function call(aws: EmbeddedAws, service: string, target: string, input: Record<string, unknown> = {}): Promise<Said> {
  const { host, hostname, port } = new URL(aws.url);
  const body = JSON.stringify(input);
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const { headers } = await signer.sign({ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', query: {}, headers: { host, 'x-amz-target': target }, body });
  const answer = await fetch(`${aws.url}/`, { method: 'POST', headers, body });
  return { status: answer.status, moved: answer.headers.get('x-rota-moved-clock'), body: (await answer.json()) as Record<string, unknown> };
}
const admin = (aws: EmbeddedAws, operation: string, input: Record<string, unknown> = {}) => call(aws, 'rota-local', `RotaLocal.${operation}`, input);

async function withKms<T>(aws: EmbeddedAws, use: (kms: KMSClient) => Promise<T>): Promise<T> {
  const kms = new KMSClient({ endpoint: aws.url, region, credentials, maxAttempts: 1 });
  try {
    return await use(kms);
  } finally {
    kms.destroy();
  }
}

const day = 86_400;

describe('a moved clock', () => {
  test('is told by the admin service and by a header of every answer, and clients sign as before', async () => {
    const aws = await start();
    expect((await call(aws, 'kms', 'TrentService.ListKeys')).moved).toBeNull();
    const { status, body } = await admin(aws, 'AdvanceClock', { seconds: 40 * day });
    expect(status).toBe(200);
    expect(body.offsetSeconds).toBe(40 * day);
    expect(Date.parse(String(body.now))).toBeGreaterThan(Date.now() + 39 * day * 1000);
    const listed = await call(aws, 'kms', 'TrentService.ListKeys');
    expect(listed).toMatchObject({ status: 200, moved: String(40 * day) });
    expect((await fetch(`${aws.url}/approvals`)).headers.get('x-rota-moved-clock')).toBe(String(40 * day));
    const made = await withKms(aws, async (kms) => (await kms.send(new CreateKeyCommand({}))).KeyMetadata);
    expect(made?.CreationDate?.getTime()).toBeGreaterThan(Date.now() + 39 * day * 1000);
  });

  test('fires what is due on the way: a key that was to be deleted is gone', async () => {
    const aws = await start();
    const keyId = await withKms(aws, async (kms) => {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: KeyMetadata?.KeyId, PendingWindowInDays: 7 }));
      return KeyMetadata?.KeyId;
    });
    await admin(aws, 'AdvanceClock', { seconds: 6 * day });
    await withKms(aws, (kms) => kms.send(new DescribeKeyCommand({ KeyId: keyId })));
    await admin(aws, 'AdvanceClock', { seconds: 2 * day });
    await expect(withKms(aws, (kms) => kms.send(new DescribeKeyCommand({ KeyId: keyId })))).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('survives closing and opening again, and adds up', async () => {
    let aws = await start();
    await admin(aws, 'AdvanceClock', { seconds: day });
    await stop(aws);
    aws = await start();
    expect((await call(aws, 'kms', 'TrentService.ListKeys')).moved).toBe(String(day));
    await admin(aws, 'AdvanceClock', { seconds: day });
    await stop(aws);
    aws = await start();
    expect((await admin(aws, 'GetClock')).body.offsetSeconds).toBe(2 * day);
  });

  test.each([0, -1, 1.5, '60', null])('is not moved by %j seconds', async (seconds) => {
    const aws = await start();
    const { status, body, moved } = await admin(aws, 'AdvanceClock', { seconds });
    expect({ status, type: body.__type, moved }).toEqual({ status: 400, type: 'ValidationException', moved: null });
    expect(aws.clock.offsetMs).toBe(0);
  });

  test('is refused with the reason where the clock is fixed', async () => {
    const aws = await start({ clockFixed: 'These keys live elsewhere.' });
    expect((await admin(aws, 'AdvanceClock', { seconds: 60 })).body).toEqual({ __type: 'ValidationException', message: 'These keys live elsewhere.' });
    expect(aws.clock.offsetMs).toBe(0);
  });
});

describe('the data folder', () => {
  const dead = () => spawnSync(process.execPath, ['-e', '']).pid;

  test('is for one server at a time: a second start is refused with a sentence, and the first goes on', async () => {
    const aws = await start();
    await expect(start()).rejects.toThrow(`${folder} is in use by process ${process.pid}: stop it, or use another folder.`);
    expect((await call(aws, 'kms', 'TrentService.ListKeys')).status).toBe(200);
    await expect(start()).rejects.toThrow('is in use');
  });

  test('is free again once the server is closed', async () => {
    await stop(await start());
    await expect(readFile(join(folder, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' });
    await start();
  });

  test('is taken over from a process that died', async () => {
    await writeFile(join(folder, 'lock'), String(dead()));
    const aws = await start();
    expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(String(process.pid));
    expect((await call(aws, 'kms', 'TrentService.ListKeys')).status).toBe(200);
  });

  test.each(['', 'x', '-1'])('is taken over from a lock file that names no process: %j', async (content) => {
    await writeFile(join(folder, 'lock'), content);
    await start();
  });

  test('is made where it is not there', async () => {
    const deeper = join(folder, 'a', 'b');
    await start({ folder: deeper });
    expect(await readFile(join(deeper, 'lock'), 'utf8')).toBe(String(process.pid));
  });

  test('keeps keys and events over a restart', async () => {
    let aws = await start();
    const made = await withKms(aws, async (kms) => (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId);
    const events = new EventBridgeClient({ endpoint: aws.url, region, credentials });
    await events.send(new PutEventsCommand({ Entries: [{ Source: 'rota', DetailType: 'thing', Detail: '{"a":1}' }] }));
    events.destroy();
    await stop(aws);
    aws = await start();
    expect(await withKms(aws, async (kms) => (await kms.send(new ListKeysCommand({}))).Keys?.map((k) => k.KeyId))).toEqual([made]);
    expect((await admin(aws, 'ListEvents')).body.events).toEqual([expect.objectContaining({ source: 'rota', 'detail-type': 'thing', detail: { a: 1 }, account: accountId, region })]);
  });

  test('that is damaged is not opened: the error names file and line, and the lock is given back', async () => {
    const aws = await start();
    await admin(aws, 'AdvanceClock', { seconds: 60 });
    await stop(aws);
    await writeFile(join(folder, 'clock.journal'), 'x\n{"offsetMs":60000}\n');
    await expect(start()).rejects.toThrow(`${join(folder, 'clock.journal')}:1 is damaged`);
    await expect(readFile(join(folder, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the port', () => {
  test('is on 127.0.0.1, and a free one for 0', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  test('that is in use is refused with a sentence', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`Port ${port} is in use: give another with --port, or 0 for a free one.`);
    await expect(readFile(join(folder, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' });
    await new Promise((resolve) => other.close(resolve));
  });
});
