import { describe, expect, test } from 'vitest';
import { cutAtKeys } from '../../../core/registry/key-parts.ts';
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

/** What reading a file says is wrong with it. */
function faultOf(text: string, keysEach?: number): string {
  try {
    readRegistry(text, 'rota.yaml', keysEach);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

test.each(badRegistries)('$name', (bad) => expect(faultOf(textOf(bad))).toBe(bad.says));

describe('a file of very many keys, read in parts', () => {
  const [before = '', key = ''] = goodRegistry.split('keys:\n');
  /** With lines and comments between the keys, and something behind them. */
  const manyKeys = (count: number, each: (i: number) => string = () => key): string =>
    `${before}keys: # ours\n\n${Array.from({ length: count }, (_, i) => `  # number ${i}\n${each(i).replace('alias/payments', `alias/k${i}`)}\n`).join('')}\nsweep:\n  targets:\n    - region: eu-central-1\n`;
  /** A list may be no further indented than its name. */
  const outdented = (text: string): string => text.replace(/^keys:[^]*^sweep:/m, (block) => block.replace(/^ {2}/gm, ''));

  test.each([goodWithTokens, manyKeys(7), outdented(manyKeys(7)), manyKeys(7).replaceAll('\n', '\r\n')])('says what it says as a whole', (text) => {
    expect(cutAtKeys(text, 1)?.parts.length).toBeGreaterThan(1);
    for (const keysEach of [1, 2, 3]) expect(readRegistry(text, 'rota.yaml', keysEach)).toEqual(readRegistry(text, 'rota.yaml', Infinity));
  });

  test.each(badRegistries)('$name', (bad) => expect(faultOf(textOf(bad), 1)).toBe(bad.says));

  test.each([
    ['in a key', manyKeys(7, (i) => (i === 4 ? key.replace('cryptoperiodDays: 365', 'cryptoperiodDays: yearly') : key))],
    ['in several', manyKeys(7, (i) => (i % 2 === 1 ? key.replace('count: 2', 'count: 9') : key))],
    ['behind the keys', manyKeys(7).replace('region: eu-central-1', 'regions: 1')],
    ['in the YAML of a key', manyKeys(7, (i) => (i === 5 ? key.replace('owner:', 'owner: a:') : key))],
    ['a field twice in a key', manyKeys(7, (i) => (i === 5 ? key.replace('    owner:', '    owner: me\n    owner:') : key))],
    ['in the YAML behind the keys', `${manyKeys(7)}sweep: {}\n`],
    ['a second list of keys', `${manyKeys(7)}keys: []\n`],
    ['a second document', outdented(manyKeys(7)).replace('# number 5', '---')],
    ['a key twice', manyKeys(7, (i) => key.replace('alias/payments', `alias/p${i % 6}`))],
    ['a name that is nowhere', manyKeys(7, (i) => (i === 5 ? key.replace('payments-owners', '*owner') : key))],
  ])('a fault %s has its line', (_, text) => {
    expect(faultOf(text, Infinity)).toMatch(/rota\.yaml:\d+/);
    for (const keysEach of [1, 2, 3]) expect(faultOf(text, keysEach)).toBe(faultOf(text, Infinity));
  });

  test('what stands in one key by & and in another by * is understood', () => {
    const text = manyKeys(3, (i) => key.replace('payments-owners', i === 0 ? '&o payments-owners' : '*o'));
    expect(readRegistry(text, 'rota.yaml', 1).keys.map(({ owner }) => owner)).toEqual(['payments-owners', 'payments-owners', 'payments-owners']);
  });
});
