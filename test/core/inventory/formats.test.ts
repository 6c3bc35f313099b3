import { expect, test } from 'vitest';
import { asffOf } from '../../../core/inventory/asff.ts';
import { csvHeader, csvLine } from '../../../core/inventory/csv.ts';
import { judgeKey } from '../../../core/inventory/judge-key.ts';
import { jsonOf } from '../../../core/inventory/json-line.ts';
import type { ObservedKey } from '../../../core/inventory/observed-key.ts';
import { policiesOf } from '../../../core/inventory/policies.ts';
import type { Registry } from '../../../core/registry/registry-schema.ts';

const place = { accountId: '111122223333', region: 'eu-central-1', partition: 'aws' };
const now = Date.parse('2026-11-27T12:00:00Z');
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`;
const keys = [{ alias: 'alias/tokens', owner: 'identity', schedule: { cryptoperiodDays: 365, warningDays: 30 } }] as unknown as Registry['keys'];
const judge = (key: Partial<ObservedKey>, exceptions: Registry['exceptions'] = []) => judgeKey({ keyId, manager: 'CUSTOMER', aliases: [], tags: {}, ...key }, place, policiesOf({ keys, exceptions }, { home: true }), now);
const at = (day: string) => Date.parse(`${day}T00:00:00Z`);

const signing = { spec: 'RSA_2048', usage: 'SIGN_VERIFY', origin: 'AWS_KMS', state: 'Enabled', createdMs: at('2026-02-01') };
const inTime = judge({ aliases: ['alias/tokens'], description: signing, lastUse: { trackedSinceMs: at('2026-04-23'), operation: 'Sign', atMs: at('2026-11-26') } });
const forgotten = judge({ aliases: ['alias/x,y', '=cmd()'], description: signing });
const off = judge({ description: { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: at('2020-01-01') }, rotation: { enabled: false } });
const excused = judge({ description: signing }, [{ key: arn, owner: 'security', reason: 'the vendor rotates it', until: '2027-06-30' }]);

test('CSV: a header and a line for each key, with quotes where a cell needs them, and no formulas', () => {
  expect(csvHeader).toBe('arn,aliases,class,why,standing,findings,state,keySpec,origin,created,periodDays,nextRotation,owner,registeredAs,materialSince,due,materialExpires,rotationsLeft,madeByRotation,lastUsed\r\n');
  expect(csvLine(inTime)).toBe(`${arn},alias/tokens,manual,asymmetric,in-order,,Enabled,RSA_2048,AWS_KMS,2026-02-01T00:00:00Z,,,identity,alias/tokens,2026-02-01T00:00:00Z,2027-02-01T00:00:00Z,,,,2026-11-26T00:00:00Z\r\n`);
  expect(csvLine(forgotten)).toContain(',"alias/x,y =cmd()",manual,');
  expect(csvLine(judge({ aliases: ['=cmd()'], description: signing }))).toContain(",'=cmd(),manual,");
  expect(csvLine(excused)).toContain(',excused,unregistered (excused until 2027-06-30),');
});

test('JSON has what is known, and nothing else', () => {
  expect(jsonOf(off)).toEqual({
    arn,
    aliases: [],
    class: 'rotation-off',
    standing: 'finding',
    state: 'Enabled',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    createdAt: '2020-01-01T00:00:00Z',
    findings: [{ name: 'rotation-off', severity: 'medium', sentence: 'AWS could rotate it by itself, and that is switched off.', remedy: `Switch it on with \`rota enable-rotation ${keyId} --region eu-central-1 --apply\`.` }],
  });
});

/** What BatchImportFindings demands of each finding. Security Hub API Reference, AwsSecurityFinding. */
const demanded = ['AwsAccountId', 'CreatedAt', 'Description', 'GeneratorId', 'Id', 'ProductArn', 'Resources', 'SchemaVersion', 'Severity', 'Title', 'Types', 'UpdatedAt'];

test.each([
  ['in time', inTime, 'PASSED', 'INFORMATIONAL'],
  ['forgotten', forgotten, 'FAILED', 'MEDIUM'],
  ['rotation off', off, 'FAILED', 'MEDIUM'],
  ['excused', excused, 'WARNING', 'INFORMATIONAL'],
  ['on its way out', judge({ description: { ...signing, state: 'PendingDeletion' } }), 'NOT_AVAILABLE', 'INFORMATIONAL'],
])('a finding of Security Hub for a key that is %s', (_, judged, status, label) => {
  const finding = asffOf(judged, now);
  expect(finding).toMatchObject({
    SchemaVersion: '2018-10-08',
    Id: `${arn}/rota-renewal`,
    ProductArn: 'arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default',
    Compliance: { Status: status },
    Severity: { Label: label },
    UpdatedAt: '2026-11-27T12:00:00.000Z',
    Resources: [{ Type: 'AwsKmsKey', Id: arn, Partition: 'aws', Region: 'eu-central-1' }],
  });
  for (const field of demanded) expect(finding).toHaveProperty(field);
  expect(String(finding?.Title).length).toBeLessThanOrEqual(256);
  expect(String(finding?.Description)).toMatch(/^.{1,1024}$/);
});

test('an excuse is told in full, and cut to the length that Security Hub takes', () => {
  expect(asffOf(excused, now)?.Description).toBe('AWS cannot rotate it by itself, and no alias of it is in the registry. Excused until 2027-06-30 by security: the vendor rotates it');
  const long = judge({ description: { ...signing, state: 'PendingImport' } }, Array.from({ length: 3 }, () => ({ key: arn, owner: 'o', reason: 'r'.repeat(500), until: '2027-06-30' })));
  expect(String(asffOf(long, now)?.Description)).toHaveLength(1024);
});

test('AWS managed keys are no finding', () => expect(asffOf(judge({ manager: 'AWS' }), now)).toBeUndefined());
