/** Marks bytes as secret from here on: they are zeroed when the `withSecret` around them ends. Answers the same bytes. */
export type Hold = <B extends Uint8Array>(bytes: B) => B;

/**
 * The only way to hold key material (P1): `make` produces it, `use` works on it, and afterwards every byte of it is zero,
 * whether `use` returned or threw. `make` passes what it allocates on the way through `hold`, so that it is zeroed too,
 * also when `make` itself throws half-way.
 *
 * What `use` returns must not be, or point into, the secret. A `use` that returns a promise does not compile: the bytes
 * would be zero before it ran on; `withSecretAsync` is for that.
 */
export function withSecret<S extends Uint8Array, T>(
  make: (hold: Hold) => S,
  use: (secret: S) => T & (T extends PromiseLike<unknown> ? never : unknown),
): T {
  const { hold, zeroAll } = holder();
  try {
    return use(hold(make(hold)));
  } finally {
    zeroAll();
  }
}

/** As `withSecret`, for a `make` or a `use` that waits; the bytes are zeroed once `use` has settled. */
export async function withSecretAsync<S extends Uint8Array, T>(
  make: (hold: Hold) => S | Promise<S>,
  use: (secret: S) => T | Promise<T>,
): Promise<T> {
  const { hold, zeroAll } = holder();
  try {
    return await use(hold(await make(hold)));
  } finally {
    zeroAll();
  }
}

function holder(): { hold: Hold; zeroAll: () => void } {
  const held: Uint8Array[] = [];
  return {
    hold: (bytes) => {
      held.push(bytes);
      return bytes;
    },
    zeroAll: () => held.forEach((bytes) => bytes.fill(0)),
  };
}
