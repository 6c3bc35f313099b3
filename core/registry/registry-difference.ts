/** What applying one registry over another would change, for people to read before they do. */
import { fieldChanges, type FieldChange } from './field-changes.ts';
import type { Exception } from './estate-schema.ts';
import { freezeDangers, keyDangers, personDangers, policyDangers, sweepDangers, type Danger } from './registry-dangers.ts';
import type { Registry } from './registry-schema.ts';

/** A person, a key, a freeze, an exception, the sweep or the policy for automatic rotation, of which two registries say something else. */
export interface RegistryChange {
  /** Such as `key alias/payments`. */
  readonly subject: string;
  readonly act: 'added' | 'dropped' | 'changed';
  /** Of what is dropped, none. */
  readonly fields: readonly FieldChange[];
  /** What somebody should think about twice, each in a sentence. */
  readonly dangers: readonly string[];
}

/** One key may have several exceptions, one for each kind of finding. */
function exceptionName({ key, findings }: Exception, i: number, all: readonly Exception[]): string {
  const nameOf = (e: Pick<Exception, 'key' | 'findings'>): string => `exception of ${e.key}${e.findings === undefined ? '' : ` (${[...e.findings].sort().join(', ')})`}`;
  const name = nameOf({ key, findings });
  const before = all.slice(0, i).filter((other) => nameOf(other) === name).length;
  return before === 0 ? name : `${name}, number ${before + 1}`;
}

/** One kind of things that a registry has, each by a name that is its own. */
interface Kind<T> {
  readonly of: (registry: Registry) => readonly T[];
  readonly nameOf: (thing: T, i: number, all: readonly T[]) => string;
  readonly dangers: readonly Danger<T>[];
}

/** Nobody and nothing: what holds before the first apply. */
const empty: Registry = { version: 1, people: [], keys: [] };

const changesOf =
  <T>({ of, nameOf, dangers }: Kind<T>) =>
  (before: Registry | undefined, after: Registry): RegistryChange[] => {
    const byName = (things: readonly T[]) => new Map(things.map((thing, i) => [nameOf(thing, i, things), thing]));
    const old = byName(of(before ?? empty));
    const now = byName(of(after));
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((subject) => {
      const versions = { before: old.get(subject), after: now.get(subject) };
      const fields = fieldChanges(versions.before, versions.after);
      if (fields.length === 0) return [];
      const act = versions.before === undefined ? 'added' : versions.after === undefined ? 'dropped' : 'changed';
      return [{ subject, act, fields: act === 'dropped' ? [] : fields, dangers: before === undefined ? [] : dangers.flatMap((danger) => danger(versions, { before, after })) }];
    });
  };

const kinds: readonly ((before: Registry | undefined, after: Registry) => RegistryChange[])[] = [
  changesOf({ of: ({ people }) => people, nameOf: ({ id }) => `person ${id}`, dangers: personDangers }),
  changesOf({ of: ({ keys }) => keys, nameOf: ({ alias }) => `key ${alias}`, dangers: keyDangers }),
  changesOf({ of: ({ exceptions = [] }) => exceptions, nameOf: exceptionName, dangers: [] }),
  changesOf({ of: ({ freezes = [] }) => freezes, nameOf: ({ name }) => `freeze ${name}`, dangers: freezeDangers }),
  changesOf({ of: ({ automaticRotation: policy }) => (policy === undefined ? [] : [policy]), nameOf: () => 'automatic rotation', dangers: policyDangers }),
  changesOf({ of: ({ sweep }) => (sweep === undefined ? [] : [sweep]), nameOf: () => 'sweep', dangers: sweepDangers }),
];

/**
 * What would change if `after` were applied over `before`; undefined is no registry at all, over which nothing is dangerous. Empty where both
 * say the same, in whatever order.
 */
export const registryDifference = (before: Registry | undefined, after: Registry): RegistryChange[] => kinds.flatMap((changes) => changes(before, after));
