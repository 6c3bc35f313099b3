import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { dossierObjectKey } from '../core/dossier/chain.ts';
import { escrowPrefix } from '../core/material/escrow.ts';
import { retirementObjectKey } from '../core/retirement/deletion-document.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';

/** The bucket of dossiers, escrow envelopes and the documents of retirements, under Object Lock. */
export class DossierBucket {
  readonly #s3: S3Client;
  readonly #bucket: string;
  #lastSeen = 0;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** Takes a place in the chain. Answers false when it is taken: exactly one of two writers gets it (If-None-Match). */
  async putDossier(sequence: number, bytes: Buffer): Promise<boolean> {
    return this.#putNew(dossierObjectKey(sequence), bytes, 'application/vnd.dsse.envelope.v1+json');
  }

  async getDossier(sequence: number): Promise<Buffer | undefined> {
    return getObject(this.#s3, this.#bucket, dossierObjectKey(sequence));
  }

  /** The highest number in the chain; 0 for an empty one. The chain only grows, so it is listed from the end that was seen before, if that still stands. */
  async lastSequence(): Promise<number> {
    const before = this.#lastSeen === 0 ? 0 : await this.#lastAfter(this.#lastSeen - 1);
    this.#lastSeen = before === 0 ? await this.#lastAfter(0) : before;
    return this.#lastSeen;
  }

  /** The highest number in the chain above `sequence`; 0 where there is none. */
  async #lastAfter(sequence: number): Promise<number> {
    let last = 0;
    for (const key of await listObjects(this.#s3, this.#bucket, 'dossiers/', dossierObjectKey(sequence))) last = Math.max(last, Number(/(\d+)\.json$/.exec(key)?.[1] ?? 0));
    return last;
  }

  /** Stores an escrow envelope: CMS ciphertext that only a recovery certificate's holder can open. */
  async putEscrow(objectKey: string, cms: Buffer): Promise<void> {
    await this.#putNew(objectKey, cms, 'application/pkcs7-mime');
  }

  /** The keys of the escrow envelopes of a rotation. */
  async escrowsOf(rotationId: string): Promise<string[]> {
    return listObjects(this.#s3, this.#bucket, escrowPrefix(rotationId));
  }

  /** Stores the document of a retirement. Answers what is stored: the first one stays. */
  async putRetirement(rotationId: string, markdown: Buffer): Promise<Buffer> {
    const isNew = await this.#putNew(retirementObjectKey(rotationId), markdown, 'text/markdown; charset=utf-8');
    return isNew ? markdown : ((await this.getRetirement(rotationId)) ?? markdown);
  }

  async getRetirement(rotationId: string): Promise<Buffer | undefined> {
    return getObject(this.#s3, this.#bucket, retirementObjectKey(rotationId));
  }

  async #putNew(key: string, bytes: Buffer, contentType: string): Promise<boolean> {
    try {
      await this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes, ContentType: contentType, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if ((error as Error).name === 'PreconditionFailed') return false;
      throw error;
    }
  }
}
