import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { pause, realNow, type EmbeddedClock } from './clock.ts';
import { AnswerDropped } from './faults.ts';
import type { Gate } from './gate.ts';
import type { Principal, Principals } from './principals.ts';
import type { S3 } from './s3.ts';
import { bucketOfReading, readS3Request } from './s3/requests.ts';
import type { Caller, Service } from './service.ts';
import type { Sessions } from './sts/sessions.ts';
import { actionsOf, jsonAnswer, jsonError, readInput, readTarget, type Target } from './wire/aws-json.ts';
import type { WireRequest } from './wire/canonical-request.ts';
import { AwsError } from './wire/errors.ts';
import { fetchRequest, largestBodyBytes, readRequest, writeAnswer, writeFetchResponse, type WireAnswer } from './wire/http.ts';
import { isQuery, queryAnswer, queryError, queryService, readQuery } from './wire/query.ts';
import { readClaim, securityTokenOf, SignatureError, verifySignature, type Claim } from './wire/sigv4.ts';
import { signatureAnswer, type Protocol } from './wire/signature-answer.ts';
import { xmlError } from './wire/xml.ts';

/** `caller` is there for signed requests. */
export type HttpApp = (request: Request, env: { readonly requestId: string; readonly sourceIp: string; readonly caller?: Caller }) => Promise<Response>;

interface Parts {
  readonly clock: EmbeddedClock;
  readonly gate: Gate;
  readonly principals: Principals;
  readonly sessions: Sessions;
  /** By the name that faults give them; more may come while the port is open. */
  readonly services: ReadonlyMap<string, Service>;
  readonly s3: S3;
  /** Real milliseconds before an answer is written. */
  readonly latencyMs: number;
}

/** One request on its way to an answer. */
interface Call {
  readonly request: WireRequest;
  readonly requestId: string;
  readonly sourceIp: string;
}

interface SignedCall extends Call {
  readonly principal: Principal;
  readonly caller: Caller;
}

/** The one port of the embedded AWS, on loopback: tells the services apart, checks who calls, and writes the answers. */
export class Port {
  readonly #parts: Parts;
  readonly #server: Server;
  readonly #serving = new Set<Promise<void>>();
  #app: HttpApp | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#server = createServer((incoming, outgoing) => {
      const serving = this.#serve(incoming, outgoing).finally(() => this.#serving.delete(serving));
      this.#serving.add(serving);
    });
  }

  /** Answers the URL. Throws a sentence when the port is in use. */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use: give another with --port, or 0 for a free one.`) : error),
      );
      this.#server.listen(port, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  /** From now on the HTTP app gets what is for no AWS service. */
  serve(app: HttpApp): void {
    this.#app = app;
  }

  /** Takes no more requests, lets those under way be answered, and ends streams that never would. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all(this.#serving);
    this.#server.closeAllConnections();
    await closed;
  }

  /**
   * The answer to a request of a principal's own code in this process: what it would be over the wire, its rights, faults and delay included, but
   * without a socket and a signature. Rejects as a connection does that is refused or lost.
   */
  call(request: WireRequest, principal: Principal, region: string): Promise<WireAnswer> {
    if (!this.#server.listening) return Promise.reject(connectionError('ECONNREFUSED', 'the embedded AWS is closed'));
    const answered = this.#answerInside(calledBy({ request, requestId: randomUUID(), sourceIp: '127.0.0.1' }, principal, region));
    const serving = answered.then(
      () => undefined,
      () => undefined,
    );
    this.#serving.add(serving);
    void serving.then(() => this.#serving.delete(serving));
    return answered;
  }

  async #answerInside(call: SignedCall): Promise<WireAnswer> {
    try {
      const answer = await this.#answerService(call);
      if (this.#parts.latencyMs > 0) await pause(this.#parts.latencyMs);
      return { ...answer, headers: { 'x-amzn-requestid': call.requestId, ...answer.headers } };
    } catch (error) {
      throw error instanceof AnswerDropped ? connectionError('ECONNRESET', 'socket hang up') : error;
    }
  }

  /** A request that is not signed does not say for which service it is: its form does. */
  async #answerService(call: SignedCall): Promise<WireAnswer> {
    const { request } = call;
    const service = isQuery(request) ? queryService : request.headers.has('x-amz-target') ? undefined : 's3';
    try {
      if (service === queryService) return await this.#answerQuery(call);
      const target = readTarget(request);
      return target === undefined ? await this.#answerS3(call) : await this.#answerJson(call, target);
    } catch (error) {
      return errorAnswer(error, call, service);
    }
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const { offsetMs } = this.#parts.clock;
    if (offsetMs !== 0) outgoing.setHeader('x-rota-moved-clock', String(Math.round(offsetMs / 1000)));
    outgoing.setHeader('x-amzn-requestid', requestId);
    try {
      const answer = await this.#answerIncoming(incoming, requestId);
      if (this.#parts.latencyMs > 0) await pause(this.#parts.latencyMs);
      if (answer instanceof Response) {
        writeFetchResponse(answer, outgoing);
        return;
      }
      writeAnswer(answer, outgoing);
      // Handed to the operating system: closing must not cut it off.
      await finished(outgoing);
    } catch (error) {
      // A dropped answer, or a client that went away: either way nobody is to be told.
      if (!(error instanceof AnswerDropped) && !incoming.destroyed) process.stderr.write(`${describe(error)}\n`);
      incoming.socket.destroy();
    }
  }

  async #answerIncoming(incoming: IncomingMessage, requestId: string): Promise<WireAnswer | Response> {
    if (!isOwnHost(incoming.headers.host)) return jsonError(refusedHost(incoming.headers.host));
    const request = await readRequest(incoming);
    return request === undefined ? tooLarge : this.#answer({ request, requestId, sourceIp: incoming.socket.remoteAddress ?? '' });
  }

  async #answer(call: Call): Promise<WireAnswer | Response> {
    const { request } = call;
    try {
      const claim = readClaim(request);
      const target = claim !== undefined && untargeted.has(claim.service) ? undefined : readTarget(request);
      if (claim === undefined) {
        if (this.#isUnsignedReading(request)) return await this.#answerPublicS3(call);
        if (target === undefined && !isQuery(request)) return await this.#answerApp(call, undefined);
        throw request.headers.has('authorization')
          ? new SignatureError('incomplete', 'The Authorization header has no signature of AWS4-HMAC-SHA256.')
          : new SignatureError('missing', 'Request is missing Authentication Token');
      }
      const signed = this.#authenticate(call, claim);
      if (claim.service === 's3') return await this.#answerS3(signed);
      if (claim.service === queryService) return await this.#answerQuery(signed);
      if (claim.service === 'execute-api')
        return await this.#parts.gate.pass({ service: 'execute-api', operation: request.method, caller: signed.principal, actions: ['execute-api:Invoke'] }, () => this.#answerApp(call, signed.caller));
      if (target === undefined) throw new AwsError('UnknownOperationException', `The embedded AWS has nothing for a request that is signed for ${claim.service} and has no X-Amz-Target.`);
      return await this.#answerJson(signed, target);
    } catch (error) {
      return errorAnswer(error, call, this.#isUnsignedReading(request) ? 's3' : (scopeOf(request) ?? (isQuery(request) ? queryService : undefined)));
    }
  }

  /** Without a signature a path that begins with a bucket is S3's; all others are the app's. */
  #isUnsignedReading(request: WireRequest): boolean {
    const bucket = bucketOfReading(request);
    return bucket !== undefined && this.#parts.s3.has(bucket) && !request.headers.has('authorization') && !request.query.includes('X-Amz-Algorithm=');
  }

  #authenticate(call: Call, claim: Claim): SignedCall {
    const principal = this.#signerOf(call.request, claim);
    verifySignature(call.request, claim, principal.secretAccessKey, realNow());
    return calledBy(call, principal, claim.region);
  }

  /** Temporary credentials come with their token always, others never. */
  #signerOf(request: WireRequest, claim: Claim): Principal {
    const token = securityTokenOf(request);
    if (token !== undefined) return this.#parts.sessions.principalOf(token, claim.accessKeyId, realNow());
    const principal = this.#parts.principals.withAccessKey(claim.accessKeyId);
    if (principal === undefined) throw new SignatureError('unknown-key', unknownKey(claim));
    return principal;
  }

  async #answerS3({ request, principal, caller }: SignedCall): Promise<WireAnswer> {
    const s3Request = readS3Request(request);
    const { operation, actions } = s3Request;
    const answer = await this.#parts.gate.pass({ service: 's3', operation, caller: principal, actions }, () => this.#parts.s3.handle(s3Request, caller));
    return withRequestId(answer, caller.requestId);
  }

  async #answerPublicS3({ request, requestId }: Call): Promise<WireAnswer> {
    const s3Request = readS3Request(request);
    return withRequestId(await this.#parts.gate.passUnsigned('s3', s3Request.operation, () => this.#parts.s3.readPublic(s3Request)), requestId);
  }

  async #answerJson({ request, principal, caller }: SignedCall, { protocol, operation }: Target): Promise<WireAnswer> {
    const { service, version } = protocol;
    const input = readInput(request);
    const handler = this.#parts.services.get(service);
    if (handler === undefined) throw new AwsError('ServiceUnavailableException', `${service} is still starting.`, 503);
    const output = await this.#parts.gate.pass({ service, operation, caller: principal, actions: actionsOf(service, operation) }, () => handler.handle(operation, input, caller));
    return jsonAnswer(output, version);
  }

  async #answerQuery({ request, requestId, principal, caller }: SignedCall): Promise<WireAnswer> {
    const { operation, input } = readQuery(request);
    const handler = this.#parts.services.get(queryService);
    if (handler === undefined) throw new AwsError('ServiceUnavailable', `${queryService} is still starting.`, 503);
    const output = await this.#parts.gate.pass({ service: queryService, operation, caller: principal, actions: actionsOf(queryService, operation) }, () => handler.handle(operation, input, caller));
    return queryAnswer(operation, output, requestId);
  }

  async #answerApp({ request, requestId, sourceIp }: Call, caller: Caller | undefined): Promise<WireAnswer | Response> {
    if (this.#app === undefined) throw new AwsError('ServiceUnavailableException', 'The API is still starting.', 503);
    const host = request.headers.get('host') ?? '';
    return this.#app(fetchRequest(request, `http://${host}`), { requestId, sourceIp, ...(caller === undefined ? {} : { caller }) });
  }
}

function calledBy(call: Call, principal: Principal, region: string): SignedCall {
  const { arn, id, userId = id, accountId } = principal;
  return { ...call, principal, caller: { arn, userId, accountId, region, sourceIp: call.sourceIp, requestId: call.requestId } };
}

/** Signed for these, a request has no X-Amz-Target that says what it is. */
const untargeted: ReadonlySet<string> = new Set(['s3', 'execute-api', queryService]);

const connectionError = (code: 'ECONNREFUSED' | 'ECONNRESET', message: string): Error => Object.assign(new Error(message), { code });

const withRequestId = (answer: WireAnswer, requestId: string): WireAnswer => ({ ...answer, headers: { ...answer.headers, 'x-amz-request-id': requestId } });

/** The error in the form that the service's protocol has for it. A dropped answer passes on: nothing may be written. */
function errorAnswer(error: unknown, { request, requestId }: Call, service: string | undefined): WireAnswer {
  if (error instanceof AnswerDropped) throw error;
  const protocol: Protocol = service === 's3' ? 's3' : service === queryService ? 'query' : 'json';
  const awsError = error instanceof SignatureError ? signatureAnswer(error, protocol) : error instanceof AwsError ? error : internal(error);
  if (protocol === 's3') return xmlError(awsError, requestId);
  if (protocol === 'query') return queryError(awsError, requestId);
  return jsonError(awsError, readVersion(request));
}

/** The service that a request is signed for, as far as it can be read: also a broken signature gets its protocol's answer. */
const scopeOf = ({ headers, query }: WireRequest): string | undefined =>
  /Credential=[^/]*(?:\/|%2F)\d*(?:\/|%2F)[^/%]*(?:\/|%2F)([^/%,]+)/i.exec(headers.get('authorization') ?? query)?.[1];

const readVersion = ({ headers }: WireRequest): '1.0' | '1.1' => (headers.get('content-type') === 'application/x-amz-json-1.0' ? '1.0' : '1.1');

function internal(error: unknown): AwsError {
  process.stderr.write(`${describe(error)}\n`);
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

const unknownKey = ({ service }: Claim): string =>
  service === 's3' ? 'The AWS Access Key Id you provided does not exist in our records.' : 'The security token included in the request is invalid.';

/**
 * A page of another site must not reach this port under a name of its own (DNS rebinding). Names below localhost are
 * loopback everywhere (RFC 6761, section 6.3); S3 clients put the bucket there. A tunnel may have another port.
 */
function isOwnHost(host = ''): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return ['127.0.0.1', 'localhost', '[::1]'].includes(name) || name.endsWith('.localhost');
}

const refusedHost = (host = ''): AwsError =>
  new AwsError('AccessDeniedException', `This server does not answer to the host name ${host}: use 127.0.0.1 or localhost.`, 403);

const tooLarge: WireAnswer = {
  status: 413,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: `A request has ${largestBodyBytes} bytes at most.\n`,
};
