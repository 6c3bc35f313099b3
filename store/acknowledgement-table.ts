import type { Acknowledgement } from '../core/rollover/acknowledgement.ts';
import type { Table } from './table.ts';

/** A one-use link for a consumer without an identity of its own; only the hash of its secret is kept. */
export interface AcknowledgementLink {
  readonly secretSha256: string;
  readonly consumer: string;
  readonly expiresAt: string;
  readonly madeBy: string;
}

/** What consumers said, one item a rotation and consumer; the first word stands. */
export class AcknowledgementTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Records a word. Answers false when there is one already, which stands. */
  async record(rotationId: string, acknowledgement: Acknowledgement): Promise<boolean> {
    return this.#putNew({ rotationId, item: `consumer#${acknowledgement.consumer}`, acknowledgement });
  }

  /** What was said for a rotation, sorted by consumer. */
  async ofRotation(rotationId: string): Promise<Acknowledgement[]> {
    const items = await this.#table.query({ where: 'rotationId = :r AND begins_with(#item, :c)', names: { '#item': 'item' }, values: { ':r': rotationId, ':c': 'consumer#' } });
    return items.map((item) => item.acknowledgement as Acknowledgement);
  }

  async putLink(rotationId: string, link: AcknowledgementLink): Promise<void> {
    await this.#putNew({ rotationId, item: `link#${link.secretSha256}`, link });
  }

  /** A link that nobody has used, whatever its time. */
  async link(rotationId: string, secretSha256: string): Promise<AcknowledgementLink | undefined> {
    const found = await this.#table.get({ rotationId, item: `link#${secretSha256}` });
    return found === undefined || found.usedAt !== undefined ? undefined : (found.link as AcknowledgementLink);
  }

  /** Uses a link up. Answers false when somebody has used it. */
  async useLink(rotationId: string, secretSha256: string, at: string): Promise<boolean> {
    return this.#table.update(
      { rotationId, item: `link#${secretSha256}` },
      { change: 'SET usedAt = :at', only: 'attribute_exists(rotationId) AND attribute_not_exists(usedAt)', values: { ':at': at } },
    );
  }

  /** Counts a wrong thumbprint against a link, and answers how many there were. */
  async countWrong(rotationId: string, secretSha256: string): Promise<number> {
    const counted = await this.#table.updated({ rotationId, item: `link#${secretSha256}` }, { change: 'ADD wrong :one', values: { ':one': 1 } });
    return Number(counted?.wrong);
  }

  async #putNew(item: Record<string, unknown>): Promise<boolean> {
    return this.#table.put(item, { only: 'attribute_not_exists(rotationId)' });
  }
}
