import type { Draft } from './draft.ts';
import { bytesOf, mostDataBytes } from './limits.ts';
import type { MapRun, Thread } from './model.ts';
import { evaluateIn, fieldError, stateOf, type Chance } from './scope.ts';

export interface Item {
  readonly index: number;
  readonly item: NonNullable<Thread['item']>;
  readonly input: unknown;
}

/** The items of a Map state, each with the input that its ItemSelector makes of it. */
export async function itemsOf(draft: Draft, thread: Thread, chance: Chance): Promise<Item[]> {
  const { Items, ItemSelector } = stateOf(draft, thread);
  const items = Items === undefined ? thread.input : await evaluateIn(draft, thread, chance, Items, 'Items');
  if (!Array.isArray(items)) throw notAnArray(thread, items, Items);
  const selected: Item[] = [];
  for (const [index, value] of (items as unknown[]).entries()) {
    const item = { Index: index, Value: value };
    selected.push({ index, item, input: ItemSelector === undefined ? value : await evaluateIn(draft, thread, chance, ItemSelector, 'ItemSelector', { item }) });
  }
  return selected;
}

function notAnArray(thread: Thread, value: unknown, items: unknown): Error {
  const shown = JSON.stringify(value);
  if (typeof items !== 'string') return fieldError(thread, `Map state input must be an array but was: ${shown}`);
  const type = value === null ? 'null' : typeof value;
  const source = items.slice(2, -2).trim();
  return fieldError(thread, `The JSONata expression '${source}' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '${type}' for value: ${shown}`, 'Items');
}

/** A field of a Map state that is a number from `least` to `most`; undefined where the state has none. */
export async function numberOf(draft: Draft, thread: Thread, chance: Chance, value: unknown, field: string, { least = 0, most = Infinity, whole = true } = {}): Promise<number | undefined> {
  if (value === undefined) return undefined;
  const number = await evaluateIn(draft, thread, chance, value, field);
  if (typeof number === 'number' && number >= least && number <= most && (!whole || Number.isInteger(number))) return number;
  const wanted = most !== Infinity ? `a ${whole ? 'whole ' : ''}number from ${least} to ${most}` : least === 0 ? 'a non-negative integer' : 'a positive integer';
  throw fieldError(thread, `${field} must be ${wanted} but was: ${JSON.stringify(number)}`, field);
}

/** The inputs of child executions: one an item, or batches as ItemBatcher cuts them. SFN-DG input-output-itembatcher. */
export async function batchesOf(draft: Draft, thread: Thread, chance: Chance, items: readonly Item[]): Promise<MapRun['inputs']> {
  const { ItemBatcher } = stateOf(draft, thread);
  if (ItemBatcher === undefined) return items.map(({ input }) => ({ input, items: 1 }));
  const mostItems = (await numberOf(draft, thread, chance, ItemBatcher.MaxItemsPerBatch, 'ItemBatcher/MaxItemsPerBatch', { least: 1 })) ?? Infinity;
  const mostBytes = (await numberOf(draft, thread, chance, ItemBatcher.MaxInputBytesPerBatch, 'ItemBatcher/MaxInputBytesPerBatch', { least: 1, most: mostDataBytes })) ?? mostDataBytes;
  const shared = ItemBatcher.BatchInput === undefined ? {} : { BatchInput: await evaluateIn(draft, thread, chance, ItemBatcher.BatchInput, 'ItemBatcher/BatchInput') };
  const empty = bytesOf({ ...shared, Items: [] });
  const batches: unknown[][] = [];
  let room = 0;
  for (const { input } of items) {
    const bytes = bytesOf(input) + 1;
    const last = batches.at(-1);
    if (last === undefined || last.length >= mostItems || bytes > room) {
      batches.push([input]);
      room = mostBytes - empty - bytes;
    } else {
      last.push(input);
      room -= bytes;
    }
  }
  return batches.map((batch) => ({ input: { ...shared, Items: batch }, items: batch.length }));
}
