import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { encode, type WireRequest } from './wire/canonical-request.ts';
import type { WireAnswer } from './wire/http.ts';

/** A request as clients of the AWS SDK hand it to their request handler (`HttpRequest` of the SDK). */
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

/** Settings of an SDK client that speaks as one principal. */
export interface InsideAccess {
  readonly requestHandler: {
    handle(request: SdkRequest): Promise<{ readonly response: SdkResponse }>;
    destroy(): void;
    updateHttpClientConfig(): void;
    httpHandlerConfigs(): Record<string, never>;
  };
  readonly signer: { sign<R>(request: R): Promise<R> };
}

/**
 * Lets code of a principal in this process, a Lambda function or the API, speak to the services by its SDK clients: the same requests and the same
 * answers for a fraction of the work. Nothing is signed: who holds this has the principal's secret too. A lost connection has the names that
 * NodeHttpHandler gives it, since the SDK's retries go by them.
 */
export const insideAccess = (call: (request: WireRequest) => Promise<WireAnswer>): InsideAccess => ({
  requestHandler: {
    async handle(request) {
      const answer = await call(await wireRequest(request)).catch((error: unknown) => {
        throw (error as { code?: string }).code === 'ECONNRESET' ? Object.assign(error as Error, { name: 'TimeoutError' }) : error;
      });
      return { response: ofService(answer) };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  },
  signer: { sign: (request) => Promise.resolve(request) },
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
