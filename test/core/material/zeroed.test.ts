import assert from 'node:assert/strict';
import { describe, expectTypeOf, test } from 'vitest';
import { withSecret, withSecretAsync } from '../../../core/material/zeroed.ts';

const secret = () => Buffer.from('Rota test secret, not for use');
const zeros = Buffer.alloc(29);
const sorry = new Error('on purpose');

describe('withSecret', () => {
  test('answers what use answers, and zeroes after', () => {
    const bytes = secret();
    const seen = withSecret(() => bytes, (held) => held.subarray(0, 4).equals(Buffer.from('Rota')));
    assert.equal(seen, true);
    assert.deepEqual(bytes, zeros);
  });

  test('zeroes when use throws, and lets the error through', () => {
    const bytes = secret();
    assert.throws(() => withSecret(() => bytes, () => { throw sorry; }), sorry);
    assert.deepEqual(bytes, zeros);
  });

  test('zeroes what make held when make fails half-way', () => {
    const [first, second] = [secret(), secret()];
    assert.throws(
      () =>
        withSecret(
          (hold) => {
            hold(first);
            hold(second);
            throw sorry;
          },
          () => assert.fail('use ran without a secret'),
        ),
      sorry,
    );
    assert.deepEqual([first, second], [zeros, zeros]);
  });

  test('zeroes what make held on the way, and a view zeroes what it looks at', () => {
    const between = secret();
    const whole = Buffer.concat([secret(), Buffer.from('beside')]);
    withSecret((hold) => { hold(between); return whole.subarray(0, 29); }, () => undefined);
    assert.deepEqual(between, zeros);
    assert.deepEqual(whole, Buffer.concat([zeros, Buffer.from('beside')]));
  });

  test('does not compile with a use that waits', () => {
    const bytes = secret();
    // @ts-expect-error the bytes would be zero before the promise runs on
    void withSecret(() => bytes, async () => Promise.resolve(1));
    expectTypeOf(withSecret(() => bytes, () => 7)).toEqualTypeOf<number>();
  });
});

describe('withSecretAsync', () => {
  test('zeroes once use has settled, not before', async () => {
    const bytes = secret();
    const seen = await withSecretAsync(
      () => Promise.resolve(bytes),
      async (held) => {
        await Promise.resolve();
        return held[0];
      },
    );
    assert.equal(seen, 'R'.charCodeAt(0));
    assert.deepEqual(bytes, zeros);
  });

  test('zeroes when use rejects', async () => {
    const bytes = secret();
    await assert.rejects(withSecretAsync(() => bytes, () => Promise.reject(sorry)), sorry);
    assert.deepEqual(bytes, zeros);
  });

  test('zeroes what make held when make rejects', async () => {
    const bytes = secret();
    await assert.rejects(
      withSecretAsync(
        async (hold) => {
          hold(bytes);
          await Promise.reject(sorry);
          return bytes;
        },
        () => assert.fail('use ran without a secret'),
      ),
      sorry,
    );
    assert.deepEqual(bytes, zeros);
  });
});
