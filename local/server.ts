/**
 * The embedded AWS: one port on 127.0.0.1 that answers the wire protocols of the services Rota uses. Every request is
 * checked for its SigV4 signature and against what its principal may do; what is not implemented is refused by name.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeAdmin, openClock } from './admin.ts';
import type { EmbeddedClock } from './clock.ts';
import { DynamoDb } from './dynamodb.ts';
import { Events } from './events.ts';
import { AnswerDropped, Faults } from './faults.ts';
import { lockFolder } from './folder-lock.ts';
import { openKms } from './kms/server.ts';
import { checkAllowed, type Principal } from './principals.ts';
import { S3, s3Error } from './s3.ts';
import { s3Request, s3Result } from './s3-call.ts';
import type { Caller, Service } from './service.ts';
import { openStates } from './states/server.ts';
import { Tagging } from './tagging.ts';
import { jsonAnswer, type Answer, type WireRequest } from './wire/answer.ts';
import { AwsError } from './wire/errors.ts';
import { checkSignature, readClaim, type Claim } from './wire/sigv4.ts';

export type { Principal } from './principals.ts';

/** What handlers are told of the embedded AWS that they run on. */
interface Self {
  readonly url: string;
  readonly clock: EmbeddedClock;
}

type HttpApp = (request: Request, env: { caller?: Caller }) => Promise<Response>;
type Lambdas = ReadonlyMap<string, (payload: unknown) => Promise<unknown>>;

export interface EmbeddedAwsOptions {
  readonly folder: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  readonly principals: readonly Principal[];
  readonly lambdas: (self: Self) => Lambdas;
  /** Gets what is not for an AWS service: unsigned requests, and those signed for execute-api. */
  readonly http: (self: Self) => HttpApp;
  /** Why the clock may not be moved, where keys live elsewhere and have a time of their own. */
  readonly clockFixed?: string;
}

export interface EmbeddedAws extends Self {
  close(): Promise<void>;
}

const longestBodyBytes = 8 * 1024 * 1024;

/** Service by the prefix of X-Amz-Target, with the name that IAM gives it. */
const targets: Readonly<Record<string, { readonly service: string; readonly contentType: string }>> = {
  TrentService: { service: 'kms', contentType: 'application/x-amz-json-1.1' },
  AWSStepFunctions: { service: 'states', contentType: 'application/x-amz-json-1.0' },
  DynamoDB_20120810: { service: 'dynamodb', contentType: 'application/x-amz-json-1.0' },
  AWSEvents: { service: 'events', contentType: 'application/x-amz-json-1.1' },
  ResourceGroupsTaggingAPI_20170126: { service: 'tag', contentType: 'application/x-amz-json-1.1' },
  RotaLocal: { service: 'rota-local', contentType: 'application/x-amz-json-1.1' },
};

export async function startEmbeddedAws(options: EmbeddedAwsOptions): Promise<EmbeddedAws> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(options.folder);
  const embedded = new Embedded(options, unlock);
  try {
    await embedded.open();
  } catch (error) {
    await unlock();
    throw error;
  }
  return embedded;
}

class Embedded implements EmbeddedAws {
  readonly #options: EmbeddedAwsOptions;
  readonly #unlock: () => Promise<void>;
  readonly #principals: ReadonlyMap<string, Principal>;
  readonly #faults = new Faults();
  readonly #services = new Map<string, Service>();
  readonly #server: Server;
  #dynamo!: DynamoDb;
  #s3!: S3;
  #http!: HttpApp;
  #clock!: EmbeddedClock;
  #url = '';

  constructor(options: EmbeddedAwsOptions, unlock: () => Promise<void>) {
    this.#options = options;
    this.#unlock = unlock;
    this.#principals = new Map(options.principals.map((p) => [p.accessKeyId, p]));
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  get url(): string {
    return this.#url;
  }

  get clock(): EmbeddedClock {
    return this.#clock;
  }

  async open(): Promise<void> {
    const { folder, port, region, accountId } = this.#options;
    // First of all: where the port is taken, nothing has been opened yet that would have to be closed again.
    await this.#listen(port);
    const { clock, journal } = await openClock(folder);
    this.#clock = clock;
    await mkdir(join(folder, 'kms'), { recursive: true, mode: 0o700 });
    const events = await Events.open(join(folder, 'events'), clock);
    const kms = await openKms({ folder: join(folder, 'kms'), clock });
    this.#s3 = await S3.open(join(folder, 's3'), clock);
    this.#dynamo = new DynamoDb(join(folder, 'dynamodb'));
    const { clockFixed } = this.#options;
    this.#services.set('kms', kms);
    this.#services.set('events', events);
    this.#services.set('tag', new Tagging((account, where) => kms.keysForTagging(account, where)));
    this.#services.set('rota-local', makeAdmin({ clock, clockJournal: journal, faults: this.#faults, events, ...(clockFixed === undefined ? {} : { clockFixed }) }));
    const lambdas = this.#options.lambdas(this);
    this.#http = this.#options.http(this);
    // Last, since executions that were running go on at once and call everything above.
    this.#services.set(
      'states',
      await openStates({
        folder: join(folder, 'states'),
        clock,
        invokeLambda: (name, payload) => this.#invoke(lambdas, name, payload),
        callService: (service, operation, input, roleArn) => this.#callAs(roleArn, service, operation, input),
        onStatusChange: (detail) => void events.put('aws.states', 'Step Functions Execution Status Change', detail, accountId, region),
      }),
    );
  }

  async close(): Promise<void> {
    await this.#services.get('states')?.close();
    this.#clock.stop();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    for (const [name, service] of this.#services) if (name !== 'states') await service.close();
    await this.#s3.close();
    await this.#dynamo.close();
    await this.#unlock();
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use: give another with --port, or 0 for a free one.`) : error));
      this.#server.listen(port, '127.0.0.1', () => {
        this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
        resolve();
      });
    });
  }

  async #invoke(lambdas: Lambdas, name: string, payload: unknown): Promise<unknown> {
    const lambda = lambdas.get(name);
    if (lambda === undefined) throw new AwsError('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
    return withoutAnswer('Lambda.', this.#faults.around('lambda', name, () => lambda(payload)));
  }

  /** A call of a state machine, under its role. */
  async #callAs(roleArn: string, named: string, operation: string, input: Record<string, unknown>): Promise<unknown> {
    const service = { sfn: 'states' }[named] ?? named;
    const principal = this.#options.principals.find((p) => p.arn === roleArn);
    if (principal === undefined) throw new AwsError('AccessDeniedException', `The role ${roleArn} is not known here.`, 403);
    const around = <T>(action: string, act: () => Promise<T>): Promise<T> => {
      checkAllowed(principal, `${service}:${action}`);
      return withoutAnswer('', this.#faults.around(service, action, act));
    };
    if (service === 's3') {
      const request = s3Request(operation, input);
      return s3Result(operation, await around(S3.operationOf(request), () => this.#s3.handle(request)));
    }
    if (service === 'dynamodb') return around(operation, () => this.#dynamo.call(operation, input));
    const handler = this.#services.get(service);
    if (handler === undefined) throw new AwsError('UnknownOperationException', `State machines here do not call ${named}.`);
    const caller = this.#callerOf(principal, this.#options.region, '127.0.0.1');
    return around(operation, () => handler.handle(operation, input, caller));
  }

  #callerOf({ arn, id, accountId }: Principal, region: string, sourceIp: string): Caller {
    return { arn, userId: id, accountId, region, sourceIp, requestId: randomUUID() };
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(incoming);
      this.#checkHost(request);
      const answer = await this.#answer(request, incoming.socket.remoteAddress ?? '');
      const moved = this.#clock.offsetMs === 0 ? {} : { 'x-rota-moved-clock': String(Math.round(this.#clock.offsetMs / 1000)) };
      response.writeHead(answer.status, { 'content-length': answer.body.length, ...answer.headers, ...moved });
      response.end(answer.body);
    } catch (error) {
      if (error instanceof AnswerDropped) {
        incoming.socket.destroy();
        return;
      }
      const { status, headers, body } = errorAnswer(error);
      response.writeHead(status, headers);
      response.end(body);
    }
  }

  /** A page of another site must not reach this port by a name of its own (DNS rebinding). */
  #checkHost({ headers }: WireRequest): void {
    const name = (headers.host ?? '').replace(/:\d+$/, '');
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(name) && !name.endsWith('.localhost')) throw new AwsError('AccessDeniedException', `This server does not answer to the host name ${name}.`, 403);
  }

  async #answer(request: WireRequest, sourceIp: string): Promise<Answer> {
    const claim = readClaim(request);
    if (claim === undefined) {
      if (request.headers['x-amz-target'] !== undefined) throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', 403);
      return this.#app(request, undefined);
    }
    const principal = this.#principals.get(claim.accessKeyId);
    if (principal === undefined) {
      const unknown = new AwsError(claim.service === 's3' ? 'InvalidAccessKeyId' : 'UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
      if (claim.service === 's3') return s3Error(unknown);
      throw unknown;
    }
    const caller = this.#callerOf(principal, claim.region, sourceIp);
    if (claim.service === 's3') return this.#answerS3(request, claim, principal, caller);
    // eslint-disable-next-line no-restricted-syntax -- clients sign with real time, whatever the embedded clock says
    checkSignature(request, claim, principal.secretAccessKey, Date.now());
    if (claim.service === 'execute-api') {
      checkAllowed(principal, 'execute-api:Invoke');
      return this.#app(request, caller);
    }
    return this.#answerJson(request, principal, caller);
  }

  async #answerS3(request: WireRequest, claim: Claim, principal: Principal, caller: Caller): Promise<Answer> {
    try {
      // eslint-disable-next-line no-restricted-syntax -- as above
      checkSignature(request, claim, principal.secretAccessKey, Date.now());
      const operation = S3.operationOf(request);
      checkAllowed(principal, `s3:${operation}`);
      const answer = await this.#faults.around('s3', operation, () => this.#s3.handle(request));
      return { ...answer, headers: { ...answer.headers, 'x-amz-request-id': caller.requestId } };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return s3Error(error.code === 'AccessDeniedException' ? new AwsError('AccessDenied', error.message, 403) : error);
    }
  }

  async #answerJson(request: WireRequest, principal: Principal, caller: Caller): Promise<Answer> {
    const [prefix = '', operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
    const target = targets[prefix];
    if (target === undefined) throw new AwsError('UnknownOperationException', `The embedded AWS has no service ${prefix === '' ? 'for this request' : prefix}.`);
    const { service, contentType } = target;
    const requestId = { 'x-amzn-requestid': caller.requestId };
    try {
      checkAllowed(principal, `${service}:${operation}`);
      if (service === 'dynamodb') return await this.#faults.around(service, operation, () => this.#dynamo.handle(request));
      const handler = this.#services.get(service);
      if (handler === undefined) throw new AwsError('ServiceUnavailableException', `${service} is still starting.`, 503);
      const answer = await this.#faults.around(service, operation, () => handler.handle(operation, parseBody(request.body), caller));
      const done = jsonAnswer(200, answer, contentType);
      return { ...done, headers: { ...done.headers, ...requestId } };
    } catch (error) {
      if (error instanceof AnswerDropped) throw error;
      const refused = errorAnswer(error, contentType);
      return { ...refused, headers: { ...refused.headers, ...requestId } };
    }
  }

  async #app({ method, path, query, headers, body }: WireRequest, caller: Caller | undefined): Promise<Answer> {
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const request = new Request(`${this.#url}${path}${query === '' ? '' : `?${query}`}`, { method, headers, ...(hasBody ? { body: new Uint8Array(body) } : {}) });
    const answer = await this.#http(request, caller === undefined ? {} : { caller });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: Buffer.from(await answer.arrayBuffer()) };
  }
}

/** A call of Step Functions whose answer is lost fails there as it does in the AWS SDK for Java. SFN-DG concepts-error-handling. */
const withoutAnswer = <T>(prefix: string, call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw error instanceof AnswerDropped ? new AwsError(`${prefix}SdkClientException`, error.message) : error;
  });

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBodyBytes) throw new AwsError('RequestEntityTooLarge', `A request has ${longestBodyBytes} bytes at most.`, 413);
    chunks.push(chunk);
  }
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]));
  return { method: incoming.method ?? 'GET', path, query, headers, body: Buffer.concat(chunks) };
}

function parseBody(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The body is no JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new AwsError('SerializationException', 'The body is no JSON object.');
  return value as Record<string, unknown>;
}

/** An AWS error by its name; anything else is a fault of the embedded AWS, and its message is told, not its stack. */
function errorAnswer(error: unknown, contentType?: string): Answer {
  if (error instanceof AwsError) return jsonAnswer(error.httpStatus, { __type: error.code, message: error.message, ...error.fields }, contentType);
  return jsonAnswer(500, { __type: 'InternalFailure', message: error instanceof Error ? error.message : String(error) }, contentType);
}
