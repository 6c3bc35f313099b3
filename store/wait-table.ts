import type { Table } from './table.ts';


/** A state that waits for a time and may be ended early by a word: to go on, to go back. */
export interface Wait {
  readonly rotationId: string;
  /** Which wait it is: `hold`, `acknowledgements`, `drain`, `quiet`, `deny`, `watch`. */
  readonly name: string;
  readonly encryptedToken: Uint8Array;
  readonly openedAt: string;
  /** ISO 8601: until when it waits by itself. */
  readonly until: string;
  /** Why it waits, for people. */
  readonly because: string;
  /** Differs each time the wait opens: a word is for the wait it was said to. */
  readonly serial: string;
  /** The word that ends it, once somebody said it, with who said it. */
  readonly word?: { readonly say: string; readonly by: string; readonly reason: string; readonly at: string };
  /** The word was said to an earlier opening, and is owed to this one unless that one has had it. */
  readonly carried?: boolean;
  readonly delivered: boolean;
}

/** What the token of a wait is sealed for. */
export const waitIdOf = ({ rotationId, name }: Pick<Wait, 'rotationId' | 'name'>): string => `${rotationId}.wait.${name}`;

/** Waits that people may end, one item a rotation and name. As with approvals, the task token leaves this table never. */
export class WaitTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Opens a wait, or opens it again with a new token: a word that did not arrive at the old token is owed to the new one. */
  async open(wait: Omit<Wait, 'word' | 'carried' | 'delivered'>): Promise<void> {
    for (;;) {
      const before = await this.get(wait.rotationId, wait.name);
      const owed = before?.word !== undefined && !before.delivered ? { word: before.word, carried: true } : {};
      // A word that is said in between must not be overwritten: read again then.
      const unchanged =
        before === undefined
          ? { only: 'attribute_not_exists(rotationId)' }
          : {
              only: `serial = :s AND delivered = :d AND ${before.word === undefined ? 'attribute_not_exists(word)' : 'attribute_exists(word)'}`,
              values: { ':s': before.serial, ':d': before.delivered },
            };
      if (await this.#table.put({ ...wait, ...owed, delivered: false }, unchanged)) return;
    }
  }

  async get(rotationId: string, name: string): Promise<Wait | undefined> {
    return (await this.#table.get({ rotationId, name })) as Wait | undefined;
  }

  /** Writes the word down before it is delivered. Answers false when another word was said, or the wait opened anew. */
  async say(wait: Wait, word: NonNullable<Wait['word']>): Promise<boolean> {
    return this.#change(wait, 'SET word = :w', 'serial = :s AND attribute_not_exists(word)', { ':w': word });
  }

  async markDelivered(wait: Wait): Promise<void> {
    await this.#change(wait, 'SET delivered = :yes', 'serial = :s', { ':yes': true });
  }

  /** Takes back a word that an earlier opening of the wait has had: this opening waits for one of its own. */
  async forget(wait: Wait): Promise<void> {
    await this.#change(wait, 'REMOVE word, carried', 'serial = :s', {});
  }

  /** Every wait that a rotation has ever opened, as it last stood. */
  async ofRotation(rotationId: string): Promise<Wait[]> {
    return (await this.#table.query({ where: 'rotationId = :r', values: { ':r': rotationId } })) as unknown as Wait[];
  }

  /** Words that were said and have not arrived. */
  async owed(): Promise<Wait[]> {
    return (await this.#table.scan({ filter: 'attribute_exists(word) AND delivered = :no', values: { ':no': false } })) as unknown as Wait[];
  }

  #change({ rotationId, name, serial }: Wait, change: string, only: string, values: Record<string, unknown>): Promise<boolean> {
    return this.#table.update({ rotationId, name }, { change, only, values: { ...values, ':s': serial } });
  }
}
