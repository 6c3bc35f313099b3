import { expect, test } from 'vitest';
import { judgeKey } from '../../../core/inventory/judge-key.ts';
import type { ObservedKey } from '../../../core/inventory/observed-key.ts';
import { policiesOf } from '../../../core/inventory/policies.ts';
import type { Registry } from '../../../core/registry/registry-schema.ts';

const place = { accountId: '111122223333', region: 'eu-central-1', partition: 'aws' };
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`;
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const now = at('2026-11-27');

const exception = { key: 'alias/payments', owner: 'payments-owners', reason: 'moves to the new ledger' };
type Estate = Pick<Registry, 'exceptions' | 'automaticRotation'>;
const judge = (key: Partial<ObservedKey> & { created?: string; state?: string; expires?: string }, estate: Estate = {}, { home = true } = {}) => {
  const { created = '2026-06-01', state = 'Enabled', expires, ...rest } = key;
  const keys = [{ alias: 'alias/payments', owner: 'payments-owners', schedule: { cryptoperiodDays: 365, warningDays: 30 } }] as unknown as Registry['keys'];
  const description = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'EXTERNAL', state, createdMs: at(created), ...(expires === undefined ? {} : { validToMs: at(expires) }) };
  const judged = judgeKey({ keyId, manager: 'CUSTOMER', aliases: ['alias/payments'], tags: {}, description, ...rest }, place, policiesOf({ keys, ...estate }, { home }), now);
  return { standing: judged.standing, findings: judged.findings.map(({ name, excused }) => (excused === undefined ? name : `${name}, excused until ${excused.until}`)), due: judged.renewal?.dueMs };
};
const rotated = (day: string, onDemand = 1) => ({ rotations: { onDemand, newestMs: at(day) } });
const symmetric = (rotation: ObservedKey['rotation']): Partial<ObservedKey> => ({ description: { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: 0 }, ...(rotation === undefined ? {} : { rotation }) });

test.each<[string, ReturnType<typeof judge>, string, string[]]>([
  ['inside its cryptoperiod', judge({}), 'in-order', []],
  ['a day before it is due', judge({ created: '2025-11-28' }), 'in-order', ['due-soon']],
  ['on the day itself', judge({ created: '2025-11-27' }), 'finding', ['overdue']],
  ['old, but rotated in place', judge({ created: '2020-01-01', ...rotated('2026-01-15') }), 'in-order', []],
  ['old, and rotated in place too long ago', judge({ created: '2020-01-01', ...rotated('2025-01-15') }), 'finding', ['overdue']],
  ['five rotations left', judge(rotated('2026-10-01', 20)), 'in-order', ['rotations-run-out']],
  ['no rotation left', judge(rotated('2026-10-01', 25)), 'finding', ['rotations-used-up']],
  ['under another alias', judge({ aliases: ['alias/other'] }), 'finding', ['unregistered']],
  ['the same alias in another account', judge({}, {}, { home: false }), 'finding', ['unregistered']],
  ['material that expires inside the warning', judge({ expires: '2026-12-20' }), 'finding', ['material-expires']],
  ['material that expires later', judge({ expires: '2027-02-20' }), 'in-order', []],
  ['without its material', judge({ state: 'PendingImport' }), 'finding', ['no-material']],
  ['of the registry and without its material, from the first moment', judge({ state: 'PendingImport', created: '2026-11-27' }), 'finding', ['no-material']],
  ['made by another tool, its import still to come', judge({ state: 'PendingImport', created: '2026-11-27', aliases: ['alias/other'] }), 'finding', ['unregistered']],
  ['made by another tool, and not imported within the day of a token', judge({ state: 'PendingImport', created: '2026-11-26', aliases: [] }), 'finding', ['no-material', 'unregistered']],
  ['the new key of a rotation under way', judge({ created: '2026-11-20', aliases: [], tags: { 'rota:rotation': 'r1' } }), 'in-order', []],
  ['the new key of a rotation that failed', judge({ created: '2026-01-20', aliases: [], tags: { 'rota:rotation': 'r1' } }), 'finding', ['left-over']],
  ['put aside', judge({ created: '2020-01-01', aliases: [], tags: { 'rota:retained-for': 'r1' } }), 'not-chased', []],
  ['rotation off', judge(symmetric({ enabled: false })), 'finding', ['rotation-off']],
  ['any period without a policy', judge(symmetric({ enabled: true, periodDays: 2560 })), 'in-order', []],
  ['as often as the policy', judge(symmetric({ enabled: true, periodDays: 180 }), { automaticRotation: { periodDays: 180 } }), 'in-order', []],
  ['less often than the policy', judge(symmetric({ enabled: true, periodDays: 181 }), { automaticRotation: { periodDays: 180 } }), 'finding', ['rotation-too-slow']],
  ['not answered', judge(symmetric(undefined)), 'finding', ['unreadable']],
  ['excused', judge({ created: '2020-01-01' }, { exceptions: [{ ...exception, until: '2027-06-30' }] }), 'excused', ['overdue, excused until 2027-06-30']],
  ['excused by ARN, anywhere', judge({ aliases: [] }, { exceptions: [{ ...exception, key: arn, until: '2027-06-30' }] }, { home: false }), 'excused', ['unregistered, excused until 2027-06-30']],
  ['excused to the end of today', judge({ created: '2020-01-01' }, { exceptions: [{ ...exception, until: '2026-11-27' }] }), 'excused', ['overdue, excused until 2026-11-27', 'exception-ends']],
  ['excused until yesterday', judge({ created: '2020-01-01' }, { exceptions: [{ ...exception, until: '2026-11-26' }] }), 'finding', ['overdue']],
  ['excused from something else', judge({ created: '2020-01-01' }, { exceptions: [{ ...exception, until: '2027-06-30', findings: ['unregistered'] }] }), 'finding', ['overdue']],
])('%s', (_, judged, standing, findings) => {
  expect(judged.findings).toEqual(findings);
  expect(judged.standing).toBe(standing);
});

test.each([{ enabled: false }, { enabled: true, periodDays: 2560 }])('what to type about a replica is about its primary key (%o)', (rotation) => {
  const description = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: 0, multiRegion: 'REPLICA', primaryRegion: 'eu-west-1' } as const;
  const judged = judgeKey({ keyId, manager: 'CUSTOMER', aliases: [], tags: {}, description, rotation }, place, policiesOf({ keys: [], automaticRotation: { periodDays: 365 } }, { home: true }), now);
  expect(judged.findings[0]?.remedy).toMatch(new RegExp(`^(Switch it on|Shorten the period) at its primary key, for every Region, with \`rota enable-rotation ${keyId} --region eu-west-1 --apply\`\\.$`));
});

test.each([
  ['where it is, in Rota’s own account', {}, '--region eu-central-1'],
  ['where it is, by the role that leads there', { region: 'eu-west-1', roleArn: 'arn:aws:iam::111122223333:role/rota-sweep' }, '--region eu-west-1 --role-arn arn:aws:iam::111122223333:role/rota-sweep'],
])('what to type about a key is %s', (_, where, options) => {
  const description = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: 0 } as const;
  const judged = judgeKey({ keyId, manager: 'CUSTOMER', aliases: [], tags: {}, description, rotation: { enabled: false } }, { ...place, ...where }, policiesOf({ keys: [] }, { home: true }), now);
  expect(judged.findings[0]?.remedy).toBe(`Switch it on with \`rota enable-rotation ${keyId} ${options} --apply\`.`);
});

test('a cryptoperiod counts from the day the key was made, or last rotated', () => {
  expect(judge({}).due).toBe(at('2027-06-01'));
  expect(judge(rotated('2026-10-01')).due).toBe(at('2027-10-01'));
});
