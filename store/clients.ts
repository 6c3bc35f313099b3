import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock } from '../core/clock.ts';
import { isoSeconds } from '../core/clock.ts';
import { isRotaError } from '../core/errors.ts';
import type { KmsCall } from '../core/dossier/statement.ts';

/** Where and as whom to speak to AWS. Left empty, the SDK's own defaults hold (the Lambda's role and Region). */
export interface AwsAccess {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where the keys live, when that is another place (`rota local --kms`); `aws` is real AWS with ambient credentials. */
  readonly kmsEndpoint?: string;
  /** How requests to `endpoint` travel; left out, signed and over HTTP. */
  readonly inside?: { readonly requestHandler: NonNullable<KMSClientConfig['requestHandler']>; readonly signer: NonNullable<KMSClientConfig['signer']> };
}

/** The names of Rota's tables, bucket and own keys. */
export interface Names {
  readonly registryTable: string;
  readonly ledgerTable: string;
  readonly approvalTable: string;
  readonly publicationTable: string;
  readonly acknowledgementTable: string;
  readonly waitTable: string;
  readonly findingTable: string;
  readonly passkeyTable: string;
  readonly sessionTable: string;
  readonly waveTable: string;
  readonly paceTable: string;
  readonly dossierBucket: string;
  readonly recordBucket: string;
  readonly tokenKey: string;
  readonly decisionKey: string;
  readonly dossierKey: string;
  readonly eventBus: string;
}

export const defaultNames: Names = {
  registryTable: 'rota-registry',
  ledgerTable: 'rota-ledger',
  approvalTable: 'rota-approvals',
  publicationTable: 'rota-publications',
  acknowledgementTable: 'rota-acknowledgements',
  waitTable: 'rota-waits',
  findingTable: 'rota-findings',
  passkeyTable: 'rota-passkeys',
  sessionTable: 'rota-sessions',
  waveTable: 'rota-waves',
  paceTable: 'rota-paces',
  dossierBucket: 'rota-dossiers',
  recordBucket: 'rota-records',
  tokenKey: 'alias/rota-task-tokens',
  decisionKey: 'alias/rota-decisions',
  dossierKey: 'alias/rota-dossiers',
  eventBus: 'default',
};

export interface Clients {
  /** What these clients were made from, for who must speak to AWS without them (store/inventory). */
  readonly access: AwsAccess;
  readonly kms: KMSClient;
  /** For CreateKey alone: KMS has no idempotency token, so the SDK must not send it twice (P6). */
  readonly kmsOnce: KMSClient;
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly states: SFNClient;
  readonly events: EventBridgeClient;
  readonly parameters: SSMClient;
  /** Where the keys live. */
  readonly trail: CloudTrailClient;
  readonly config: ConfigServiceClient;
}

/** Lets a call to KMS leave: resolves when it may. Told of a refusal for the rate. */
export interface KmsPace {
  readonly ready: (operation: string) => Promise<void>;
  readonly refused: (operation: string) => Promise<void>;
}

/**
 * CloudTrail answers two LookupEvents a second, to everybody in the account, and evidence is many of them: whoever asks page after page is refused again and again, and is answered in the
 * end. With three attempts a look at a busy key would fail, and begin anew. CloudTrail API Reference, LookupEvents.
 */
const trailAttempts = 8;

/**
 * The SDK composes a client's middleware anew for each call, which takes as long as all else that it does for it. What is composed once is shared by calls
 * under way, their endpoint too: not for S3, which has one for each bucket.
 */
const composedOnce = { cacheMiddleware: true } as const;

const defined = <T extends object>(o: T) =>
  Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

export interface Closable {
  destroy(): void;
}

/**
 * SDK clients with bounded waits: 5 s to connect, 30 s for an answer, 3 attempts with the SDK's jitter (of CloudTrail more); the workflow's
 * own Retry does the rest.
 */
export function makeClients(access: AwsAccess): Clients & Closable {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 30_000 });
  const base = { ...defined({ region: access.region, endpoint: access.endpoint, credentials: access.credentials, requestHandler, maxAttempts: 3 }), ...access.inside };
  const elsewhere = defined({ region: access.region, requestHandler, maxAttempts: 3 });
  const forKms =
    access.kmsEndpoint === undefined ? base : access.kmsEndpoint === 'aws' ? elsewhere : { ...elsewhere, endpoint: access.kmsEndpoint };
  const made: Closable[] = [];
  const closed = <C extends Closable>(client: C): C => {
    made.push(client);
    return client;
  };
  const forKeys = (config: KMSClientConfig): KMSClient => {
    const client = closed(new KMSClient({ ...config, ...composedOnce }));
    letWatch(client);
    return client;
  };
  const clients = lazily<Omit<Clients, 'access'>>({
    kms: () => forKeys(forKms),
    kmsOnce: () => forKeys({ ...forKms, maxAttempts: 1 }),
    dynamo: () => closed(new DynamoDBClient({ ...base, ...composedOnce })),
    s3: () => closed(new S3Client({ ...base, forcePathStyle: access.endpoint !== undefined })),
    states: () => closed(new SFNClient(base)),
    events: () => closed(new EventBridgeClient(base)),
    parameters: () => closed(new SSMClient(base)),
    trail: () => closed(new CloudTrailClient({ ...forKms, maxAttempts: trailAttempts })),
    config: () => closed(new ConfigServiceClient(base)),
  });
  const destroy = (): void => {
    for (const client of made) client.destroy();
    requestHandler.destroy();
  };
  return Object.assign(clients, { access, destroy });
}

/** Makes each client when it is first used: a task needs two or three of them, and making one takes longer than a call. */
function lazily<T extends object>(makers: { readonly [K in keyof T]: () => T[K] }, others: object = {}): T {
  const made = Object.create(others) as T;
  for (const name of Object.keys(makers) as (keyof T)[])
    Object.defineProperty(made, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = makers[name]();
        Object.defineProperty(made, name, { value, enumerable: true });
        return value;
      },
    });
  return made;
}

/** What becomes of the calls to KMS of one piece of work. */
export interface KmsWatch {
  /** Gets each call with the request id that CloudTrail has, failed ones too: the dossier joins them to CloudTrail. */
  readonly log?: KmsCall[];
  /** Left out, nobody waits. */
  readonly pace?: KmsPace;
}

/**
 * The same clients, with calls to KMS that are noted and paced. Handed on as an argument and not kept in an AsyncLocalStorage, which makes every
 * promise of the process dearer (Node.js 20 and 22).
 */
export function watched(clients: Clients, clock: Clock, watch: KmsWatch): Clients {
  const watching = { clock, ...watch };
  const seen = (client: KMSClient): KMSClient => {
    const sent = client.send.bind(client) as (command: object, ...rest: unknown[]) => unknown;
    const send = (command: { readonly input: object }, ...rest: unknown[]): unknown => {
      watches.set(command.input, watching);
      return sent(command, ...rest);
    };
    return Object.assign(Object.create(client) as KMSClient, { send });
  };
  const kmsClients = { kms: () => seen(clients.kms), kmsOnce: () => seen(clients.kmsOnce) };
  return lazily<Pick<Clients, 'kms' | 'kmsOnce'>>(kmsClients, clients) as Clients;
}

/** Who watches a call, by its input: the middleware is the same for all calls of a client. */
const watches = new WeakMap<object, KmsWatch & { readonly clock: Clock }>();

const operationOf = (context: object): string => ((context as { commandName?: string }).commandName ?? 'unknown').replace(/Command$/, '');

/** Lets those who watch see the calls of a client. */
function letWatch({ middlewareStack }: KMSClient): void {
  middlewareStack.add(
    (next, context) => async (args) => {
      const { log, clock } = watches.get(args.input) ?? {};
      if (log === undefined || clock === undefined) return next(args);
      const operation = operationOf(context);
      const at = isoSeconds(clock.now());
      try {
        const answer = await next(args);
        log.push({ operation, at, requestId: answer.output.$metadata.requestId ?? 'none' });
        return answer;
      } catch (error) {
        // One that never got its turn was no call.
        if (isRotaError(error)) throw error;
        const { name, $metadata } = error as { name?: string; $metadata?: { requestId?: string } };
        log.push({ operation, at, requestId: $metadata?.requestId ?? 'none', error: name ?? 'Error' });
        throw error;
      }
    },
    { step: 'initialize', name: 'rotaCallRecorder' },
  );
  // Each attempt waits for its turn, the SDK's own repeats too; and before it is signed, since a signature ages.
  const waitForTurn = <A extends { readonly input: object }, R>(next: (args: A) => Promise<R>, context: object) => async (args: A): Promise<R> => {
    const { pace } = watches.get(args.input) ?? {};
    if (pace === undefined) return next(args);
    const operation = operationOf(context);
    await pace.ready(operation);
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error && error.name === 'ThrottlingException') await pace.refused(operation);
      throw error;
    }
  };
  middlewareStack.addRelativeTo(waitForTurn, { relation: 'before', toMiddleware: 'httpSigningMiddleware', name: 'rotaPace' });
}
