import { expect, test } from 'vitest';
import { allVisible, isVisible, visible } from '../../core/visible.ts';

test.each([
  ['a mark that turns the direction of text', 'approve \u202eetad', 'approve \\u202eetad'],
  ['an isolate', 'a\u2066b\u2069', 'a\\u2066b\\u2069'],
  ['a command to the terminal', 'ok\u001b[2K\rGrants        none', 'ok\\u001b[2K\\u000dGrants        none'],
  ['a control character of the upper half', 'a\u009bb', 'a\\u009bb'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
])('%s is written out', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(isVisible(text)).toBe(false);
});

test.each(['as in CHG-1234', 'Schlüssel für Łódź', 'مفتاح جديد', '鍵', '👩‍💻'])('%s stays', (text) => {
  expect(visible(text)).toBe(text);
  expect(isVisible(text)).toBe(true);
});

test('lines stay in a text, and are no part of a line', () => {
  expect(visible('a\n\tb')).toBe('a\n\tb');
  expect(isVisible('a\nb')).toBe(false);
});

test('JSON stays the same document', () => {
  const value = { 'na\u202eme': ['\u0085', 'a "quoted" one'], 7: null };
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
  expect(allVisible(value)).toEqual({ 'na\\u202eme': ['\\u0085', 'a "quoted" one'], 7: null });
});
