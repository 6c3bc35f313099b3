import { expect, test } from 'vitest';
import { readRegistry } from '../../../core/registry/read-registry.ts';
import { badRegistries, goodRegistry, goodWithTokens, textOf } from './registry-cases.ts';

test('reads a file that is right', () => {
  const registry = readRegistry(goodRegistry, 'rota.yaml');
  expect(registry.keys[0]?.alias).toBe('alias/payments');
  expect(registry.keys[0]?.approvals.timeoutSeconds).toBe(604_800);
});

test('reads a key whose public half others hold', () => {
  expect(readRegistry(goodWithTokens, 'rota.yaml').keys.map(({ alias }) => alias)).toEqual(['alias/tokens', 'alias/payments']);
});

test.each(badRegistries)('$name', (bad) => {
  const { says } = bad;
  const text = textOf(bad);
  let said = 'nothing';
  try {
    readRegistry(text, 'rota.yaml');
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toBe(says);
});
