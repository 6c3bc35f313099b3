import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts what a journal, or whoever holds a token, must not see: AES-256-GCM under a random master key in the data folder, mode 0600.
 * `context` says what the bytes are for; they open under the same context only.
 */
export class Seal {
  readonly #masterKey: Buffer;

  private constructor(masterKey: Buffer) {
    this.#masterKey = masterKey;
  }

  /** Reads the master key, or makes one when `journal` does not exist yet. A journal without its key is an error; where there is none, nothing is lost with the key. */
  static async open(path: string, journal?: string): Promise<Seal> {
    const known = await readFile(path).catch(ignoreMissing);
    // A crash on the very first start can leave a short key file; nothing was sealed under it yet.
    if (known?.length === 32) return new Seal(known);
    const sealedBytes = journal === undefined ? 0 : ((await stat(journal).catch(ignoreMissing))?.size ?? 0);
    if (sealedBytes > 0) {
      throw new Error(`${path} is missing or damaged, and ${journal ?? ''} cannot be read without it: restore it, or delete both to start afresh`);
    }
    const fresh = randomBytes(32);
    const file = await open(path, 'w', 0o600);
    await file.writeFile(fresh);
    await file.sync();
    await file.close();
    return new Seal(fresh);
  }

  seal(plain: Buffer, context: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#masterKey, nonce).setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  /** Undoes `seal`. The caller zeroes what it gets. Throws when the bytes are not what was sealed for this context. */
  unseal(sealed: string, context: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length < nonceBytes + tagBytes) throw new Error('sealed bytes are too short');
    const decipher = createDecipheriv('aes-256-gcm', this.#masterKey, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
    const plain = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
    try {
      decipher.final();
    } catch (error) {
      plain.fill(0);
      throw error;
    }
    return plain;
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
