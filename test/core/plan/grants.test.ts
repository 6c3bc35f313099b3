import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grantsLacking } from '../../../core/plan/grants.ts';

const batch = { granteePrincipal: 'arn:aws:iam::111122223333:role/batch', operations: ['Decrypt', 'Encrypt'] };

test('what a grant allows counts, not its id or the order in which it says so', () => {
  expect(grantsLacking([{ ...batch, operations: ['Encrypt', 'Decrypt'] }], [batch])).toEqual([]);
});

test.each([
  ['another grantee', { ...batch, granteePrincipal: 'arn:aws:iam::111122223333:role/other' }],
  ['other operations', { ...batch, operations: ['Decrypt'] }],
  ['a constraint', { ...batch, constraints: { EncryptionContextSubset: { app: 'batch' } } }],
])('%s makes it another grant', (_name, grant) => {
  expect(grantsLacking([batch], [grant])).toEqual([{ grantee: batch.granteePrincipal, operations: ['Decrypt', 'Encrypt'] }]);
  expect(grantsLacking([grant], [batch])).toHaveLength(1);
});

test('a grant that an AWS service made for itself is named as such', () => {
  expect(grantsLacking([{ operations: ['Decrypt'] }], [])).toEqual([{ grantee: 'an AWS service', operations: ['Decrypt'] }]);
});

test('neither order nor repetition changes the answer, and what is lacking is what is not there', () => {
  const grant = fc.record({ granteePrincipal: fc.constantFrom('a', 'b', 'c'), operations: fc.uniqueArray(fc.constantFrom('Decrypt', 'Encrypt', 'Sign'), { minLength: 1 }) });
  fc.assert(
    fc.property(fc.array(grant), fc.array(grant), (here, there) => {
      const lacking = grantsLacking(here, there);
      expect(grantsLacking([...here, ...here].reverse(), there)).toEqual(lacking);
      const shape = (g: { granteePrincipal: string; operations: readonly string[] }) => `${g.granteePrincipal} ${[...g.operations].sort().join()}`;
      const expected = new Set(here.map(shape).filter((one) => !there.some((other) => shape(other) === one)));
      expect(new Set(lacking.map((g) => `${g.grantee} ${g.operations.join()}`))).toEqual(expected);
      expect(lacking).toHaveLength(expected.size);
    }),
  );
});
