import { DeleteCommand, GetCommand, paginateQuery, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RotaError } from '../core/errors.ts';
import type { Wave, WaveMember, WaveRequest } from '../core/wave/wave.ts';
import { unlessConflict } from './conditional.ts';
import { everyItem } from './every-item.ts';

const headItem = '#wave';
/** The waves that have not ended, as items of a partition of their own: who drives them need not look through the old ones. */
const openPartition = '#open';
/** All waves there ever were, a small item each. */
const listPartition = '#waves';

/** A wave in the list of all. */
type ListedWave = Pick<WaveRequest, 'waveId' | 'requestedAt'>;

/** Waves of rotations: one item a wave, one a key of it. */
export class WaveTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Opens a wave. Its head is written last, so that nobody drives half of one. */
  async open(request: WaveRequest, members: readonly WaveMember[]): Promise<void> {
    const { waveId, requestedAt } = request;
    await this.#put({ waveId: openPartition, item: waveId });
    const listed: ListedWave = { waveId, requestedAt };
    await this.#put({ waveId: listPartition, item: waveId, listed });
    for (let from = 0; from < members.length; from += 20) await Promise.all(members.slice(from, from + 20).map((member) => this.#put({ waveId, item: member.alias, member })));
    const wave: Wave = { ...request, forgiven: 0 };
    await this.#put({ waveId, item: headItem, wave });
  }

  /** Throws `NotFound`. */
  async wave(waveId: string): Promise<Wave> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: { waveId, item: headItem }, ConsistentRead: true }));
    if (Item === undefined) throw new RotaError('NotFound', { what: `wave ${waveId}` });
    return Item.wave as Wave;
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
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { waveId, item: headItem },
          UpdateExpression: 'SET wave.forgiven = :n REMOVE wave.stopped',
          ConditionExpression: 'attribute_exists(wave.stopped) AND attribute_not_exists(wave.endedAt)',
          ExpressionAttributeValues: { ':n': forgiven },
        }),
      ),
    );
  }

  /** Answers false when it had ended already. */
  async end(waveId: string, endedAt: string): Promise<boolean> {
    const isNew = await this.#set({ waveId, item: headItem }, 'wave', { endedAt }, 'attribute_exists(waveId) AND attribute_not_exists(wave.endedAt)');
    await this.#dynamo.send(new DeleteCommand({ TableName: this.#table, Key: { waveId: openPartition, item: waveId } }));
    return isNew;
  }

  async #items(waveId: string): Promise<Record<string, unknown>[]> {
    const asked = { TableName: this.#table, KeyConditionExpression: 'waveId = :w', ExpressionAttributeValues: { ':w': waveId }, ConsistentRead: true };
    return everyItem(paginateQuery({ client: this.#dynamo }, asked));
  }

  async #put(item: Record<string, unknown>): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: item }));
  }

  async #set(key: Record<string, string>, at: 'wave' | 'member', fields: Readonly<Record<string, unknown>>, condition: string): Promise<boolean> {
    const names = Object.keys(fields);
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: key,
          UpdateExpression: `SET ${names.map((_, i) => `#at.#f${i} = :f${i}`).join(', ')}`,
          ConditionExpression: condition,
          ExpressionAttributeNames: { '#at': at, ...Object.fromEntries(names.map((name, i) => [`#f${i}`, name])) },
          ExpressionAttributeValues: Object.fromEntries(names.map((name, i) => [`:f${i}`, fields[name]])),
        }),
      ),
    );
  }
}
