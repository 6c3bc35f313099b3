import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { tasks } from '../../tasks/catalogue.ts';
import type { Facts } from './facts.ts';
import type { Order, Told } from './life.ts';
import type { ScenarioName } from './scenarios.ts';

/** Where something is killed. */
export type Boundary = NonNullable<Order['kill']>;

export const boundaryName = ({ when, call }: Boundary): string => `${when} ${call}`;

interface Lived {
  readonly calls: readonly string[];
  /** Whether it was killed where it was ordered; otherwise it came to its end, or to an error. */
  readonly isKilled: boolean;
  readonly facts?: Facts;
  readonly unmet: readonly string[];
  readonly error?: string;
}

/** What a chain of kills came to, with the last of them. */
export interface End {
  readonly facts?: Facts | undefined;
  readonly error?: string | undefined;
  readonly after: string;
}

/** More in one process starve each other on a busy machine, until clients and functions run out of time. */
const mostLives = 8;

/** The program under test, and the folders that its lives go on from. */
export class Lives {
  readonly #work: string;
  readonly #program: string;
  readonly #loader: string;
  #copies = 0;
  #rotated: Promise<string> | undefined;

  private constructor(work: string, program: string, loader: string) {
    this.#work = work;
    this.#program = program;
    this.#loader = loader;
  }

  /** Builds the program, and makes a folder in which every key is ready to be rotated. */
  static async start(): Promise<Lives> {
    // A killed process loses nothing that the kernel has, be it in memory only; a kill of the kernel is not what is tested.
    const work = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rota-kill-'));
    // Below node_modules, since dynalite is loaded from there.
    const built = (name: string): string => join(process.cwd(), 'node_modules', '.cache', `rota-lives-${process.pid}`, `${name}.cjs`);
    const lives = new Lives(work, built('life'), built('load'));
    const common = { bundle: true, platform: 'node', format: 'cjs', target: 'node20.19', logLevel: 'error' } as const;
    await build({
      ...common,
      entryPoints: ['test/fault/life.ts'],
      outfile: built('life'),
      external: ['dynalite', 'dynalite/*'],
      keepNames: true,
      define: { 'import.meta.url': 'importMetaUrl' },
      banner: { js: `const importMetaUrl = ${JSON.stringify(`file://${built('life')}`)};` },
    });
    await build({ ...common, entryPoints: ['test/fault/load.ts'], outfile: built('load') });
    const [ready] = await lives.live([{ folder: lives.fresh }]);
    if (ready?.error !== undefined) throw new Error(ready.error);
    return lives;
  }

  /** The folder in which every key is ready to be rotated. */
  get fresh(): string {
    return join(this.#work, 'fresh');
  }

  /** The folder in which the imported key has been rotated. */
  rotated(): Promise<string> {
    this.#rotated ??= (async () => {
      const folder = await this.copyOf(this.fresh);
      const [{ error } = {}] = await this.live([{ folder, scenario: 'BYOK rotation' }]);
      if (error !== undefined) throw new Error(error);
      return folder;
    })();
    return this.#rotated;
  }

  async end(): Promise<void> {
    await rm(this.#work, { recursive: true, force: true });
    await rm(join(this.#program, '..'), { recursive: true, force: true });
  }

  async copyOf(folder: string): Promise<string> {
    const copy = join(this.#work, `copy-${this.#copies++}`);
    await cp(folder, copy, { recursive: true });
    return copy;
  }

  /** One process, which carries one life for each order. Throws when it ends in another way than by its own will. */
  async live(orders: readonly Order[]): Promise<Lived[]> {
    // A large nursery: what a short life makes need not be collected.
    const child = spawn(process.execPath, ['--no-warnings', '--max-semi-space-size=64', this.#loader, this.#program, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.once('close', (...ended) => resolve(ended)));
    const told = out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Told);
    if (signal !== (told.some((t) => t.killed) ? 'SIGKILL' : null) || (signal === null && code !== 0)) throw new Error(`the process ended with ${signal ?? code ?? ''}: ${err}`);
    return orders.map((_order, of) => {
      const mine = told.filter((t) => t.of === of);
      const facts = mine.find((t) => t.facts !== undefined)?.facts;
      const error = mine.find((t) => t.error !== undefined)?.error;
      return { calls: mine.flatMap((t) => t.call ?? []), isKilled: mine.some((t) => t.killed), unmet: mine.flatMap((t) => t.unmet ?? []), ...(facts && { facts }), ...(error && { error }) };
    });
  }

  /** Goes through the scenario of each chain: killed at one boundary of it after the other, and started again each time. */
  async goThrough(chains: readonly Chain[], more: Pick<Order, 'isForgetful'> = {}): Promise<End[]> {
    const ends: End[] = [];
    for (let i = 0; i < chains.length; i += mostLives) ends.push(...(await this.#goTogether(chains.slice(i, i + mostLives), more)));
    return ends;
  }

  /** All chains are in one process, so that a kill of it is one of each. */
  async #goTogether(chains: readonly Chain[], more: Pick<Order, 'isForgetful'>): Promise<End[]> {
    const ends = chains.map((): End => ({ after: 'the start' }));
    const folders = await Promise.all(chains.map(({ template }) => this.copyOf(template)));
    try {
      let going = [...chains.entries()];
      for (let round = 0; going.length > 0; round++) {
        const lived = await this.live(
          going.map(([i, { scenario, boundaries }]): Order => ({ ...more, folder: folders[i] ?? '', scenario, ...(boundaries[round] && { kill: boundaries[round] }) })),
        );
        for (const [at, [i, { boundaries }]] of going.entries()) {
          const { isKilled = false, facts, error } = lived[at] ?? {};
          const kill = boundaries[round];
          const missed = isKilled || kill === undefined ? undefined : `it came to its end and never to ${boundaryName(kill)}`;
          ends[i] = { after: isKilled && kill !== undefined ? boundaryName(kill) : (ends[i]?.after ?? ''), facts, error: error ?? missed };
        }
        going = going.filter((_chain, at) => lived[at]?.isKilled);
      }
      return ends;
    } finally {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    }
  }
}

/** One run of a scenario and the kills that it goes through, in the order in which they come. */
export interface Chain {
  readonly scenario: ScenarioName;
  readonly template: string;
  readonly boundaries: readonly Boundary[];
}

/**
 * The boundaries of a run: before each step or deed of a person, and after each call of it that changes something. What stands
 * on disk before a later call is what stood there after the one before: a step is one process's, one call after the other.
 */
export const boundariesOf = (calls: readonly string[]): Boundary[] =>
  calls.flatMap((call, i) => [...(calls.slice(0, i).some((c) => deedOf(c) === deedOf(call)) ? [] : [{ call, when: 'before' as const }]), { call, when: 'after' as const }]);

const deedOf = (call: string): string => call.split(': ')[0] ?? '';

/** After a kill a machine repeats its step, a person not what was done. */
const isRepeated = (call: string): boolean => tasks.some(({ name }) => call.startsWith(name));

/**
 * Deals boundaries out like cards, so that each is killed once, few runs do, and a run has got well over one kill before it meets the
 * next. No run has two of one deed that nobody repeats.
 */
export function dealt(boundaries: readonly Boundary[]): Boundary[][] {
  const hands: Boundary[][] = Array.from({ length: Math.ceil(0.75 * Math.sqrt(boundaries.length)) }, () => []);
  for (const [i, boundary] of boundaries.entries()) {
    const mine = deedOf(boundary.call);
    const inTurn = hands.map((_hand, k) => hands[(i + k) % hands.length] ?? []);
    const hand = inTurn.find((h) => isRepeated(boundary.call) || h.every(({ call }) => deedOf(call) !== mine));
    if (hand === undefined) hands.push([boundary]);
    else hand.push(boundary);
  }
  return hands;
}
