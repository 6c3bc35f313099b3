import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ListKeysCommand, ListResourceTagsCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws, type EmbeddedAwsOptions } from '../../local/server.ts';
import { call, client, newFolder, options, reader, rotaLocal } from '../embedded-aws.ts';

let folder = '';
beforeEach(async () => {
  folder = await newFolder();
});

/** An embedded AWS on the folder of the test. Closing it twice does no harm. */
async function start(more: Partial<EmbeddedAwsOptions> = {}): Promise<EmbeddedAws> {
  const aws = await startEmbeddedAws(options(folder, more));
  onTestFinished(() => aws.close());
  return aws;
}

/** What the header of an answer says: seconds, or null while nobody moved the clock. */
const moved = (answer: Response): string | null => answer.headers.get('x-rota-moved-clock');
const listKeys = (aws: EmbeddedAws): Promise<Response> => call(aws.url, 'kms', 'TrentService.ListKeys', {});

const day = 86_400;

describe('a moved clock', () => {
  test('is told by the admin service and by a header of every answer, and clients sign as before', async () => {
    const aws = await start();
    expect(moved(await listKeys(aws))).toBeNull();
    const { now, offsetSeconds } = await rotaLocal<{ now: string; offsetSeconds: number }>(aws.url, 'AdvanceClock', { seconds: 40 * day });
    expect(offsetSeconds).toBe(40 * day);
    expect(Date.parse(now)).toBeGreaterThan(Date.now() + 39 * day * 1000);
    for (const answer of [await listKeys(aws), await call(aws.url, 'kms', 'TrentService.Nothing', {}), await fetch(`${aws.url}/approvals`)]) expect(moved(answer)).toBe(String(40 * day));
  });

  test('fires what is due on the way, and marks what is made', async () => {
    const aws = await start();
    const kms = new KMSClient(client(aws.url));
    const KeyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId;
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await rotaLocal(aws.url, 'AdvanceClock', { seconds: 6 * day });
    await kms.send(new DescribeKeyCommand({ KeyId }));
    await rotaLocal(aws.url, 'AdvanceClock', { seconds: 2 * day });
    await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' });
    const later = (await kms.send(new CreateKeyCommand({}))).KeyMetadata;
    expect(later?.CreationDate?.getTime()).toBeGreaterThan(Date.now() + 7 * day * 1000);
    expect((await kms.send(new ListResourceTagsCommand({ KeyId: later?.KeyId }))).Tags).toContainEqual({ TagKey: 'rota-local:moved-clock', TagValue: 'true' });
  });

  test('survives closing and opening again, and adds up', async () => {
    for (const days of [1, 2, 3]) {
      const aws = await start();
      await rotaLocal(aws.url, 'AdvanceClock', { seconds: day });
      expect(moved(await listKeys(aws))).toBe(String(days * day));
      await aws.close();
    }
  });

  test.each([0, -1, 1.5, '60', null, 1e12])('is not moved by %j seconds', async (seconds) => {
    const aws = await start();
    await expect(rotaLocal(aws.url, 'AdvanceClock', { seconds })).rejects.toThrow('ValidationException');
    expect(aws.clock.offsetMs).toBe(0);
  });

  test('is refused with the reason where the clock is fixed', async () => {
    const aws = await start({ clockFixed: 'These keys live elsewhere.' });
    await expect(rotaLocal(aws.url, 'AdvanceClock', { seconds: 60 })).rejects.toThrow('These keys live elsewhere.');
    expect(aws.clock.offsetMs).toBe(0);
  });
});

describe('the data folder', () => {
  test('is for one server at a time: a second start is refused with a sentence, and the first goes on', async () => {
    const aws = await start();
    await expect(start()).rejects.toThrow(`${folder} is in use by another process: stop it, or use another folder.`);
    expect((await listKeys(aws)).status).toBe(200);
    await expect(start()).rejects.toThrow('is in use');
    await aws.close();
    await start();
  });

  test('is made where it is not there', async () => {
    await start({ folder: join(folder, 'a', 'b') });
    await expect(start({ folder: join(folder, 'a', 'b') })).rejects.toThrow('is in use');
  });

  test('keeps keys and events over a restart', async () => {
    const first = await start();
    const made = (await new KMSClient(client(first.url)).send(new CreateKeyCommand({}))).KeyMetadata?.KeyId;
    await new EventBridgeClient(client(first.url)).send(new PutEventsCommand({ Entries: [{ Source: 'rota', DetailType: 'thing', Detail: '{"a":1}' }] }));
    await first.close();
    const { url } = await start();
    expect((await new KMSClient(client(url)).send(new ListKeysCommand({}))).Keys?.map((k) => k.KeyId)).toEqual([made]);
    const { events } = await rotaLocal<{ events: { 'detail-type': string }[] }>(url, 'ListEvents');
    // What the trail tells of CreateKey comes when it comes.
    expect(events.filter((event) => event['detail-type'] === 'thing')).toMatchObject([{ detail: { a: 1 } }]);
  });

  test('that is damaged is not opened: the error names file and line, and the folder is free', async () => {
    const journal = join(folder, 'clock.journal');
    await writeFile(journal, 'x\n{"offsetMs":60000}\n');
    await expect(start()).rejects.toThrow(`${journal}:1 is damaged`);
    await writeFile(journal, '{"offsetMs":60000}\n');
    expect(moved(await listKeys(await start()))).toBe('60');
  });
});

describe('the port', () => {
  test('is on 127.0.0.1, and a free one for 0', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  test('that is in use is refused with a sentence, and the folder is free', async () => {
    const other = await start();
    const port = Number(new URL(other.url).port);
    const mine = await newFolder();
    await expect(start({ folder: mine, port })).rejects.toThrow(`Port ${port} is in use: give another with --port, or 0 for a free one.`);
    await other.close();
    await start({ folder: mine, port });
  });
});

test('closing lets requests under way be answered', async () => {
  let release: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    release = resolve;
  });
  let answer: () => void = () => undefined;
  const embedded = await startEmbeddedAws(
    options(await newFolder(), {
      http: () => async () => {
        release();
        await new Promise<void>((resolve) => (answer = resolve));
        return new Response('answered');
      },
    }),
  );
  const asked = fetch(embedded.url);
  await arrived;
  const closing = embedded.close();
  answer();
  expect(await (await asked).text()).toBe('answered');
  await closing;
});

test('principals that share a key are refused', async () => {
  const twin = { ...reader, id: 'twin', arn: `${reader.arn}-twin` };
  await expect(start({ principals: [reader, twin] })).rejects.toThrow('principals reader and twin have the same accessKeyId');
});

test('a body beyond the limit is refused', async () => {
  const { url } = await start();
  const status = await fetch(url, { method: 'POST', body: new Uint8Array(64 * 1024 * 1024 + 1) }).then(
    (answer) => answer.status,
    () => 'cut off',
  );
  expect([413, 'cut off']).toContain(status);
});
