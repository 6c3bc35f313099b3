import { expect, test } from 'vitest';
import { checkOneRule } from '../../../core/plan/one-rule.ts';
import type { RegisteredKey } from '../../../core/registry/registry-schema.ts';
import { tokensKey } from '../../../demo/cast.ts';
import { exampleKey } from './example-plan.ts';

const twin = (change: Partial<RegisteredKey>): RegisteredKey => ({ ...exampleKey, alias: 'alias/cards', ...change }) as RegisteredKey;
const refusal = (alias: string, registered: readonly RegisteredKey[]): string => {
  try {
    checkOneRule(alias, registered);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

test('one alias, or several of which the registry says the same, are moved by one rotation', () => {
  expect(refusal('alias/payments', [exampleKey])).toBe('none');
  expect(refusal('alias/payments', [twin({}), exampleKey])).toBe('none');
  expect(refusal('alias/payments', [exampleKey, twin({ description: 'Cards', schedule: { cryptoperiodDays: 90, warningDays: 14 } })])).toBe('none');
});

test.each([
  ['another rule for the cutover', { approvals: { ...exampleKey.approvals, cutover: { all: [{ group: 'cards-owners', count: 1 }] } } }, 'approvals.cutover'],
  ['an approval before the start', { approvals: { ...exampleKey.approvals, start: { all: [{ group: 'cards-owners', count: 1 }] } } }, 'approvals.start'],
  ['another owner', { owner: 'cards-owners' }, 'owner'],
  ['another role to break the glass', { breakGlassRoleArn: 'arn:aws:iam::111122223333:role/other' }, 'breakGlassRoleArn'],
  ['a gate of quiet use', { adoption: { quietSeconds: 86_400, overdueAfterSeconds: 0 } }, 'adoption'],
] as const)('%s for another alias of the key is refused', (_, change, field) => {
  expect(refusal('alias/payments', [exampleKey, twin(change as Partial<RegisteredKey>)])).toBe(
    `alias/cards leads to the same key as alias/payments, so one rotation moves both, but the registry says other things of it: ${field === 'adoption' ? 'adoption.quietSeconds, adoption.overdueAfterSeconds' : field}.`,
  );
});

test('a public key is published for one alias: another one of the key is refused, however alike', () => {
  const tokens = tokensKey([{ name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' }], '111122223333');
  expect(refusal('alias/tokens', [tokens])).toBe('none');
  expect(refusal('alias/tokens', [tokens, { ...tokens, alias: 'alias/tokens-eu' }])).toContain('for which of them the public key is published');
});

test('where only the other alias is registered by now, its approvals are not those that were asked for', () => {
  expect(refusal('alias/payments', [twin({})])).toContain('whether it is registered');
});
