import { findingIdOf, type OpenFinding } from '../core/findings/open-finding.ts';
import type { Item, Only, Table } from './table.ts';

/** The findings that are open, one item each: of an account and Region, by what they are about. What is closed is in the facts. */
export class FindingTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Opens a finding. Answers false when it is open already: the sweep and an event may see the same. */
  async open(finding: OpenFinding): Promise<boolean> {
    return this.#put(finding, { only: 'attribute_not_exists(place)' });
  }

  /** Tells an open finding in other words. One that was closed meanwhile stays closed. */
  async reword(finding: OpenFinding): Promise<boolean> {
    return this.#put(finding, still(finding));
  }

  /** Takes a finding off. Answers false when it was gone, or had been opened anew. */
  async close(finding: OpenFinding): Promise<boolean> {
    return this.#table.delete(keyOf(finding), still(finding));
  }

  async ofPlace(place: string): Promise<OpenFinding[]> {
    return (await this.#table.query({ where: 'place = :p', values: { ':p': place } })).map(findingOf);
  }

  /** All that is open, oldest first. */
  async all(): Promise<OpenFinding[]> {
    const found = (await this.#table.scan()).map(findingOf);
    return found.sort((a, b) => a.openedAt.localeCompare(b.openedAt) || findingIdOf(a).localeCompare(findingIdOf(b)));
  }

  #put(finding: OpenFinding, only: Only): Promise<boolean> {
    return this.#table.put({ ...keyOf(finding), finding }, only);
  }
}

const still = ({ openedAt }: OpenFinding): Only => ({ only: 'finding.openedAt = :o', values: { ':o': openedAt } });

const keyOf = ({ place, name, about }: OpenFinding) => ({ place, item: `${about} ${name}` });
const findingOf = (item: Item): OpenFinding => item.finding as OpenFinding;
