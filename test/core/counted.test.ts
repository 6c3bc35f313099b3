import { expect, test } from 'vitest';
import { counted } from '../../core/counted.ts';

test('one is one, and everything else is many', () => {
  expect([0, 1, 2, 1n].map((n) => counted(n, 'key'))).toEqual(['0 keys', '1 key', '2 keys', '1 key']);
  expect([1, 2].map((n) => counted(n, 'entry', 'entries'))).toEqual(['1 entry', '2 entries']);
});
