import { expect, test } from 'vitest';
import { readRegistry } from '../../../core/registry/read-registry.ts';
import { badRegistries, goodRegistry } from './registry-cases.ts';

test('reads a file that is right', () => {
  const registry = readRegistry(goodRegistry, 'rota.yaml');
  expect(registry.keys[0]?.alias).toBe('alias/payments');
  expect(registry.keys[0]?.approvals.timeoutSeconds).toBe(604_800);
});

test.each(badRegistries)('$name', ({ from, to, says }) => {
  expect(goodRegistry).toContain(from);
  let said = 'nothing';
  try {
    readRegistry(goodRegistry.replace(from, to), 'rota.yaml');
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toBe(says);
});
