import type { JudgedKey } from '../../core/inventory/judge-key.ts';
import { estate, type EstateOptions } from './estate.ts';
import type { Truth } from './kinds.ts';

/** Says what is wrong with an inventory, key by key; keeps a few bytes of each key only. */
export class Comparison {
  readonly #truths = new Map<string, Truth>();
  readonly wrong: string[] = [];

  constructor(options: EstateOptions) {
    for (const { key, truth } of estate(options)) this.#truths.set(key.id, truth);
  }

  /** One key, as an inventory told of it. */
  see(keyId: string, told: Truth): void {
    const truth = this.#truths.get(keyId);
    if (truth === undefined) this.wrong.push(`${keyId} is not of the estate, or was seen twice`);
    else if (textOf(truth) !== textOf(told)) this.wrong.push(`${keyId} is ${textOf(truth)}, but was told as ${textOf(told)}`);
    this.#truths.delete(keyId);
  }

  /** What is wrong, the keys that were not seen included. */
  verdict(): readonly string[] {
    return [...this.wrong, ...[...this.#truths.keys()].map((id) => `${id} was lost`)];
  }
}

/** What an inventory tells of a key, in the words in which the truth is written. */
export const toldOf = ({ class: its, findings }: JudgedKey): Truth => ({
  class: its.class as Truth['class'],
  ...(its.class === 'manual' ? { why: its.why as NonNullable<Truth['why']> } : {}),
  ...(its.class === 'rotates' ? { periodDays: its.periodDays } : {}),
  findings: findings.map(({ name }) => name),
});

const textOf = ({ class: its, why, periodDays, findings }: Truth): string => [its, why, periodDays, ...[...findings].sort()].filter((part) => part !== undefined).join(' ');
