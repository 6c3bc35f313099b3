import { pause } from './clock.ts';
import { AwsError } from './wire/errors.ts';

const kinds = ['drop-answer', 'throttle', 'server-error', 'delay', 'crash-before', 'crash-after'] as const;

/** A fault on request, for tests and rehearsals. */
export interface Fault {
  /** `kms`, `dynamodb`, `states`, `s3`, `events`, `tagging`, `ssm`, `sts`, `cloudtrail`, `lambda` or `execute-api`. */
  readonly service: string;
  /** The operation, for `lambda` the function's name, for `execute-api` the HTTP method; `*` is any. */
  readonly operation: string;
  readonly kind: (typeof kinds)[number];
  /** How many matching calls go through first; default 0. */
  readonly skip?: number;
  /** How many calls it hits; default 1. */
  readonly count?: number;
  /** Real milliseconds that a `delay` lasts. */
  readonly delayMs?: number;
  /** Only calls of the principal with this id. */
  readonly principal?: string;
}

/** A call as the faults see it. */
interface Call {
  readonly service: string;
  readonly operation: string;
  readonly principal: string | undefined;
}

/** The effect happened and its answer is lost: whoever answers closes the connection instead. */
export class AnswerDropped extends Error {
  readonly service: string;

  constructor({ service, operation }: Call) {
    super(`the answer of ${service} ${operation} was dropped on request`);
    this.name = 'AnswerDropped';
    this.service = service;
  }
}

interface Armed {
  readonly fault: Fault;
  skip: number;
  count: number;
}

/** The faults that wait for their call. They live in memory: a crash ends them, so that the restart can go on. */
export class Faults {
  #armed: Armed[] = [];

  /** Arms a fault. Throws ValidationException for one that is not of the form above. */
  add(given: Record<string, unknown>): void {
    const fault = readFault(given);
    this.#armed.push({ fault, skip: fault.skip ?? 0, count: fault.count ?? 1 });
  }

  /** What is armed, with the counts that are left. */
  list(): Fault[] {
    return this.#armed.map(({ fault, skip, count }) => ({ ...fault, skip, count }));
  }

  clear(): void {
    this.#armed = [];
  }

  /** Runs `effect` under the first armed fault that the call meets, if any. What the effect throws stays what it is. */
  async around<T>(service: string, operation: string, effect: () => Promise<T>, principal?: string): Promise<T> {
    const call = { service, operation, principal };
    const fault = this.#meet(call);
    if (fault === undefined) return effect();
    switch (fault.kind) {
      case 'throttle':
        throw throttled(call);
      case 'server-error':
        throw failed(call);
      case 'delay':
        await pause(fault.delayMs ?? 0);
        return effect();
      case 'crash-before':
        return crash();
      case 'crash-after':
        await effect();
        return crash();
      case 'drop-answer':
        await effect();
        throw new AnswerDropped(call);
    }
  }

  /** Every matching fault counts its skip down; the first with none left hits. */
  #meet(call: Call): Fault | undefined {
    for (const armed of this.#armed) {
      if (!matches(armed.fault, call)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.count -= 1;
      if (armed.count <= 0) this.#armed = this.#armed.filter((other) => other !== armed);
      return armed.fault;
    }
    return undefined;
  }
}

const matches = (fault: Fault, call: Call): boolean =>
  fault.service === call.service &&
  (fault.operation === '*' || fault.operation === call.operation) &&
  (fault.principal === undefined || fault.principal === call.principal);

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isWhole = (from: number) => (value: unknown): boolean => Number.isInteger(value) && (value as number) >= from;
const optional = (check: (value: unknown) => boolean) => (value: unknown): boolean => value === undefined || check(value);

const checks: Readonly<Record<keyof Fault, (value: unknown) => boolean>> = {
  service: isText,
  operation: isText,
  kind: (value) => (kinds as readonly unknown[]).includes(value),
  skip: optional(isWhole(0)),
  count: optional(isWhole(1)),
  delayMs: optional(isWhole(0)),
  principal: optional(isText),
};

function readFault(given: Record<string, unknown>): Fault {
  const refuse = (why: string): AwsError => new AwsError('ValidationException', `A fault has ${Object.keys(checks).join(', ')}; kinds are ${kinds.join(', ')}: ${why}.`);
  for (const field of Object.keys(given)) if (!Object.hasOwn(checks, field)) throw refuse(`it has no ${field}`);
  for (const [field, check] of Object.entries(checks)) if (!check(given[field])) throw refuse(`${field} cannot be ${JSON.stringify(given[field])}`);
  if (given.kind === 'delay' && given.delayMs === undefined) throw refuse('a delay needs delayMs');
  return given as unknown as Fault;
}

/** SIGKILL leaves no handler a chance; the promise keeps the answer from leaving while the signal is under way. */
function crash(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const throttleCodes: Readonly<Record<string, readonly [code: string, httpStatus: number]>> = {
  dynamodb: ['ProvisionedThroughputExceededException', 400],
  s3: ['SlowDown', 503],
  sts: ['Throttling', 400],
  lambda: ['Lambda.TooManyRequestsException', 429],
};

const failureCodes: Readonly<Record<string, string>> = {
  kms: 'KMSInternalException',
  dynamodb: 'InternalServerError',
  s3: 'InternalError',
  lambda: 'Lambda.ServiceException',
};

function throttled({ service, operation }: Call): AwsError {
  const [code, httpStatus] = throttleCodes[service] ?? ['ThrottlingException', 400];
  return new AwsError(code, `Rate exceeded: ${operation} was throttled on request.`, httpStatus);
}

const failed = ({ service, operation }: Call): AwsError =>
  new AwsError(failureCodes[service] ?? 'InternalFailure', `${operation} failed on request.`, 500);
