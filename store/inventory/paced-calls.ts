import type { PacedOperation, Rates } from '../../core/inventory/request-quotas.ts';
import { AwsRefusal, type JsonCall } from './json-call.ts';
import { Pacer, realTicks, type Ticks } from './pacer.ts';

/** How AWS names it when a quota is used up: KMS, the tagging service, and others in front of both. */
const throttled: ReadonlySet<string> = new Set(['ThrottlingException', 'ThrottledException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded']);
const transient: ReadonlySet<string> = new Set(['KMSInternalException', 'DependencyTimeoutException', 'InternalServiceException', 'InternalFailure', 'ServiceUnavailableException']);
/** A refusal for the rate is worth waiting for, as long as anything of the quota is left to us. */
const mostRefusals = 200;
const mostFailures = 5;

/** What has been sent so far, by operation. */
export interface CallCounts {
  readonly sent: Map<PacedOperation, number>;
  readonly throttled: Map<PacedOperation, number>;
}

/** Calls of one account in one Region, each API under its own rate; a throttled or lost request is sent again, so that no answer is missing. */
export class PacedCalls {
  readonly counts: CallCounts = { sent: new Map(), throttled: new Map() };
  readonly #json: JsonCall;
  readonly #rates: Rates;
  readonly #ticks: Ticks;
  readonly #pacers = new Map<PacedOperation, Pacer>();

  constructor(json: JsonCall, rates: Rates, ticks: Ticks = realTicks) {
    this.#json = json;
    this.#rates = rates;
    this.#ticks = ticks;
  }

  /** Answers the output as it is on the wire. Throws what AWS refused, or what the network threw for the fifth time. */
  async call<T>(operation: PacedOperation, input: object): Promise<T> {
    const pacer = this.#pacerOf(operation);
    for (let refusals = 0, failures = 0; ; ) {
      await pacer.ready();
      count(this.counts.sent, operation);
      try {
        return (await this.#json.call(operation === 'GetResources' ? 'tagging' : 'kms', operation, input)) as T;
      } catch (error) {
        if (error instanceof AwsRefusal && throttled.has(error.name)) {
          count(this.counts.throttled, operation);
          pacer.refused();
          if (++refusals >= mostRefusals) throw error;
        } else if (!mayPass(error)) throw error;
        else if (++failures >= mostFailures) throw error;
        else await this.#ticks.sleep(100 * 2 ** failures);
      }
    }
  }

  #pacerOf(operation: PacedOperation): Pacer {
    let pacer = this.#pacers.get(operation);
    if (pacer === undefined) this.#pacers.set(operation, (pacer = new Pacer(this.#rates[operation], this.#ticks)));
    return pacer;
  }
}

/** Trouble of AWS's, or of the network. Whoever cannot sign now cannot later: the SDK that looks for credentials tries again by itself. */
const mayPass = (error: unknown): boolean => (error instanceof AwsRefusal ? error.status >= 500 || transient.has(error.name) : typeof (error as { code?: unknown }).code === 'string');

const count = (counts: Map<PacedOperation, number>, operation: PacedOperation): void => void counts.set(operation, (counts.get(operation) ?? 0) + 1);
