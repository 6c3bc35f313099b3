import { keyClasses, type KeyClass } from './key-class.ts';
import { findingKinds, type FindingName } from './finding.ts';
import type { JudgedKey, Standing } from './judge-key.ts';

/** The counts of an inventory, or of one account in one Region. */
export interface Summary {
  readonly keys: number;
  readonly byClass: Readonly<Record<KeyClass['class'], number>>;
  readonly byStanding: Readonly<Record<Standing, number>>;
  /** By name, those that are excused left out. */
  readonly findings: Readonly<Partial<Record<FindingName, number>>>;
  /** Of the registry, in no key that was seen. */
  readonly missing: readonly string[];
}

/** Counts keys as they come by, so that none need be kept. */
export class Tally {
  #keys = 0;
  readonly #byClass = new Map<KeyClass['class'], number>();
  readonly #byStanding = new Map<Standing, number>();
  readonly #findings = new Map<FindingName, number>();
  readonly #missing: Set<string>;

  /** @param registered - the aliases that must be met */
  constructor(registered: Iterable<string> = []) {
    this.#missing = new Set(registered);
  }

  add({ class: its, standing, findings, key }: JudgedKey): void {
    this.#keys += 1;
    this.#byClass.set(its.class, (this.#byClass.get(its.class) ?? 0) + 1);
    this.#byStanding.set(standing, (this.#byStanding.get(standing) ?? 0) + 1);
    for (const { name, excused } of findings) if (excused === undefined) this.#findings.set(name, (this.#findings.get(name) ?? 0) + 1);
    if (this.#missing.size > 0) for (const alias of key.aliases) this.#missing.delete(alias);
  }

  summary(): Summary {
    return {
      keys: this.#keys,
      byClass: Object.fromEntries(keyClasses.map((name) => [name, this.#byClass.get(name) ?? 0])) as Summary['byClass'],
      byStanding: Object.fromEntries((['in-order', 'finding', 'excused', 'not-chased'] as const).map((name) => [name, this.#byStanding.get(name) ?? 0])) as Summary['byStanding'],
      findings: Object.fromEntries((Object.keys(findingKinds) as FindingName[]).flatMap((name) => (this.#findings.has(name) ? [[name, this.#findings.get(name)]] : []))),
      missing: [...this.#missing].sort(),
    };
  }
}

/** Whether a pipeline may go on: every key is in order, excused or nobody's business, and every registered one was seen. */
export const allInOrder = ({ byStanding, missing }: Summary): boolean => byStanding.finding === 0 && missing.length === 0;
