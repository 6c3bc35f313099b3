import { CreateKeyCommand, EnableKeyRotationCommand } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test, vi } from 'vitest';
import { handler as passOn } from '../../api/notices/lambda.ts';
import { isoSeconds } from '../../core/clock.ts';
import { handler } from '../../tasks/lambda.ts';
import { sweepTarget } from '../../tasks/sweep/sweep-target.ts';
import { runPlainTask } from '../../tasks/task.ts';
import { accountId, admin, region } from '../embedded-aws.ts';
import { startTasks } from './task-deps.ts';

interface Document {
  readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Dimensions: readonly (readonly string[])[]; readonly Metrics: readonly { readonly Name: string }[] }[] };
  readonly [member: string]: unknown;
}

/** The lines that a function writes to its log by itself, and the environment that Lambda gives it. */
function asLambda(url: string, environment: Readonly<Record<string, string>>): { readonly lines: string[] } {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => (typeof chunk === 'string' && chunk.includes('"_aws"') ? lines.push(chunk) : 0) >= 0);
  const given = { AWS_ENDPOINT_URL: url, AWS_REGION: region, AWS_ACCESS_KEY_ID: admin.accessKeyId, AWS_SECRET_ACCESS_KEY: admin.secretAccessKey, ...environment };
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
  onTestFinished(() => {
    spy.mockRestore();
    vi.unstubAllEnvs();
  });
  return { lines };
}

/** By name and dimension. */
const metricsIn = (lines: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const document = JSON.parse(line) as Document;
      return document._aws.CloudWatchMetrics.flatMap(({ Dimensions: [names = []], Metrics }) => Metrics.map(({ Name }) => [[Name, ...names.map((n) => String(document[n]))].join(' '), document[Name]] as const));
    }),
  );

test('a sweep tells the figures of its report, a line of the log each, and nothing else on it', async () => {
  const { aws, clients, store, deps } = await startTasks();
  await store.registry.apply({ version: 1, people: [{ id: 'pat', name: 'pat', arn: `arn:aws:iam::${accountId}:user/pat`, roles: ['platform'], groups: ['platform'] }], keys: [], sweep: { targets: [{ region }], remedy: 'alert' } }, 'test', '2026-11-27T00:00:00Z');
  const [first] = await Promise.all([1, 2, 3].map(() => clients.kms.send(new CreateKeyCommand({}))));
  await clients.kms.send(new EnableKeyRotationCommand({ KeyId: first?.KeyMetadata?.KeyId }));
  await clients.kms.send(new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }));

  // As an event would tell it that then missed the next one.
  await runPlainTask(sweepTarget, { sweepId: 'none', region }, deps);
  await aws.clock.advance(60_000);
  await store.records.addFacts(new Date(aws.clock.now()).toISOString().slice(0, 10), 'event.1', [{ fact: 'key-seen', at: isoSeconds(aws.clock.now()), keyArn: first?.KeyMetadata?.Arn ?? '', rotation: 'off', retained: false }]);
  await aws.clock.advance(60_000);
  const swept = await runPlainTask(sweepTarget, { sweepId: 'one', region }, deps);
  const { lines } = asLambda(aws.url, { ROTA_TASK: 'close-sweep' });
  await handler({ sweepId: 'one', targets: [swept, { region: 'eu-west-1', error: 'AccessDenied' }] });

  for (const line of lines) expect(line).toMatch(/^\{"_aws":[^\n]*\}\n$/);
  const [day = ''] = await store.records.reportDays();
  const report = await store.records.report(day);
  const told = metricsIn(lines);
  // Rota's own key of task tokens rotates too: two of four.
  expect(report?.automaticRotation).toMatchObject({ on: 2, eligible: 4 });
  expect(told).toMatchObject({
    AutomaticRotationPercent: report?.automaticRotation.percent,
    'OpenFindings rotation-off': report?.findings.open['rotation-off']?.length,
    'OpenFindings unregistered': report?.findings.open.unregistered?.length,
    OpenHighFindings: 0,
    OverdueManualRotations: 0,
    RetainedKeys: 0,
    SweepsEnded: 1,
    SweepTargetsFailed: 1,
  });
  expect([told.AutomaticRotationPercent, told['OpenFindings rotation-off'], told['OpenFindings unregistered']]).toEqual([50, 2, 1]);
  expect(lines.join('')).not.toContain(accountId);
});

test('a fact that cannot wait counts at once, also when nobody could be told of it', async () => {
  const { lines } = asLambda('http://127.0.0.1:1', { ROTA_NOTICE_TOPIC: 'arn:aws:sns:eu-central-1:111122223333:rota', AWS_MAX_ATTEMPTS: '1' });
  const fact = { 'detail-type': 'Rota Finding Opened', time: '2026-11-27T04:30:15Z', detail: { findingId: 'f', name: 'alias-moved', about: 'alias/payments', severity: 'high', sentence: 'It moved.', remedy: 'Put it back.', place: 'p', openedAt: '2026-11-27T04:30:14Z', seenBy: 'event' } };
  await expect(passOn(fact)).rejects.toThrow('ECONNREFUSED');
  expect(metricsIn(lines)).toEqual({ 'FindingsOpened high': 1 });
});
