import { atOnce } from '../core/at-once.ts';
import { RotaError } from '../core/errors.ts';
import type { Wave, WaveMember, WaveRequest } from '../core/wave/wave.ts';
import type { Item, Table } from './table.ts';

const headItem = '#wave';
/** The waves that have not ended, as items of a partition of their own: who drives them need not look through the old ones. */
const openPartition = '#open';
/** All waves there ever were, a small item each. */
const listPartition = '#waves';

/** A wave in the list of all. */
type ListedWave = Pick<WaveRequest, 'waveId' | 'requestedAt'>;

/** Waves of rotations: one item a wave, one a key of it. */
export class WaveTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Opens a wave. Its head is written last, so that nobody drives half of one. */
  async open(request: WaveRequest, members: readonly WaveMember[]): Promise<void> {
    const { waveId, requestedAt } = request;
    await this.#table.put({ waveId: openPartition, item: waveId });
    const listed: ListedWave = { waveId, requestedAt };
    await this.#table.put({ waveId: listPartition, item: waveId, listed });
    await atOnce(20, members, (member) => this.#table.put({ waveId, item: member.alias, member }));
    const wave: Wave = { ...request, forgiven: 0 };
    await this.#table.put({ waveId, item: headItem, wave });
  }

  /** Throws `NotFound`. */
  async wave(waveId: string): Promise<Wave> {
    const found = await this.#table.get({ waveId, item: headItem });
    if (found === undefined) throw new RotaError('NotFound', { what: `wave ${waveId}` });
    return found.wave as Wave;
  }

  /** All waves, newest request first; one that was never opened whole may be among them. */
  async list(): Promise<ListedWave[]> {
    const newestFirst = (a: ListedWave, b: ListedWave): number => b.requestedAt.localeCompare(a.requestedAt) || b.waveId.localeCompare(a.waveId);
    return (await this.#items(listPartition)).map((item) => item.listed as ListedWave).sort(newestFirst);
  }

  async members(waveId: string): Promise<WaveMember[]> {
    return (await this.#items(waveId)).flatMap((item) => (item.member === undefined ? [] : [item.member as WaveMember]));
  }

  /** The ids of waves that have not ended; one that was never opened whole may be among them. */
  async openIds(): Promise<string[]> {
    return (await this.#items(openPartition)).map((item) => String(item.item));
  }

  /** Writes what the wave has come to see of a key. */
  async note(waveId: string, { alias }: WaveMember, fields: Partial<Pick<WaveMember, 'startedAt' | 'endedAt' | 'outcome' | 'why'>>): Promise<void> {
    await this.#set({ waveId, item: alias }, 'member', fields, 'attribute_exists(waveId)');
  }

  /** Starts nothing more. Answers false when it was stopped or ended already. */
  async stop(waveId: string, stopped: NonNullable<Wave['stopped']>): Promise<boolean> {
    return this.#set({ waveId, item: headItem }, 'wave', { stopped }, 'attribute_exists(waveId) AND attribute_not_exists(wave.stopped) AND attribute_not_exists(wave.endedAt)');
  }

  /** Lets a stopped wave go on. Answers false when it was not stopped. */
  async goOn(waveId: string, forgiven: number): Promise<boolean> {
    return this.#table.update(
      { waveId, item: headItem },
      { change: 'SET wave.forgiven = :n REMOVE wave.stopped', only: 'attribute_exists(wave.stopped) AND attribute_not_exists(wave.endedAt)', values: { ':n': forgiven } },
    );
  }

  /** Answers false when it had ended already. */
  async end(waveId: string, endedAt: string): Promise<boolean> {
    const isNew = await this.#set({ waveId, item: headItem }, 'wave', { endedAt }, 'attribute_exists(waveId) AND attribute_not_exists(wave.endedAt)');
    await this.#table.delete({ waveId: openPartition, item: waveId });
    return isNew;
  }

  #items(waveId: string): Promise<Item[]> {
    return this.#table.query({ where: 'waveId = :w', values: { ':w': waveId } });
  }

  #set(key: Item, at: 'wave' | 'member', fields: Item, only: string): Promise<boolean> {
    const names = Object.keys(fields);
    return this.#table.update(key, {
      change: `SET ${names.map((_, i) => `#at.#f${i} = :f${i}`).join(', ')}`,
      only,
      names: { '#at': at, ...Object.fromEntries(names.map((name, i) => [`#f${i}`, name])) },
      values: Object.fromEntries(names.map((name, i) => [`:f${i}`, fields[name]])),
    });
  }
}
