import type { PublicationTarget } from '../../../core/registry/rollover-schema.ts';
import type { Clients } from '../../../store/clients.ts';
import type { PublishedDocument, PublishedSet } from '../../../store/publication-table.ts';

/** Where key sets go. An adapter delivers, and reads back what a consumer would get. */
export interface TargetAdapter<T extends PublicationTarget = PublicationTarget> {
  readonly actions: readonly string[];
  /** Delivers every document of the set. Repeated it delivers the same. */
  readonly deliver: (target: T, set: PublishedSet, clients: Clients) => Promise<void>;
  /** What the target serves now for each document that this kind of target serves; undefined for nothing. */
  readonly readBack: (target: T, set: PublishedSet, clients: Clients) => Promise<readonly { readonly document: PublishedDocument; readonly served: Buffer | undefined }[]>;
}

/** The document that consumers fetch under a fixed address. */
export function currentSet({ documents, sequence }: PublishedSet): PublishedDocument {
  const current = documents.find((d) => !d.immutable);
  if (current === undefined) throw new Error(`key set ${sequence} has no current document`);
  return current;
}

export const bodyOf = ({ body }: PublishedDocument): Buffer => Buffer.from(body, 'base64');

const fetchTimeoutMs = 15_000;

/** A GET without credentials and past every cache on the way, as a new consumer would do it. */
export async function fetched(url: string): Promise<Buffer | undefined> {
  const answer = await fetch(url, { headers: { 'cache-control': 'no-cache' }, redirect: 'error', signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** Sends documents to somebody's own endpoint. */
export async function posted(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, redirect: 'error', signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}
