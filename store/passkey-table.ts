import type { Table } from './table.ts';


/** A passkey of a person: the public half of a credential. Times are ISO 8601 in UTC. */
export interface Passkey {
  /** base64url. */
  readonly credentialId: string;
  readonly person: string;
  /** The IAM identity that enrolled it: if the registry gives the person another one, the passkey is nobody's. */
  readonly arn: string;
  /** What the authenticator keeps with it in place of a name: random, base64url. */
  readonly userHandle: string;
  /** COSE_Key, base64url. */
  readonly publicKeyCose: string;
  /** The same key as SubjectPublicKeyInfo (DER), base64. */
  readonly publicKeySpki: string;
  /** Uses that the authenticator counted; one that does not count answers 0 always. */
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether it may be copied to other devices of its owner. */
  readonly synced: boolean;
  readonly enrolledAt: string;
  readonly lastUsedAt?: string;
  readonly removedAt?: string;
  readonly removedBy?: string;
}

/** A one-use link to enrol a passkey for a person; only the hash of its secret is kept. */
export interface EnrolmentLink {
  readonly secretSha256: string;
  readonly person: string;
  readonly arn: string;
  readonly expiresAt: string;
}

const passkeyKey = (credentialId: string) => ({ item: `passkey#${credentialId}` });
const linkKey = (secretSha256: string) => ({ item: `enrolment#${secretSha256}` });

/** Passkeys and the links that enrol them. A passkey that was removed stays as evidence of who could decide when. */
export class PasskeyTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async putLink(link: EnrolmentLink): Promise<void> {
    await this.#table.put({ ...linkKey(link.secretSha256), link }, { only: 'attribute_not_exists(#item)', names: { '#item': 'item' } });
  }

  /** A link that nobody has used, whatever its time. */
  async link(secretSha256: string): Promise<EnrolmentLink | undefined> {
    const found = await this.#table.get(linkKey(secretSha256));
    return found === undefined || found.usedAt !== undefined ? undefined : (found.link as EnrolmentLink);
  }

  /** Uses a link up. Answers false when somebody has used it. */
  async useLink(secretSha256: string, at: string): Promise<boolean> {
    return this.#table.update(linkKey(secretSha256), { change: 'SET usedAt = :at', only: 'attribute_exists(link) AND attribute_not_exists(usedAt)', values: { ':at': at } });
  }

  /** Enrols a passkey. Answers false when the credential was enrolled before, by whomever. */
  async enrol(passkey: Passkey): Promise<boolean> {
    return this.#table.put({ ...passkeyKey(passkey.credentialId), passkey }, { only: 'attribute_not_exists(passkey)' });
  }

  /** A passkey, also one that was removed. */
  async get(credentialId: string): Promise<Passkey | undefined> {
    return (await this.#table.get(passkeyKey(credentialId)))?.passkey as Passkey | undefined;
  }

  /** Every passkey, removed ones too, in the order of their enrolment. */
  async all(): Promise<Passkey[]> {
    const found = (await this.#table.scan({ filter: 'attribute_exists(passkey)' })).map((item) => item.passkey as Passkey);
    return found.sort((a, b) => a.enrolledAt.localeCompare(b.enrolledAt));
  }

  /** Notes a use. Answers false when the counter has not grown since it was last written (unless it counts nothing). */
  async noteUse({ credentialId }: Passkey, counter: number, at: string): Promise<boolean> {
    return this.#table.update(passkeyKey(credentialId), {
      change: 'SET passkey.#counter = :n, passkey.lastUsedAt = :at',
      only: 'attribute_not_exists(passkey.removedAt) AND (passkey.#counter < :n OR (passkey.#counter = :zero AND :n = :zero))',
      names: { '#counter': 'counter' },
      values: { ':n': counter, ':zero': 0, ':at': at },
    });
  }

  /** Removes a passkey: it opens nothing more. Answers false when it is not there, or was removed before. */
  async remove(credentialId: string, by: string, at: string): Promise<boolean> {
    return this.#table.update(passkeyKey(credentialId), {
      change: 'SET passkey.removedAt = :at, passkey.removedBy = :by',
      only: 'attribute_exists(passkey) AND attribute_not_exists(passkey.removedAt)',
      values: { ':at': at, ':by': by },
    });
  }
}
