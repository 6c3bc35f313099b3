import { expect, test } from 'vitest';
import { readRegistry } from '../../../core/registry/read-registry.ts';
import { goodRegistry } from './registry-cases.ts';

const right = `exceptions:
  - key: alias/reports
    findings: [rotation-off]
    owner: security
    reason: moves to another account
    until: 2027-06-30
automaticRotation:
  periodDays: 365
`;
const base = `${goodRegistry.trimEnd()}\n`;
const line = (text: string): number => base.split('\n').length + right.split('\n').findIndex((l) => l.includes(text));

test('exceptions and the policy for automatic rotation are read', () => {
  expect(readRegistry(base + right, 'rota.yaml')).toMatchObject({ exceptions: [{ key: 'alias/reports', until: '2027-06-30' }], automaticRotation: { periodDays: 365 } });
});

test.each([
  ['alias/reports', 'reports', 'key', 'exceptions[0].key must be the ARN of a key, or an alias'],
  ['[rotation-off]', '[everything]', 'findings', 'exceptions[0].findings[0] Invalid option: expected one of '],
  ['moves to another account', 'later', 'reason', 'exceptions[0].reason must say why in ten characters or more'],
  ['2027-06-30', '30.06.2027', 'until', 'exceptions[0].until must be a day such as 2027-06-30'],
  ['365', '30', 'periodDays', 'automaticRotation.periodDays must be 90 days or more'],
])('%s as %s is refused with its line', (from, to, field, says) => {
  let said = 'nothing';
  try {
    readRegistry(base + right.replace(from, to), 'rota.yaml');
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toContain(`rota.yaml:${line(`${field}:`)} ${says}`);
});
