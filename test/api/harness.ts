import { quotasOf } from '../../core/pace/kms-rates.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateStateMachineCommand, DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { makeApp } from '../../api/app.ts';
import { run, type ExitCode } from '../../cli/program.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { isoSeconds } from '../../core/clock.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import type { AsymmetricKey, Person } from '../../core/registry/registry-schema.ts';
import { tokensKey } from '../../demo/cast.ts';
import { defaultNames, makeClients } from '../../store/clients.ts';
import { setUp } from '../../store/set-up.ts';
import { makeStore } from '../../store/store.ts';
import { requestApproval } from '../../tasks/approval/request-approval.ts';
import { runTask } from '../../tasks/task.ts';
import { openWait } from '../../tasks/wait/open-wait.ts';
import { wordWait } from '../../workflows/fragments/wait.ts';
import { exampleFacts } from '../core/plan/example-plan.ts';
import { startEmbeddedAws } from '../../local/server.ts';
import { accountId, admin, options, principal, region } from '../embedded-options.ts';

export const newThumbprint = 'NEWwkidNEWwkidNEWwkidNEWwkidNEWwkidNEWwkid0';
const oldThumbprint = 'OLDwkidOLDwkidOLDwkidOLDwkidOLDwkidOLDwkid0';
const newKeyId = '22222222-2222-4222-8222-222222222222';
const day = 86_400_000;

const arnOf = (id: string): string => `arn:aws:iam::${accountId}:user/${id}`;
const person = (id: string, roles: Person['roles'], groups: string[]): Person => ({ id, name: id, arn: arnOf(id), roles, groups });
const people = [
  person('carol', ['custodian'], ['custodians', 'security']),
  person('otto', ['custodian'], ['custodians']),
  person('dora', ['approver', 'custodian'], ['payments-owners']),
  person('alice', ['approver'], ['security']),
  person('bob', ['approver'], ['security']),
  person('gina', ['consumer'], ['gateway']),
  person('paul', ['consumer'], ['partners']),
  person('audrey', ['auditor'], ['security']),
  person('pat', ['platform'], ['platform']),
];

/** `gateway` and `partner` must acknowledge, `reporting` is informed. */
const consumers: AsymmetricKey['consumers'] = [
  { name: 'gateway', contact: 'gina@bank.example', group: 'consumers', target: 'jwks', acknowledges: 'required', deadlineDays: 14, people: ['gina'] },
  { name: 'partner', contact: 'keys@partner.example', group: 'partners', target: 'jwks', acknowledges: 'required', deadlineDays: 30, people: ['paul'] },
  { name: 'reporting', contact: 'bi@bank.example', group: 'consumers', target: 'jwks', acknowledges: 'informed', deadlineDays: 14, people: ['gina'] },
];

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export type Api = Awaited<ReturnType<typeof startApi>>;

/** The app on an embedded AWS whose one principal may do everything, with a machine that opens waits as Rota's workflows do. */
export async function startApi(consoleUrlOf: (url: string) => string = () => 'http://rota.example/', change: Partial<ApiDeps> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'rota-api-'));
  const prefix = `arn:aws:states:${region}:${accountId}:stateMachine:`;
  const taskDeps = () => ({ ...deps, movedClockSeconds: () => 0 });
  const lambdas = () =>
    new Map<string, (payload: unknown) => Promise<unknown>>([
      ['open-wait', (payload: unknown) => runTask(openWait, payload, taskDeps())],
      ['request-approval', (payload: unknown) => runTask(requestApproval, payload, taskDeps())],
    ]);
  const app = () => makeApp(deps);
  const http = () => async (request: Request, { caller, sourceIp }: { caller?: { arn: string; requestId: string }; sourceIp: string }) => app().fetch(request, { sourceIp, ...(caller === undefined ? {} : { signedBy: caller }) });
  const principals = people.map(({ id }) => principal(id, ['execute-api:Invoke']));
  const aws = await startEmbeddedAws(options(folder, { lambdas, http, principals: [admin, ...principals] }));
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  const store = makeStore(clients, defaultNames);
  const deps: ApiDeps = { clock: aws.clock, clients, names: defaultNames, kmsQuotas: quotasOf(), store, stateMachineArnOf: (workflow) => `${prefix}${workflow}`, platformArns: [], consoleUrl: consoleUrlOf(aws.url), randomSuffix: () => '0000', ...change };
  await setUp(clients, defaultNames, {});
  await store.registry.apply({ version: 1, people, keys: [] }, 'test', isoSeconds(aws.clock.now()));

  const ask = async (path: string, init: RequestInit, env: object): Promise<Answer> => {
    const answer = await app().request(`http://rota.example${path}`, init, env);
    const text = await answer.text();
    return { status: answer.status, text, headers: answer.headers, json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} };
  };
  let rotations = 0;
  let machines = 0;

  return {
    deps,
    url: aws.url,
    app,
    clock: aws.clock,
    close: async () => {
      clients.destroy();
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    },
    post: (id: string, path: string, body: object) =>
      ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }, { signedBy: { arn: arnOf(id), requestId: `req-${id}` } }),
    get: (id: string, path: string) => ask(path, {}, { signedBy: { arn: arnOf(id), requestId: 'req' } }),
    signed: (id: string, method: string, path: string, body?: object) =>
      ask(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) }, { signedBy: { arn: arnOf(id), requestId: 'req' } }),
    /** Without a signature, as a browser. */
    open: (path: string, init: RequestInit = {}) => ask(path, init, {}),

    /** A rotation whose plan is made; `done` completes steps of it. */
    rotation: async (change: Partial<AsymmetricKey> = {}, emergency = false): Promise<string> => {
      const rotationId = `tokens-20261124T145423-${String(++rotations).padStart(4, '0')}`;
      const requestedAt = isoSeconds(aws.clock.now());
      await store.ledger.open({ rotationId, workflow: 'asymmetric-rotation', alias: 'alias/tokens', requestedBy: 'carol', reason: 'yearly rotation', requestedAt });
      const targets: AsymmetricKey['publication']['targets'] = [{ name: 'jwks', kind: 's3', bucket: 'keys', prefix: '', readBackUrl: 'https://keys.example/.well-known/jwks.json' }];
      const registered = tokensKey(targets, accountId, { consumers, acknowledgement: [], ...change });
      const facts = { ...exampleFacts, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', origin: 'AWS_KMS', aliases: ['alias/tokens'], grants: [] };
      await store.ledger.settle(rotationId, { plan: makePlan({ rotationId, registered, facts, requestedBy: 'carol', reason: 'yearly rotation', emergency, requestedAt }) });
      return rotationId;
    },
    done: async (rotationId: string, step: string, result: unknown = {}): Promise<void> => {
      const at = new Date(aws.clock.now()).toISOString();
      await store.ledger.intend(rotationId, step, at);
      await store.ledger.complete(rotationId, step, at, result, []);
    },
    publish: async function (rotationId: string): Promise<void> {
      await store.ledger.settle(rotationId, { newKeyId });
      await this.done(rotationId, 'create-successor', { newKeyId });
      await this.done(rotationId, 'publish-keys.introduce', { sequence: 3, keySetSha256: 'ab'.repeat(32), oldThumbprint, newThumbprint, publishedAt: isoSeconds(aws.clock.now()) });
    },
    advanceDays: (days: number) => aws.clock.advance(days * day),

    /** The command line, as one of the people. */
    rota: async (id: string, ...args: string[]): Promise<{ exitCode: ExitCode; out: string; err: string }> => {
      let out = '';
      let err = '';
      const { accessKeyId, secretAccessKey } = principal(id, []);
      const env = { ROTA_URL: aws.url, AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
      const exitCode = await run(args, { out: (text) => (out += text), err: (text) => (err += text), env });
      return { exitCode, out, err };
    },

    /** Starts a machine that opens this wait, and again when it has ended in either way, as often as `openings`, after a pause. */
    wait: async (rotationId: string, wait: 'hold' | 'acknowledgements' | 'drain' | 'deny' | 'watch', seconds = 3600, openings = 1, pauseSeconds = 0): Promise<void> => {
      const name = `waits-${++machines}`;
      const definition = {
        QueryLanguage: 'JSONata',
        StartAt: 'Begin',
        States: {
          Begin: { Type: 'Pass', Assign: { rotationId, left: openings, heard: [] }, Next: 'Await' },
          ...wordWait('Await', { partition: 'aws', functionOf: (task) => task }, { wait, seconds: `{% ${seconds} %}`, because: 'a test waits', next: { over: 'Over', word: 'Told', failed: 'Failed' } }),
          Told: { Type: 'Pass', Assign: { heard: '{% $append($heard, [$word]) %}' }, Next: 'Over' },
          Over: { Type: 'Wait', Seconds: pauseSeconds, Assign: { left: '{% $left - 1 %}' }, Next: 'Again?' },
          'Again?': { Type: 'Choice', Choices: [{ Condition: '{% $left > 0 %}', Next: 'Await' }], Default: 'Done' },
          Done: { Type: 'Succeed', Output: '{% $heard %}' },
          Failed: { Type: 'Fail', Error: 'Failed' },
        },
      };
      const { stateMachineArn } = await clients.states.send(
        new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: `arn:aws:iam::${accountId}:role/states`, type: 'STANDARD' }),
      );
      const { executionArn = '' } = await clients.states.send(new StartExecutionCommand({ stateMachineArn, name: rotationId, input: '{}' }));
      await store.ledger.settle(rotationId, { executionArn });
      while ((await store.waits.get(rotationId, wait)) === undefined);
    },
    /** The words that the machine of `wait` had heard when it ended. */
    heard: async (rotationId: string): Promise<unknown> => {
      const { executionArn } = await store.ledger.head(rotationId);
      for (;;) {
        const { status, output = 'null' } = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
        if (status !== 'RUNNING') return JSON.parse(output) as unknown;
      }
    },
  };
}
