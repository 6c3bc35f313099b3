import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { encode, type WireRequest } from './wire/canonical-request.ts';
import type { WireAnswer } from './wire/http.ts';

/** A request as clients of the AWS SDK hand it to their request handler (`HttpRequest` of the SDK), signed. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** What a client of the AWS SDK takes as its `requestHandler`. */
export interface SdkHandler {
  handle(request: SdkRequest): Promise<{ readonly response: SdkResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/**
 * Lets clients of the AWS SDK in this process speak to the port without a socket: the same signed requests and the same answers, for a third of the
 * work. A lost connection has the names that NodeHttpHandler gives it, since the SDK's retries go by them.
 */
export const insideHandler = (call: (request: WireRequest) => Promise<WireAnswer | Response>): SdkHandler => ({
  async handle(request) {
    const answer = await call(await wireRequest(request)).catch((error: unknown) => {
      throw (error as { code?: string }).code === 'ECONNRESET' ? Object.assign(error as Error, { name: 'TimeoutError' }) : error;
    });
    if (answer instanceof Response) throw new Error('no AWS service has answered: the request is signed for execute-api');
    return { response: ofService(answer) };
  },
  destroy: () => undefined,
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
});

async function wireRequest({ method, path, query = {}, headers, body }: SdkRequest): Promise<WireRequest> {
  const pairs = Object.entries(query).flatMap(([name, values]) => (values === null ? [encode(name)] : [values].flat().map((value) => `${encode(name)}=${encode(value)}`)));
  return { method, path, query: pairs.join('&'), headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), body: await bytesOf(body) };
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return buffer(body as AsyncIterable<Uint8Array>);
}

/** Of the JSON services the SDK takes bytes; of S3 it wants a stream. */
function ofService({ status, headers, body }: WireAnswer): SdkResponse {
  const bytes = Buffer.from(body as string);
  const isJson = headers['content-type']?.startsWith('application/x-amz-json') === true;
  return { statusCode: status, headers: { 'content-length': String(bytes.length), ...headers }, body: isJson ? bytes : Readable.from([bytes], { objectMode: false }) };
}
