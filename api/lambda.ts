import { randomBytes } from 'node:crypto';
/* eslint-disable @typescript-eslint/no-deprecated -- hono moves this adapter to a package of its own, which is not published yet */
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { Hono } from 'hono';
import type { Clock } from '../core/clock.ts';
import { quotasOf } from '../core/pace/kms-rates.ts';
import { makeClients } from '../store/clients.ts';
import { namesFromEnvironment } from '../store/names-from-environment.ts';
import { makeStore } from '../store/store.ts';
import { makeApp } from './app.ts';
import type { ApiDeps, Bindings } from './deps.ts';
import { settle } from './settle.ts';
import { driveWaves } from './waves/drive.ts';

// eslint-disable-next-line no-restricted-syntax -- on Lambda real time is the clock
const realClock: Clock = { now: () => Date.now() };

/** How often cdk/console.ts has it called. */
const scheduleMs = 60_000;

let deps: ApiDeps | undefined;

function depsFromEnvironment(): ApiDeps {
  const names = namesFromEnvironment(process.env);
  const clients = makeClients({});
  const prefix = process.env.ROTA_STATE_MACHINE_ARN_PREFIX ?? '';
  return {
    clock: realClock,
    clients,
    names,
    kmsQuotas: quotasOf(process.env.ROTA_KMS_QUOTAS),
    store: makeStore(clients, names),
    stateMachineArnOf: (workflow) => `${prefix}${workflow}`,
    consoleUrl: process.env.ROTA_CONSOLE_URL ?? '',
    platformArns: (process.env.ROTA_PLATFORM_ARNS ?? '').split(',').filter((arn) => arn !== ''),
    randomSuffix: () => randomBytes(2).toString('hex'),
  };
}

/** What API Gateway says of a request (HTTP API, payload format 2.0), with who its IAM authoriser says signed it. */
function bindingsOf(event: LambdaEvent): Bindings {
  const { authorizer, requestId = 'none', http } = event.requestContext as { authorizer?: { iam?: { userArn?: string } }; requestId?: string; http?: { sourceIp?: string } };
  const arn = authorizer?.iam?.userArn;
  return { requestId, ...(http?.sourceIp === undefined ? {} : { sourceIp: http.sourceIp }), ...(arn === undefined ? {} : { signedBy: { arn, requestId } }) };
}

/** The API function: HTTP requests of API Gateway, and the schedule that delivers what a crash left undelivered. */
export async function handler(event: LambdaEvent | { readonly source: 'aws.scheduler' }): Promise<unknown> {
  deps ??= depsFromEnvironment();
  if (!('requestContext' in event)) {
    const [settled] = await Promise.all([settle(deps), driveWaves(deps, scheduleMs)]);
    return settled;
  }
  const app = makeApp(deps);
  const bindings = bindingsOf(event);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a Hono whose bindings are of another type
  return handle(new Hono().mount('/', (request) => app.fetch(request, bindings)))(event);
}
