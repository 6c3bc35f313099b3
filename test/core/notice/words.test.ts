import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect, onTestFinished, test } from 'vitest';
import { passOn } from '../../../api/notices/pass-on.ts';
import { dueNotices, type NoticeSubject } from '../../../core/approval/notices.ts';
import { factTypes } from '../../../core/notice/facts.ts';
import { outboxOf } from '../../../core/notice/outbox.ts';
import { wordsOf } from '../../../core/notice/words.ts';

const question: NoticeSubject = {
  approvalId: 'payments-20261124T145423-9f3c.cutover.1b2c3d4e',
  stage: 'cutover',
  planDigest: 'ab'.repeat(32),
  rule: { all: [{ group: 'security', count: 2 }] },
  requestedBy: 'carol',
  reason: 'yearly rotation',
  requestedAt: '2026-11-24T12:00:00Z',
  deadline: '2026-12-01T12:00:00Z',
  silentUntil: '2026-11-27T12:00:00Z',
  outcome: 'open',
  decisions: [],
};
const head = { rotationId: 'payments-20261124T145423-9f3c', alias: 'alias/payments' };
const at = (iso: string) => Date.parse(iso);
const [asked] = dueNotices(question, [], at('2026-11-24T12:00:00Z'));
const detail = { ...head, ...asked?.detail };

test('a mail says what is asked, by whom, until when, and where to look', () => {
  expect(wordsOf({ type: 'Rota Approval Requested', detail }, 'https://rota.bank.example/')).toEqual({
    id: `${question.approvalId}.asked`,
    subject: 'Rota asks: cutover of alias/payments, until 2026-11-27T12:00:00Z',
    to: ['security'],
    link: 'https://rota.bank.example/approvals/payments-20261124T145423-9f3c.cutover.1b2c3d4e',
    text: [
      'The cutover of alias/payments (rotation payments-20261124T145423-9f3c) waits for your decision.',
      'Asked by carol: yearly rotation',
      'It needs 2 of security; whoever asked does not count.',
      'It closes at 2026-11-27T12:00:00Z (UTC) unless it is decided before.',
      `Plan digest: ${'ab'.repeat(32)}`,
      'Read the plan, then decide: rota approvals --show payments-20261124T145423-9f3c.cutover.1b2c3d4e',
      '',
      'https://rota.bank.example/approvals/payments-20261124T145423-9f3c.cutover.1b2c3d4e',
      '',
    ].join('\n'),
  });
});

test.each(factTypes)('%s has words even for a detail that lacks everything, in one line of ASCII on top', (type) => {
  const words = wordsOf({ type, detail: { ...head, reason: 'zwei\nZeilen', requestedBy: 'jürgen', outcome: 'complete' } }, 'https://rota.bank.example');
  expect(words?.subject).toMatch(/^[\x20-\x7e]{10,99}$/);
  expect(words?.text).toContain('https://rota.bank.example/rotations/payments-20261124T145423-9f3c');
});

test('what else stands in an event is not passed on', () => {
  const leak = 'AQICAHhSECRETtaskTokenSECRET';
  for (const type of factTypes) expect(JSON.stringify(wordsOf({ type, detail: { ...detail, taskToken: leak, encryptedToken: leak, secret: leak } }, 'https://x'))).not.toContain('SECRET');
});

test('facts that Rota does not know have no words', () => expect(wordsOf({ type: 'Something', detail: {} }, 'https://x')).toBeUndefined());

test('the outbox has each notice once, and facts of others not at all', () => {
  const fact = { source: 'rota', 'detail-type': 'Rota Approval Requested', time: '2026-11-24T12:00:00Z', detail };
  expect(outboxOf([fact, { ...fact, time: '2026-11-24T12:01:00Z' }, { ...fact, source: 'aws.states' }], 'https://x')).toMatchObject([{ at: '2026-11-24T12:00:00Z' }]);
});

const due = (change: Partial<NoticeSubject>, remind: readonly number[], now: string) => dueNotices({ ...question, ...change }, remind, at(now)).map((n) => n.marker);

test.each([
  ['before its time', {}, [86_400], '2026-11-26T11:59:59Z', ['asked']],
  ['at its time', {}, [86_400], '2026-11-26T12:00:00Z', ['asked', 'reminder.86400.2026-11-27T12:00:00Z']],
  ['the last of two that are due', {}, [86_400, 3600], '2026-11-27T11:30:00Z', ['asked', 'reminder.3600.2026-11-27T12:00:00Z']],
  ['none that would come before the question', {}, [86_400 * 4], '2026-11-26T12:00:00Z', ['asked']],
  ['none of a question that is settled', { outcome: 'approved' }, [86_400], '2026-11-27T11:30:00Z', ['decided']],
  ['one that ran out of time', { outcome: 'timed out' }, [], '2026-11-27T12:30:00Z', ['timed-out']],
])('reminders: %s', (_, change, remind, now, expected) => expect(due(change, remind, now)).toEqual(expected));

test('an escalation is due from its moment on', () => {
  const rule = { ...question.rule, escalation: [{ group: 'security', to: 'leads', afterSeconds: 3600 }] };
  expect(due({ rule }, [], '2026-11-24T12:59:59Z')).toEqual(['asked']);
  expect(due({ rule }, [], '2026-11-24T13:00:00Z')).toEqual(['asked', 'escalation.0']);
});

test('mail and webhook get the same words', async () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push(body);
      const isSns = body.startsWith('Action=');
      response.setHeader('content-type', isSns ? 'text/xml' : 'application/x-amz-json-1.1');
      response.end(isSns ? '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>' : '{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' } };
  const [sns, events] = [new SNSClient(access), new EventBridgeClient(access)];
  onTestFinished(() => {
    sns.destroy();
    events.destroy();
    server.closeAllConnections();
    server.close();
  });
  await passOn({ sns, events, topicArn: 'arn:aws:sns:eu-central-1:111122223333:rota', consoleUrl: 'https://x', webhookBus: 'default' }, { 'detail-type': 'Rota Approval Requested', time: '2026-11-24T12:00:00Z', detail });
  const [put = '', publish = ''] = requests;
  const entry = (JSON.parse(put) as { Entries: { Source: string; Detail: string }[] }).Entries[0];
  const mail = new URLSearchParams(publish);
  expect(entry?.Source).toBe('rota.notices');
  const notice = JSON.parse(entry?.Detail ?? '') as { subject: string; text: string };
  expect([mail.get('Subject'), mail.get('Message')]).toEqual([notice.subject, notice.text]);
  expect(mail.get('TopicArn')).toBe('arn:aws:sns:eu-central-1:111122223333:rota');
});
