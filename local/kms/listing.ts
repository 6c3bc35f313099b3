import { AwsError } from '../wire/errors.ts';

interface Entry<T> {
  readonly sequence: number;
  readonly id: string;
  value: T | undefined;
}

/** One page of a listing; `next` is the marker of the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/**
 * A map that can also be read page by page in the order of making: look-up and page are both independent of its size.
 * A marker is the sequence number of the last item given, so that deletions between two pages neither skip nor repeat.
 */
export class Listing<T> {
  readonly #byId = new Map<string, Entry<T>>();
  #order: Entry<T>[] = [];
  #nextSequence = 1;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): T | undefined {
    return this.#byId.get(id)?.value;
  }

  set(id: string, value: T): void {
    const known = this.#byId.get(id);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const entry = { sequence: this.#nextSequence++, id, value };
    this.#byId.set(id, entry);
    this.#order.push(entry);
  }

  delete(id: string): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#byId.delete(id);
    known.value = undefined;
    if (this.#order.length > 2 * this.#byId.size + 64) this.#order = this.#order.filter((entry) => entry.value !== undefined);
  }

  *values(): Iterable<T> {
    for (const { value } of this.#order) if (value !== undefined) yield value;
  }

  page(marker: string | undefined, limit: number, keep: (value: T) => boolean = () => true): Page<T> {
    const items: T[] = [];
    let last = 0;
    for (let at = this.#firstAfter(marker === undefined ? 0 : sequenceOf(marker)); at < this.#order.length; at += 1) {
      const entry = this.#order[at];
      if (entry?.value === undefined || !keep(entry.value)) continue;
      if (items.length === limit) return { items, next: markerOf(last) };
      items.push(entry.value);
      last = entry.sequence;
    }
    return { items };
  }

  #firstAfter(sequence: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle]?.sequence ?? Infinity) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Pages through a short list that is at hand whole; the marker is a position. */
export function pageOf<T>(all: readonly T[], marker: string | undefined, limit: number): Page<T> {
  const start = marker === undefined ? 0 : sequenceOf(marker);
  const items = all.slice(start, start + limit);
  return start + limit < all.length ? { items, next: markerOf(start + limit) } : { items };
}

/** The paging fields of an answer. */
export const paging = (page: Page<unknown>): Record<string, unknown> =>
  page.next === undefined ? { Truncated: false } : { Truncated: true, NextMarker: page.next };

const markerOf = (sequence: number): string => Buffer.from(`after:${sequence}`).toString('base64url');

function sequenceOf(marker: string): number {
  const found = /^after:(\d+)$/.exec(Buffer.from(marker, 'base64url').toString('latin1'));
  if (found === null) throw new AwsError('InvalidMarkerException', `Could not deserialize marker '${marker}'`);
  return Number(found[1]);
}
