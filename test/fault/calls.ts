import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { tasks } from '../../tasks/catalogue.ts';

/** A call of Rota that changes something, on its way to the embedded AWS. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  /** Id of the principal who signs it. */
  readonly principal: string;
  /**
   * Whose call of this operation it is: the same when the step that makes it is repeated after a crash, another for every other
   * call. So boundaries that a run without a kill has counted are found again in one with kills.
   */
  readonly name: string;
}

/** A step of a machine, or something that a person does. */
class Deed {
  readonly #name: string;
  readonly #principal: string;
  readonly #counts = new Map<string, number>();

  constructor(name: string, principal: string) {
    this.#name = name;
    this.#principal = principal;
  }

  next(service: string, operation: string): Call {
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    return { service, operation, principal: this.#principal, name: `${this.#name}: ${operation} ${count}` };
  }

  /** What the step does again at once is the same call. */
  wasThrottled(operation: string): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 1) - 1);
  }
}

/** One embedded AWS, of several in this process. */
interface Watch {
  readonly around: (call: Call, effect: () => Promise<unknown>) => Promise<unknown>;
  /** What somebody does with it: one thing at a time, so that what the API calls meanwhile is theirs. */
  person?: Deed;
  isFrozen: boolean;
}

const watch = new AsyncLocalStorage<Watch>();
const step = new AsyncLocalStorage<Deed | 'unwatched'>();

/** Runs what starts an embedded AWS; from then on `around` is run about every changing call that its steps and people make. */
export const watched = <T>(around: Watch['around'], act: () => Promise<T>): Promise<T> => watch.run({ around, isFrozen: false }, act);

const own = (): Watch => {
  const found = watch.getStore();
  if (found === undefined) throw new Error('nothing watches here');
  return found;
};

/** From here on nothing more happens to this embedded AWS. */
export function freeze(): Promise<never> {
  own().isFrozen = true;
  return never;
}

const never = new Promise<never>(() => undefined);

/** Somebody does something through the API. */
export async function personDoes<T>(what: string, act: () => Promise<T>): Promise<T> {
  const here = own();
  here.person = new Deed(what, 'rota-api');
  try {
    return await act();
  } finally {
    delete here.person;
  }
}

/** What tells the steps of one task apart. */
const distinguishing = ['stage', 'wait', 'key', 'outcome', 'turn', 'round', 'look', 'reminder'];

function nameOf(task: string, payload: object): string {
  const parts = Object.entries(payload).filter(([field]) => distinguishing.includes(field));
  return [task, ...parts.map(([field, value]) => `${field} ${String(value)}`)].join(', ');
}

/** Everything else may be lost or repeated without a trace. */
const reads = /^(Get(?!ParametersForImport)|BatchGet|List|Describe|Query|Scan|Head|Lookup|GenerateRandom|Encrypt|Decrypt|Sign|Verify|GenerateMac|DeriveSharedSecret)/;

/** What events start is best effort, and no step of what is watched: the next sweep finds what a kill has lost. */
const bestEffort = ['judge-event'];

/** Lets every task and every AWS client of this process tell what it does. */
export function watchCalls(): void {
  for (const task of tasks) {
    const { name, run } = task;
    const deedFor = (event: object) => (bestEffort.includes(name) ? 'unwatched' : new Deed(nameOf(name, event), `rota-task-${name}`));
    Object.assign(task, { run: (event: unknown, deps: Parameters<typeof run>[1]) => step.run(deedFor(event as object), () => run(event, deps)) });
  }
  const clients = { dynamodb: DynamoDBClient, events: EventBridgeClient, kms: KMSClient, s3: S3Client, ssm: SSMClient, states: SFNClient };
  for (const [service, { prototype }] of Object.entries(clients)) {
    const send = Reflect.get(prototype, 'send') as (this: unknown, command: object, ...rest: unknown[]) => Promise<unknown>;
    const told = function (this: unknown, command: object, ...rest: unknown[]): Promise<unknown> {
      const here = watch.getStore();
      if (here?.isFrozen === true) return never;
      const deed = step.getStore() ?? here?.person;
      const operation = command.constructor.name.replace(/Command$/, '');
      const effect = () => send.call(this, command, ...rest);
      if (here === undefined || deed === undefined || deed === 'unwatched' || reads.test(operation)) return effect();
      return here.around(deed.next(service, operation), effect).catch((error: unknown) => {
        if ((error as Error).name === 'ThrottlingException') deed.wasThrottled(operation);
        throw error;
      });
    };
    Object.assign(prototype, { send: told });
  }
}
