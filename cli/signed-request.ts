import { Sha256 } from '@aws-crypto/sha256-js';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { SignatureV4 } from '@smithy/signature-v4';
import { fromPieces, inPieces, longestBody, Pieces, piecesType, type Piece } from '../core/pieces.ts';
import { ApiRefusal } from './failure.ts';
import type { Io } from './io.ts';

export interface SignedRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  /** Service of the signature's scope; `execute-api` for Rota's API. */
  readonly service?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether a deployment of Rota is named. */
export const namesRota = ({ env }: Io): boolean => (env.ROTA_URL ?? '') !== '';

/** Where Rota is: `ROTA_URL`, else the endpoint that AWS clients use. */
function baseUrl({ env }: Io): URL {
  const text = [env.ROTA_URL, env.AWS_ENDPOINT_URL].find((url) => url !== undefined && url !== '');
  if (text === undefined) throw new ApiRefusal('NoUrl', 'Rota does not know where to go: ROTA_URL is not set.', 'Start `rota local` and copy the lines it prints, or set ROTA_URL to the API URL of your deployment.');
  if (!URL.canParse(text)) throw new ApiRefusal('NoUrl', `ROTA_URL is ${text}, which is no URL.`, 'Set it to something like http://127.0.0.1:4599.');
  return new URL(text);
}

/**
 * Sends a request signed with the caller's AWS credentials (SigV4) and answers the bytes; what is too long for one request or answer goes in pieces. Refusals throw
 * `ApiRefusal`.
 */
export async function signedRequest(io: Io, request: SignedRequest): Promise<Buffer> {
  const text = request.body === undefined ? undefined : JSON.stringify(request.body);
  const { bytes, contentType } = await sent(io, request, text === undefined || Buffer.byteLength(text) <= longestBody ? text : await sentAhead(io, text));
  return contentType === piecesType ? fetched(io, Pieces.parse(JSON.parse(bytes.toString('utf8')))) : bytes;
}

/** Sends a long body ahead; answers what stands in its place. */
async function sentAhead(io: Io, text: string): Promise<string> {
  const { named, pieces } = inPieces(Buffer.from(text, 'utf8'));
  for (const [place, piece] of pieces.entries()) await apiJson(io, { method: 'PUT', path: piecePath(named, place), body: piece });
  return JSON.stringify(named);
}

async function fetched(io: Io, named: Pieces): Promise<Buffer> {
  const pieces: Piece[] = [];
  for (let place = 0; place < named.count; place++) pieces.push(await apiJson<Piece>(io, { method: 'GET', path: piecePath(named, place) }));
  const body = fromPieces(named, pieces);
  if (body === undefined) throw new ApiRefusal('AnswerDamaged', 'The answer did not arrive whole.', 'Ask again.');
  return body;
}

const piecePath = ({ sha256 }: Pieces, place: number): string => `/api/pieces/${sha256}/${place}`;

async function sent(io: Io, { method, path, service = 'execute-api', headers = {} }: SignedRequest, text: string | undefined): Promise<{ readonly bytes: Buffer; readonly contentType: string | null }> {
  const base = baseUrl(io);
  const url = new URL(path, base);
  const signer = new SignatureV4({
    service,
    region: regionOf(base, io),
    credentials: await credentialsOf(io),
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, 'content-type': 'application/json', ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = await fetch(url, { method, headers: signed.headers, ...(text === undefined ? {} : { body: text }) }).catch(() => {
    throw new ApiRefusal('Unreachable', `Nothing answers at ${base.origin}.`, 'Is `rota local` running, or is ROTA_URL right?');
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw refusalOf(answer.status, bytes);
  return { bytes, contentType: answer.headers.get('content-type') };
}

/** The same, for JSON answers. The caller names the shape; the API is of the same release as this client. */
export async function apiJson<T>(io: Io, request: SignedRequest): Promise<T> {
  return JSON.parse((await signedRequest(io, request)).toString('utf8')) as T;
}

/** API Gateway takes a signature for its own Region only, whatever the caller's profile says: its host name tells which that is. */
const regionOf = ({ hostname }: URL, { env }: Io): string => /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1] ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';

async function credentialsOf({ env }: Io): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  try {
    return await fromNodeProviderChain()();
  } catch {
    throw new ApiRefusal('NoCredentials', 'There are no AWS credentials to sign with.', 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `rota local` prints those of its people.');
  }
}

/** What API Gateway says before Rota comes to know of a request, or in its place. API Gateway Developer Guide, "Quotas for configuring and running an HTTP API". */
const remedies: Readonly<Record<number, string>> = {
  403: 'Look at the credentials in use: `aws sts get-caller-identity`, AWS_PROFILE. They need execute-api:Invoke on the API.',
  413: 'API Gateway and Lambda take 6 MB at once, and `rota` sends less: use a `rota` of the same release as the API.',
  429: 'Too much is asked of the API at once: wait a few seconds and try again.',
  500: 'The function of the API failed: its log says why (runbooks/function-failed.md).',
  503: 'API Gateway waits for 30 seconds. What was asked for may still be done: look with `rota status` before you ask again.',
};

function refusalOf(status: number, bytes: Buffer): ApiRefusal {
  try {
    const { error, sentence, remedy, __type, message, Message } = JSON.parse(bytes.toString('utf8')) as Record<string, string | undefined>;
    if (sentence !== undefined) return new ApiRefusal(error ?? 'Refused', sentence, remedy ?? '');
    const words = message ?? Message;
    if (words !== undefined) return new ApiRefusal(__type ?? 'Refused', words, remedies[status] ?? 'Look at the credentials in use: `aws sts get-caller-identity`, AWS_PROFILE.');
  } catch {
    // Not JSON: a proxy or another server answered.
  }
  return new ApiRefusal('Refused', `The server answered with HTTP status ${status}.`, 'Is ROTA_URL the URL of a Rota API?');
}
