import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { onTestFinished } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws, type EmbeddedAwsOptions } from '../local/server.ts';
import { admin, options, region } from './embedded-options.ts';

export { accountId, admin, options, principal, reader, region } from './embedded-options.ts';

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rota-local-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An embedded AWS of its own, gone when the test ends. */
export async function start(change: Partial<EmbeddedAwsOptions> = {}): Promise<EmbeddedAws> {
  const embedded = await startEmbeddedAws(options(await newFolder(), change));
  onTestFinished(() => embedded.close());
  return embedded;
}

/** What a principal signs with, or a session. */
export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Settings of an SDK client; it asks once, so that a test sees what was answered. */
export const client = (url: string, { accessKeyId, secretAccessKey, sessionToken }: Signer = admin) => ({
  endpoint: url,
  region,
  credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  maxAttempts: 1,
});

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly service: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly who?: Signer;
  readonly at?: Date;
}

/** Signs a request by the SDK's signer; whoever sends it may change it first. */
export async function sign(url: string, { method = 'POST', path = '/', query = {}, service, headers = {}, body = '', who = admin, at }: Sent) {
  const { hostname, port, protocol, host } = new URL(url);
  const signer = new SignatureV4({ service, region, credentials: who, sha256: Sha256, uriEscapePath: service !== 's3' });
  const request = { method, protocol, hostname, port: Number(port), path, query, headers: { host, ...headers }, ...(body === '' ? {} : { body }) };
  return signer.sign(request, at === undefined ? {} : { signingDate: at });
}

/** Signs and sends a call of a JSON service. */
export async function call(url: string, service: string, target: string, input: object, who: Signer = admin): Promise<Response> {
  const body = JSON.stringify(input);
  const { headers } = await sign(url, { service, headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }, body, who });
  return fetch(url, { method: 'POST', headers, body });
}

/** Calls the embedded AWS about itself. Throws unless it answers 200. */
export async function rotaLocal<T>(url: string, operation: string, input: object = {}): Promise<T> {
  const answer = await call(url, 'rota-local', `RotaLocal.${operation}`, input);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text) as T;
}

/** The name of the error that a promise rejects with. */
export const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as Error).name,
  );
