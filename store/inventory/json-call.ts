import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AwsCredentials, CredentialSource } from './credentials.ts';
import { RequestSigner } from './sign-request.ts';

/**
 * Calls of AWS JSON services without the SDK's clients. A sweep asks two questions a key, a hundred thousand keys at a time and many
 * Regions at once; a DescribeKey costs 0.75 ms of a core through KMSClient, 0.25 through the SDK's signer and HTTP handler alone, and 0.14
 * here (Node 20, embedded KMS, keep-alive, no retries in each). Half of the quota of one Region is 1,300 requests a second: the client
 * would keep a core busy with that, and the second Region would go short. All else in Rota speaks through the SDK.
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
  readonly credentials: CredentialSource;
  /** For an embedded AWS or a VPC endpoint; left out, the Region's own. */
  readonly endpoints?: Endpoints;
  /** Connections; each carries one request at a time. */
  readonly sockets: number;
  /** Real time: AWS refuses what is signed more than five minutes ago. */
  readonly clock: () => Date;
}

/** The public endpoint of a service. AWS General Reference, "Service endpoints"; China has a domain of its own. */
const publicEndpoint = (service: JsonService, region: string): string => `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

const timeoutMs = 30_000;

/** Answers the output as it is on the wire: timestamps are epoch seconds. Throws `AwsRefusal`, what the network throws, which has a `code`, or why there is nothing to sign with. */
export function jsonCall({ region, credentials, endpoints = {}, sockets, clock }: JsonCallOptions): JsonCall {
  const agents = { 'http:': new HttpAgent({ keepAlive: true, maxSockets: sockets }), 'https:': new HttpsAgent({ keepAlive: true, maxSockets: sockets }) };
  const urls = {
    kms: new URL(endpoints.kms ?? publicEndpoint('kms', region)),
    tagging: new URL(endpoints.tagging ?? publicEndpoint('tagging', region)),
  } as const;
  const signer = new RequestSigner();
  return {
    async call(service, operation, input) {
      const url = urls[service];
      const body = JSON.stringify(input);
      const send = async (by: AwsCredentials): Promise<Answer> => {
        const headers = signer.headers({ service, region, host: url.host, target: `${targets[service]}.${operation}`, body }, by, clock());
        return post(url, url.protocol === 'http:' ? agents['http:'] : agents['https:'], headers, body);
      };
      const first = await credentials();
      let answer = await send(first);
      if (answer.status !== 200 && refusalOf(answer).name === 'ExpiredTokenException') answer = await send(await credentials(first));
      if (answer.status !== 200) throw refusalOf(answer);
      return JSON.parse(answer.text) as unknown;
    },
    destroy: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function post(url: URL, agent: HttpAgent | HttpsAgent, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const options = { host: url.hostname.replace(/^\[|\]$/g, ''), ...(url.port === '' ? {} : { port: url.port }), method: 'POST', path: '/', agent, headers, timeout: timeoutMs };
    const request = send(options, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      // A connection that breaks in the middle of an answer.
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error(`${url.host} did not answer within ${timeoutMs / 1000} seconds`), { code: 'ETIMEDOUT' })));
    request.on('error', reject);
    request.end(body);
  });
}

function refusalOf({ status, text }: Answer): AwsRefusal {
  try {
    const { __type = '', message, Message } = JSON.parse(text) as { __type?: string; message?: string; Message?: string };
    return new AwsRefusal(__type.replace(/^.*#/, '') || 'Refused', message ?? Message ?? '', status);
  } catch {
    return new AwsRefusal('Refused', `HTTP status ${status}`, status);
  }
}
