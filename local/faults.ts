import { setTimeout as delay } from 'node:timers/promises';
import { AwsError } from './wire/errors.ts';

const kinds = ['drop-answer', 'throttle', 'server-error', 'delay', 'crash-before', 'crash-after'] as const;

/** A fault on request: what goes wrong, at which calls, after how many that pass, how often. */
export interface Fault {
  readonly service: string;
  /** Operation, function name for `lambda`, or `*`. */
  readonly operation: string;
  readonly kind: (typeof kinds)[number];
  skip: number;
  count: number;
  readonly delayMs?: number;
}

/** The answer must not reach the caller: the connection is cut instead. */
export class AnswerDropped extends Error {}

const throttled: Readonly<Record<string, string>> = { dynamodb: 'ProvisionedThroughputExceededException', s3: 'SlowDown' };
const failed: Readonly<Record<string, string>> = { kms: 'KMSInternalException', dynamodb: 'InternalServerError', s3: 'InternalError' };

export class Faults {
  readonly #faults: Fault[] = [];

  /** Throws `ValidationException` for a fault that is not of the known form. */
  add(given: Record<string, unknown>): void {
    const { service, operation, kind, skip = 0, count = 1, delayMs } = given;
    const isWhole = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n >= 0;
    if (typeof service !== 'string' || typeof operation !== 'string' || !kinds.includes(kind as Fault['kind']) || !isWhole(skip) || !isWhole(count))
      throw new AwsError('ValidationException', `A fault has service, operation, kind (${kinds.join(', ')}), skip and count.`);
    if (kind === 'delay' && !isWhole(delayMs)) throw new AwsError('ValidationException', 'A fault of kind delay has delayMs.');
    this.#faults.push({ service, operation, kind: kind as Fault['kind'], skip, count, ...(isWhole(delayMs) ? { delayMs } : {}) });
  }

  list(): readonly Fault[] {
    return this.#faults.filter((f) => f.count > 0);
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Runs a call through the first fault that is due for it. */
  async around<T>(service: string, operation: string, call: () => Promise<T>): Promise<T> {
    const fault = this.#due(service, operation);
    if (fault?.kind === 'throttle') throw new AwsError(throttled[service] ?? 'ThrottlingException', 'Rate exceeded (a fault on request)', service === 's3' ? 503 : 400);
    if (fault?.kind === 'server-error') throw new AwsError(failed[service] ?? 'InternalFailure', 'The request failed (a fault on request)', 500);
    if (fault?.kind === 'delay') await delay(fault.delayMs);
    if (fault?.kind === 'crash-before') process.kill(process.pid, 'SIGKILL');
    const answer = await call();
    if (fault?.kind === 'crash-after') process.kill(process.pid, 'SIGKILL');
    if (fault?.kind === 'drop-answer') throw new AnswerDropped('the answer was dropped (a fault on request)');
    return answer;
  }

  #due(service: string, operation: string): Fault | undefined {
    for (const fault of this.#faults) {
      if (fault.count === 0 || fault.service !== service || (fault.operation !== '*' && fault.operation !== operation)) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      fault.count -= 1;
      return fault;
    }
    return undefined;
  }
}
