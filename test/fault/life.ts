/**
 * A process that carries several embedded AWS, each in a folder of its own and with people around it. Each goes on with its scenario
 * where its folder leaves it, until the scenario is over or until it comes to the boundary at which it is to be killed: there it
 * freezes. When none goes on any more, the process kills itself by SIGKILL. That way a start of a process, which is dear, serves
 * for several kills. What happens is told on stdout, one JSON line each.
 */
import { writeSync } from 'node:fs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { startLocal, type Local } from '../../cli/commands/local.ts';
import { embeddedCall } from '../../cli/embedded-call.ts';
import type { StepRecord } from '../../core/dossier/statement.ts';
import { as, credentialsOf, jsonAs } from '../../demo/cast.ts';
import { LedgerTable } from '../../store/ledger-table.ts';
import { freeze, personDoes, watchCalls, watched, type Call } from './calls.ts';
import { kmsOf, makeEstate, readEstate, type Estate } from './estate.ts';
import { factsOf, type Facts } from './facts.ts';
import { scenarios, type Followed, type Scenario, type ScenarioName } from './scenarios.ts';

export interface Order {
  readonly folder: string;
  /** Left out, the folder is made ready. */
  readonly scenario?: ScenarioName;
  /** Where it is killed: the first time that a call of this name is made. */
  readonly kill?: { readonly call: string; readonly when: 'before' | 'after' };
  /** What hits changing calls, in turn, the first time that one of its name is made: as often as the SDK asks by itself. */
  readonly faults?: readonly string[];
  /** The ledger forgets that a step was tried before: something that a test of kills must find. For all orders of a process. */
  readonly isForgetful?: boolean;
}

export interface Told {
  /** Which of the orders it is about. */
  readonly of: number;
  /** The name of a changing call, the first time it is made. */
  readonly call?: string;
  readonly killed?: true;
  readonly facts?: Facts;
  /** Operations of which no call met a fault, though they were armed for some. */
  readonly unmet?: readonly string[];
  readonly error?: string;
}

/** At once: the process may be gone the next moment. */
const tell = (told: Told): void => void writeSync(1, `${JSON.stringify(told)}\n`);

/** Answers whether it came to its end; false where it waits to be killed. */
function live(order: Order, of: number): Promise<boolean> {
  const { folder, scenario, kill, faults = [] } = order;
  const seen = new Set<string>();
  const armed = new Map<string, number>();
  let local: Local | undefined;
  return new Promise((resolve) => {
    const killHere = (): Promise<never> => {
      tell({ of, killed: true });
      resolve(false);
      return freeze();
    };
    const around = async (call: Call, effect: () => Promise<unknown>): Promise<unknown> => {
      const isNew = !seen.has(call.name);
      seen.add(call.name);
      if (isNew) tell({ of, call: call.name });
      const isHere = kill?.call === call.name;
      if (isHere && kill.when === 'before') return killHere();
      const kind = faults[seen.size % faults.length];
      if (isNew && kind !== undefined && local !== undefined) {
        armed.set(operationOf(call), (armed.get(operationOf(call)) ?? 0) + 1);
        await arm(local, call, kind);
      }
      const answer = await effect();
      return isHere ? killHere() : answer;
    };
    watched(around, async () => {
      local = await startLocal({ port: 0, folder, region: 'eu-central-1' });
      if (scenario === undefined) await makeEstate(local.place, folder);
      else {
        const estate = await readEstate(folder);
        await checkAlias(local, scenarios[scenario]);
        await follow(local, scenarios[scenario], estate);
        tell({ of, unmet: await unmetOf(local, armed) });
        tell({ of, facts: await factsOf(local.place, estate, scenarios[scenario].alias) });
      }
      await local.close();
    })
      .catch((error: unknown) => tell({ of, error: (error as Error).stack ?? String(error) }))
      .finally(() => resolve(true));
  });
}

type Armed = Pick<Call, 'service' | 'operation'> & { readonly count: number };

const operationOf = ({ service, operation }: Pick<Call, 'service' | 'operation'>): string => `${service} ${operation}`;

function aboutFaults({ place }: Local, action: string, input: object): Promise<{ readonly faults: readonly Armed[] }> {
  const { accessKeyId, secretAccessKey } = credentialsOf(place, 'pat');
  const env = { ROTA_URL: place.url, AWS_REGION: place.region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return embeddedCall({ out: () => undefined, err: () => undefined, env }, action, input);
}

/** As often as the SDK asks by itself. */
const attempts = 3;

const arm = (local: Local, { service, operation, principal }: Call, kind: string): Promise<unknown> => aboutFaults(local, 'AddFault', { service, operation, principal, kind, count: attempts });

/** A fault that some calls of an operation left over may hit the next one in place of its own: so they are counted together. */
async function unmetOf(local: Local, armed: ReadonlyMap<string, number>): Promise<string[]> {
  const { faults } = await aboutFaults(local, 'ListFaults', {});
  const left = (name: string): number => faults.filter((fault) => operationOf(fault) === name).reduce((sum, { count }) => sum + count, 0);
  return [...armed].filter(([name, times]) => left(name) === times * attempts).map(([name]) => name);
}

const over = ['SUCCEEDED', 'FAILED', 'ROLLED_BACK'];
const minuteMs = 60_000;

/**
 * Lets the machine go as far as it can, does what people do, and when nothing is to be done lets time pass: first the minutes that a
 * repeated step takes, then hours.
 */
async function follow(local: Local, scenario: Scenario, estate: Estate): Promise<void> {
  const { place, embedded } = local;
  let isLong = false;
  for (let turn = 0; turn < 300; turn++) {
    await embedded.clock.idle;
    const status = (await jsonAs<Followed[]>(place, 'carol', 'status')).find((s) => s.workflow === scenario.workflow);
    if (status === undefined) await personDoes('somebody begins', () => scenario.begin(place, estate));
    else if (over.includes(status.status)) return;
    else if (status.waitingFor.length > 0) await approve(local, status);
    else if (!(await scenario.attend(place, status))) {
      await embedded.clock.advance((isLong ? scenario.stepHours * 60 : 2) * minuteMs);
      isLong = !isLong;
    }
  }
  throw new Error(`it does not come to an end: ${JSON.stringify(await jsonAs(place, 'carol', 'status'))}`);
}

async function approve({ place }: Local, { waitingFor }: Followed): Promise<void> {
  for (const question of waitingFor) {
    const [, stage = ''] = question.split('.');
    // Who has approved already, before a kill, is refused.
    for (const id of stage === 'emergency' ? ['alice', 'bob', 'dora'] : ['alice', 'bob']) await personDoes(`${id} approves the ${stage}`, () => as(place, id, 'approve', question, '--reason', 'agreed'));
  }
}

/** P2: at any moment an alias that Rota manages resolves to a key that works; here, when it was just killed. */
async function checkAlias({ place }: Local, { alias }: Scenario): Promise<void> {
  const { KeyMetadata } = await kmsOf(place).send(new DescribeKeyCommand({ KeyId: alias }));
  if (KeyMetadata?.KeyState !== 'Enabled') throw new Error(`${alias} resolves to a key that is ${KeyMetadata?.KeyState ?? 'not there'}`);
}

function forgetAttempts(): void {
  const prototype: object = LedgerTable.prototype;
  const intend = Reflect.get(prototype, 'intend') as (this: LedgerTable, ...step: string[]) => Promise<StepRecord>;
  const forgetful = async function (this: LedgerTable, ...step: string[]): Promise<StepRecord> {
    return { ...(await intend.apply(this, step)), attempts: 1 };
  };
  Object.assign(prototype, { intend: forgetful });
}

watchCalls();
const orders = JSON.parse(process.argv[2] ?? '[]') as Order[];
if (orders.some((order) => order.isForgetful)) forgetAttempts();
void Promise.all(orders.map(live)).then((ended) => {
  if (ended.every(Boolean)) process.exit(0);
  // It leaves no handler a chance.
  process.kill(process.pid, 'SIGKILL');
});
