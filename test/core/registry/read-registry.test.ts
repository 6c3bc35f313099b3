import { expect, test } from 'vitest';
import { readRegistry } from '../../../core/registry/read-registry.ts';
import { badRegistries, goodRegistry } from './registry-cases.ts';

test('reads a file that is right', () => {
  const registry = readRegistry(goodRegistry, 'rota.yaml');
  expect(registry.keys[0]?.alias).toBe('alias/payments');
  expect(registry.keys[0]?.approvals.timeoutSeconds).toBe(604_800);
});

test.each(badRegistries)('$name', ({ from, to, also = [], says }) => {
  let text = goodRegistry;
  for (const [before, after] of [[from, to] as const, ...also]) {
    expect(text).toContain(before);
    text = text.replace(before, after);
  }
  let said = 'nothing';
  try {
    readRegistry(text, 'rota.yaml');
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toBe(says);
});
