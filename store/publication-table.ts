import type { Table } from './table.ts';


/** A key of a published set, as its consumers see it. `spki` is base64 DER; empty for HMAC. */
export interface PublishedKeyRecord {
  readonly kid: string;
  readonly keyArn: string;
  readonly spec: string;
  readonly usage: string;
  readonly spki: string;
  readonly algorithm?: string;
}

/** One file of a publication; `body` is base64. `immutable` ones never change under their path. */
export interface PublishedDocument {
  readonly path: string;
  readonly mediaType: string;
  readonly body: string;
  readonly immutable: boolean;
}

/** One version of the key set of an alias: whole, so that a repeated publication sends the same bytes. */
export interface PublishedSet {
  readonly alias: string;
  readonly sequence: number;
  readonly rotationId: string;
  /** What the publication was for: `introduce`, `switch`, `remove`, `restore`. */
  readonly stage: string;
  readonly keySetSha256: string;
  readonly keys: readonly PublishedKeyRecord[];
  readonly documents: readonly PublishedDocument[];
  readonly madeAt: string;
}

const sortable = (sequence: number): string => String(sequence).padStart(10, '0');

/** Every version of every alias's key set, for good: a number is taken once. */
export class PublicationTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Takes the next number. Answers false when somebody else has it: read again. */
  async put(set: PublishedSet): Promise<boolean> {
    return this.#table.put({ ...set, version: sortable(set.sequence) }, { only: 'attribute_not_exists(alias)' });
  }

  async latest(alias: string): Promise<PublishedSet | undefined> {
    return (await this.#table.last({ where: 'alias = :a', values: { ':a': alias } })) as PublishedSet | undefined;
  }

  /** What a rotation published, oldest first. */
  async ofRotation(alias: string, rotationId: string): Promise<PublishedSet[]> {
    return (await this.#table.query({ where: 'alias = :a', filter: 'rotationId = :r', values: { ':a': alias, ':r': rotationId } })) as unknown as PublishedSet[];
  }
}
