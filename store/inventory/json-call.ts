import { createHash, createHmac } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './credentials.ts';

/**
 * The SDK's signer and its HTTP handler without the client around them. A sweep asks two questions a key, a hundred thousand keys at a
 * time and many Regions at once, and the client's middleware costs three times as much as signing and sending: 0.75 ms of a core for a
 * DescribeKey against 0.25 (measured against the embedded KMS, Node 20), so that one Region at half its quota keeps a core busy.
 */
export interface JsonCall {
  call(service: JsonService, operation: string, input: object): Promise<unknown>;
  destroy(): void;
}

type JsonService = keyof typeof targets;

const targets = { kms: 'TrentService', tagging: 'ResourceGroupsTaggingAPI_20170126' } as const;

/** What AWS answered instead of the output. */
export class AwsRefusal extends Error {
  readonly status: number;

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export type Endpoints = Readonly<Partial<Record<JsonService | 'sts', string>>>;

export interface JsonCallOptions {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** For an embedded AWS or a VPC endpoint; left out, the Region's own. */
  readonly endpoints?: Endpoints;
  /** Connections; each carries one request at a time. */
  readonly sockets: number;
}

/** The public endpoint of a service. AWS General Reference, "Service endpoints"; China has a domain of its own. */
const publicEndpoint = (service: JsonService, region: string): string => `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** Answers the output as it is on the wire: timestamps are epoch seconds. Throws `AwsRefusal`, or what the network throws. */
export function jsonCall({ region, credentials, endpoints = {}, sockets }: JsonCallOptions): JsonCall {
  const agentOptions = { keepAlive: true, maxSockets: sockets };
  const handler = new NodeHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    httpAgent: new HttpAgent(agentOptions),
    httpsAgent: new HttpsAgent(agentOptions),
  });
  const sender: Sender = handler;
  const signerOf = (service: JsonService) => new SignatureV4({ service, region, credentials, sha256: NodeSha256 });
  const services = {
    kms: { signer: signerOf('kms'), url: new URL(endpoints.kms ?? publicEndpoint('kms', region)) },
    tagging: { signer: signerOf('tagging'), url: new URL(endpoints.tagging ?? publicEndpoint('tagging', region)) },
  } as const;
  return {
    async call(service, operation, input) {
      const { signer, url } = services[service];
      const body = JSON.stringify(input);
      const signed = await signer.sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        path: '/',
        query: {},
        headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'content-length': String(Buffer.byteLength(body)), 'x-amz-target': `${targets[service]}.${operation}` },
        body,
      });
      const { response } = await sender.handle(signed);
      const text = await textOf(response.body as AsyncIterable<Buffer>);
      if (response.statusCode !== 200) throw refusalOf(response.statusCode, text);
      return JSON.parse(text) as unknown;
    },
    destroy: () => handler.destroy(),
  };
}

/** The handler takes what the signer gives, though its types ask for a class that neither exports. */
interface Sender {
  handle(request: unknown): Promise<{ readonly response: { readonly statusCode: number; readonly body?: unknown } }>;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf(status: number, text: string): AwsRefusal {
  try {
    const { __type = '', message, Message } = JSON.parse(text) as { __type?: string; message?: string; Message?: string };
    return new AwsRefusal(__type.replace(/^.*#/, '') || 'Refused', message ?? Message ?? '', status);
  } catch {
    return new AwsRefusal('Refused', `HTTP status ${status}`, status);
  }
}

/** The hash that the signer asks for, by node:crypto: its own default is JavaScript, and three times as slow. */
class NodeSha256 {
  readonly #hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('the signer makes a new hash each time');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
