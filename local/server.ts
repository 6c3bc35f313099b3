/**
 * The embedded AWS: one port on 127.0.0.1 that answers the wire protocols of the services Rota uses. Every request is
 * checked for its SigV4 signature and against what its principal may do; what is not implemented is refused by name.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAdmin, openClock } from './admin.ts';
import { openTrail } from './cloudtrail/server.ts';
import { realNow, type EmbeddedClock } from './clock.ts';
import { openDynamoDb } from './dynamodb.ts';
import { openEvents, type StoredEvent } from './events.ts';
import { AnswerDropped, Faults } from './faults.ts';
import { Gate } from './gate.ts';
import { insideAccess, type InsideAccess } from './inside.ts';
import { KmsQuotas } from './kms/quotas.ts';
import { openKms } from './kms/server.ts';
import type { ServiceControlPolicy } from './kms/service-control.ts';
import { openParameters } from './parameters.ts';
import { Port, type HttpApp } from './port.ts';
import { Principals, type Principal } from './principals.ts';
import { RequestRates } from './request-rates.ts';
import { openS3, type S3 } from './s3.ts';
import { s3Request, s3Result } from './s3-call.ts';
import { readS3Request } from './s3/requests.ts';
import type { Caller, Service } from './service.ts';
import { openStates } from './states/server.ts';
import { makeTagging } from './tagging.ts';
import { makeSts } from './sts/server.ts';
import { Sessions } from './sts/sessions.ts';
import { actionsOf } from './wire/aws-json.ts';
import { AwsError } from './wire/errors.ts';

export type { Principal } from './principals.ts';

/** What handlers are told of the embedded AWS that they run on. */
interface Self {
  readonly url: string;
  readonly clock: EmbeddedClock;
  /** Every event that was put or emitted, oldest first. */
  readonly events: () => readonly StoredEvent[];
  /** How clients of the AWS SDK in this process speak as a principal, by its id: settings of theirs. Throws for an id that nobody has. */
  readonly inside: (principalId: string) => InsideAccess;
}

type Lambdas = ReadonlyMap<string, (payload: unknown) => Promise<unknown>>;

export interface EmbeddedAwsOptions {
  /** Where state is kept; made if missing, locked while this runs. */
  readonly folder: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  /** People and roles, in one account or several: all who may sign. A role with `trust` may be assumed. */
  readonly principals: readonly Principal[];
  /** By function name. */
  readonly lambdas: (self: Self) => Lambdas;
  /** Gets what is not for an AWS service: unsigned requests, and those signed for execute-api. */
  readonly http: (self: Self) => HttpApp;
  /** Told of every event that is put or that a service emits, such as a change of an execution's status; at most once each. */
  readonly onEvent?: (event: StoredEvent) => void | Promise<void>;
  /** What the organisation forbids; KMS enforces it. */
  readonly serviceControlPolicies?: readonly ServiceControlPolicy[];
  /** Why the clock may not be moved, where keys live elsewhere and have a time of their own. */
  readonly clockFixed?: string;
  /** Real milliseconds that every answer over the wire takes longer. */
  readonly latencyMs?: number;
  /** Enforces the request quotas of KMS, of CloudTrail's lookups and of the tagging service, multiplied by this; left out, nobody is throttled. */
  readonly quotaScale?: number;
}

export interface EmbeddedAws extends Self {
  /** How many requests were refused for their rate. */
  readonly throttled: () => number;
  close(): Promise<void>;
}

/** Opens the folder, listens, and lets executions that were running go on. Throws a sentence when folder or port is in use. */
export async function startEmbeddedAws(options: EmbeddedAwsOptions): Promise<EmbeddedAws> {
  const { folder, region, accountId } = options;
  const opened = new Closing();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // First, since its lock is the lock of the whole folder: two processes must not write the same journals.
    const dynamodb = opened.service(await openDynamoDb({ folder: join(folder, 'dynamodb'), accountId, region }));
    const { clock, close } = await openClock(join(folder, 'clock.journal'));
    opened.push(close);
    await mkdir(join(folder, 'kms'), { recursive: true, mode: 0o700 });
    await mkdir(join(folder, 'events'), { recursive: true, mode: 0o700 });
    const rates = options.quotaScale === undefined ? undefined : new RequestRates(options.quotaScale);
    const cloudtrail = opened.service(await openTrail({ file: join(folder, 'cloudtrail.journal'), clock, rates }));
    const events = opened.service(await openEvents({ file: join(folder, 'events', 'events.journal'), clock, ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }) }));
    const kms = opened.service(
      await openKms({
        folder: join(folder, 'kms'),
        clock,
        serviceControlPolicies: options.serviceControlPolicies ?? [],
        onCall: async (call) => {
          const record = await cloudtrail.record(call);
          // As a trail would, later and without anybody waiting: of calls that change something ("Delivering AWS service events via CloudTrail").
          if (!record.readOnly) void clock.busy(events.emit({ source: 'aws.kms', 'detail-type': 'AWS API Call via CloudTrail', detail: record, account: record.recipientAccountId, region: record.awsRegion }).catch(() => undefined));
        },
        ...(rates === undefined ? {} : { quotas: new KmsQuotas(rates) }),
      }),
    );
    const ssm = opened.service(await openParameters({ file: join(folder, 'parameters.journal'), clock }));
    const s3 = opened.service(await openS3({ folder: join(folder, 's3'), clock }));
    const tagging = makeTagging((account, where) => kms.keysForTagging(account, where), rates);
    const faults = new Faults();
    const admin = makeAdmin({ clock, faults, events, ...(options.clockFixed === undefined ? {} : { clockFixed: options.clockFixed }) });
    const principals = new Principals(options.principals);
    const sessions = await Sessions.open(join(folder, 'session.key'), principals);
    const sts = makeSts({ principals, sessions, now: realNow });
    const services = new Map<string, Service>(Object.entries({ kms, cloudtrail, events, dynamodb, tagging, ssm, sts, 'rota-local': admin }));
    const gate = new Gate(faults);
    const port = new Port({ clock, gate, principals, sessions, services, s3, latencyMs: options.latencyMs ?? 0 });
    opened.push(() => port.close());
    const inside = (id: string): InsideAccess => {
      const principal = principals.withId(id);
      return insideAccess((request) => port.call(request, principal, region));
    };
    const self = { url: await port.listen(options.port), clock, events: () => events.events(), inside };
    const lambdas = options.lambdas(self);
    port.serve(options.http(self));
    // Last, since executions that were running go on at once and call everything above.
    const states = await openStates({
      folder: join(folder, 'states'),
      clock,
      invokeLambda: (name, payload) => lost(() => invoke(lambdas, faults, name, payload)),
      callService: (named, operation, input, roleArn) => lost(() => callAs({ principals, gate, services, s3, region }, roleArn, named, operation, input)),
      onStatusChange: (detail) => {
        // Best effort, as AWS's is ("Automating Step Functions event delivery with EventBridge"): the execution goes on without.
        events.emit({ source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail, account: accountId, region }).catch(() => undefined);
      },
    });
    services.set('states', states);
    opened.push(async () => {
      await states.close();
      clock.stop();
    });
    return { ...self, throttled: () => rates?.refused ?? 0, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What is open, to be closed in reverse. */
class Closing {
  readonly #closers: (() => Promise<void>)[] = [];

  push(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  service<T extends { close(): Promise<void> }>(opened: T): T {
    this.push(() => opened.close());
    return opened;
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close();
  }
}

async function invoke(lambdas: Lambdas, faults: Faults, name: string, payload: unknown): Promise<unknown> {
  const lambda = lambdas.get(name);
  if (lambda === undefined) throw new AwsError('Lambda.ResourceNotFoundException', `Function not found: ${name}`, 404);
  return faults.around('lambda', name, () => lambda(payload));
}

/** The names by which state machines know services. */
const serviceNames: Readonly<Record<string, string>> = { sfn: 'states', tag: 'tagging' };

interface Inside {
  readonly principals: Principals;
  readonly gate: Gate;
  readonly services: ReadonlyMap<string, Service>;
  readonly s3: S3;
  readonly region: string;
}

/** A call that a state machine makes by its role: through the same door as those over the wire. */
async function callAs({ principals, gate, services, s3, region }: Inside, roleArn: string, named: string, operation: string, input: Record<string, unknown>): Promise<unknown> {
  const service = serviceNames[named] ?? named;
  const role = principals.withArn(roleArn);
  if (role === undefined) throw new AwsError('AccessDeniedException', `The role ${roleArn} is not known here.`);
  const caller: Caller = { arn: role.arn, userId: role.id, accountId: role.accountId, region, sourceIp: '127.0.0.1', requestId: randomUUID() };
  if (service === 's3') {
    const request = readS3Request(s3Request(operation, input));
    return s3Result(operation, await gate.pass({ service, operation, caller: role, actions: request.actions }, () => s3.handle(request, caller)));
  }
  const handler = services.get(service);
  if (handler === undefined) throw new AwsError('UnknownOperationException', `State machines here call ${[...services.keys()].join(', ')}, not ${named}.`);
  return gate.pass({ service, operation, caller: role, actions: actionsOf(service, operation) }, () => handler.handle(operation, input, caller));
}

/** What Step Functions reports when an answer never came. */
async function lost<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AnswerDropped)) throw error;
    throw new AwsError(error.service === 'lambda' ? 'Lambda.SdkClientException' : 'SdkClientException', error.message, 500);
  }
}
