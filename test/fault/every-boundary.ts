import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Facts } from './facts.ts';
import { boundariesOf, boundaryName, dealt, Lives, type Boundary, type Chain } from './killing.ts';
import { followsRotation, type ScenarioName } from './scenarios.ts';

/** A run of a scenario without a kill: what the others are measured by. */
interface Clean {
  readonly template: string;
  readonly boundaries: readonly Boundary[];
  readonly facts: Facts;
}

/**
 * P6: `rota local` is killed with SIGKILL before each step of a machine and each deed of a person, and after every call of theirs that
 * changes something: of the ledger, of a key, of a target, of an execution. Started again it finishes, and what it leaves is what a run
 * without a kill leaves: one successor, every alias right, one dossier, every old key kept. The boundaries are those of that run, so
 * that a new task is covered when it is added.
 */
class EveryBoundary {
  readonly #lives: Lives;
  readonly #clean = new Map<ScenarioName, Promise<Clean>>();

  constructor(lives: Lives) {
    this.#lives = lives;
  }

  clean(scenario: ScenarioName): Promise<Clean> {
    const found = this.#clean.get(scenario) ?? this.#liveClean(scenario);
    this.#clean.set(scenario, found);
    return found;
  }

  async #liveClean(scenario: ScenarioName): Promise<Clean> {
    const template = followsRotation(scenario) ? await this.#lives.rotated() : this.#lives.fresh;
    const [{ calls, facts, error } = { calls: [] }] = await this.#lives.live([{ folder: await this.#lives.copyOf(template), scenario }]);
    if (facts === undefined) throw new Error(`without a kill the ${scenario} did not end: ${error ?? ''}`);
    return { template, boundaries: boundariesOf(calls), facts };
  }

  /**
   * Kills at every boundary of the scenario that another one, which is killed too, does not have under the same name. Answers what went
   * wrong: of a chain that went wrong each kill is made again, alone, to tell which it was. A chain may miss a kill where an earlier one
   * hit a person's deed in the middle, since the machine goes on beside it; alone none may be missed.
   */
  async wrongIn(scenario: ScenarioName, beside?: ScenarioName): Promise<string[]> {
    const { template, boundaries, facts } = await this.clean(scenario);
    const shared = new Set((beside === undefined ? [] : (await this.clean(beside)).boundaries).map(boundaryName));
    const chains = dealt(boundaries.filter((boundary) => !shared.has(boundaryName(boundary)))).map((hand): Chain => ({ scenario, template, boundaries: hand }));
    const go = async (some: readonly Chain[]) => {
      const ends = await this.#lives.goThrough(some);
      return some.flatMap((chain, i) => (ends[i]?.error === undefined && isDeepStrictEqual(ends[i]?.facts, facts) ? [] : [{ chain, end: ends[i] }]));
    };
    const together = await go(chains);
    const alone = await go(together.flatMap(({ chain }) => chain.boundaries.map((boundary) => ({ ...chain, boundaries: [boundary] }))));
    const left = together.filter(({ end }) => !isDeepStrictEqual(end?.facts, facts));
    return [...left, ...alone].map(
      ({ chain, end }) => `killed ${chain.boundaries.map(boundaryName).join(', ')}: ${end?.error ?? JSON.stringify(end?.facts)} (last killed ${end?.after ?? ''})`,
    );
  }
}

/** A scenario, whose boundaries it shares, and what it leaves. */
export interface Case {
  readonly beside?: ScenarioName;
  readonly leaves: object;
}

/** Kills each scenario at every boundary. What it answers is there when the tests run. */
export function testEveryBoundary(cases: Readonly<Partial<Record<ScenarioName, Case>>>): { readonly lives: () => Lives; readonly clean: EveryBoundary['clean'] } {
  let lives: Lives;
  let every: EveryBoundary;

  beforeAll(async () => {
    lives = await Lives.start();
    every = new EveryBoundary(lives);
  });

  afterAll(() => lives.end());

  test.each(Object.entries(cases) as [ScenarioName, Case][])('killed at every boundary, a %s ends as one without a kill', { timeout: 3_600_000 }, async (scenario, { beside, leaves }) => {
    const { facts } = await every.clean(scenario);
    expect(facts).toMatchObject({ ...leaves, openQuestions: 0, isFree: true });
    expect(facts.keys.filter((key) => key.name.startsWith('new key'))).toHaveLength(1);
    expect(await every.wrongIn(scenario, beside)).toEqual([]);
  });

  return { lives: () => lives, clean: (scenario) => every.clean(scenario) };
}

export const movedKey = (alias: string, workflow: string) => ({ name: `new key of ${workflow}`, state: 'Enabled', aliases: [alias] });
export const keptKey = (alias: string, ...statements: string[]) => ({
  name: `old key of ${alias}`,
  state: 'Enabled',
  aliases: [],
  statements: ['Enable IAM User Permissions', ...statements],
});
export const allOpen = { 'alias/payments': true, 'alias/quiet': true, 'alias/tokens': true, 'alias/secrets': true, 'alias/macs': true };
