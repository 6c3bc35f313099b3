import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Listing, pageOf } from '../../../local/kms/listing.ts';

describe('a listing', () => {
  test('gives every item that stays exactly once, whatever goes or comes between pages', () => {
    const step = fc.record({ limit: fc.integer({ min: 1, max: 20 }), gone: fc.array(fc.nat(399)), come: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const listing = new Listing<number>();
        for (let item = 0; item < 400; item += 1) listing.set(String(item), item);
        const left = new Set(Array.from({ length: 400 }, (_, item) => item));
        const seen: number[] = [];
        let marker: string | undefined;
        let fresh = 400;
        for (let turn = 0; ; turn += 1) {
          const { limit, gone, come } = steps[turn % steps.length] ?? { limit: 1, gone: [], come: 0 };
          const page = listing.page(marker, limit);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          if (page.next === undefined) break;
          marker = page.next;
          for (const item of gone) {
            listing.delete(String(item));
            left.delete(item);
          }
          for (let count = 0; count < come && fresh < 450; count += 1) listing.set(String(fresh), fresh++);
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toEqual([...seen].sort((one, other) => one - other));
        for (const item of left) expect(seen).toContain(item);
      }),
      { numRuns: 50 },
    );
  });

  test('keeps the place of what is set again', () => {
    const listing = new Listing<string>();
    listing.set('a', 'one');
    listing.set('b', 'two');
    listing.set('a', 'three');
    expect([...listing.values()]).toEqual(['three', 'two']);
    expect(listing.size).toBe(2);
  });

  test('refuses a marker that it did not give', () => {
    expect(() => new Listing().page('nonsense', 1)).toThrow('Could not deserialize marker');
    expect(() => pageOf([1], '####', 1)).toThrow('Could not deserialize marker');
  });
});
