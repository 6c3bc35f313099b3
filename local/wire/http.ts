import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { WireRequest } from './canonical-request.ts';

/** The largest body that is taken in: an S3 object; the JSON services stay far below. */
export const largestBodyBytes = 64 * 1024 * 1024;

/** An answer, ready to be written. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Reads a request whole. Answers undefined when its body is too large, and leaves the rest of it unread. */
export async function readRequest(incoming: IncomingMessage): Promise<WireRequest | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) if (values !== undefined) headers.set(name, values.join(','));
  const target = incoming.url ?? '/';
  const question = target.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    headers,
    body: Buffer.concat(chunks),
  };
}

/** The same request for a fetch-style handler. */
export function fetchRequest({ method, path, query, headers, body }: WireRequest, origin: string): Request {
  const url = `${origin}${path}${query === '' ? '' : `?${query}`}`;
  const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0;
  return new Request(url, { method, headers: [...headers].filter(([name]) => !hopByHop.has(name)), ...(hasBody ? { body: new Uint8Array(body) } : {}) });
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer']);

/** Writes the answer of a fetch-style handler; a body that streams goes on by itself. */
export function writeFetchResponse(response: Response, to: ServerResponse): void {
  to.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') to.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) to.setHeader('set-cookie', cookies);
  if (response.body === null || to.req.method === 'HEAD') {
    to.end();
    return;
  }
  // Whoever watches a stream learns at once that it is open, before its first bytes.
  to.flushHeaders();
  const stream = Readable.fromWeb(response.body);
  stream.on('error', () => to.destroy());
  to.on('close', () => stream.destroy());
  stream.pipe(to);
}

/** Writes an answer. To HEAD only its headers leave. */
export function writeAnswer({ status, headers, body }: WireAnswer, to: ServerResponse): void {
  to.writeHead(status, status === 204 || status === 304 ? headers : { 'content-length': String(Buffer.byteLength(body)), ...headers });
  to.end(to.req.method === 'HEAD' ? undefined : body);
}
