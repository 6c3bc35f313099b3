import type { Faults } from './faults.ts';
import { allows, type Principal } from './principals.ts';
import { AwsError } from './wire/errors.ts';

/** A call with what it takes. */
export interface GuardedCall {
  readonly service: string;
  readonly operation: string;
  readonly caller: Principal;
  /** The IAM actions it needs, all of them: `kms:CreateKey`. */
  readonly actions: readonly string[];
}

/** The one door to every service: first the identity policy, then the faults on request, then the effect. */
export class Gate {
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** A call by nobody: no identity policy speaks for it, so its effect must ask the policy of the resource. */
  passUnsigned<T>(service: string, operation: string, effect: () => Promise<T>): Promise<T> {
    return this.#faults.around(service, operation, effect);
  }

  /** Throws AccessDeniedException (AccessDenied for S3 and STS), what the faults throw, or what the effect throws. */
  async pass<T>({ service, operation, caller, actions }: GuardedCall, effect: () => Promise<T>): Promise<T> {
    const denied = actions.find((action) => !allows(caller, action));
    if (denied !== undefined) {
      const sentence = `User: ${caller.arn} is not authorized to perform: ${denied} because no identity-based policy allows the ${denied} action`;
      throw new AwsError(service === 's3' || service === 'sts' ? 'AccessDenied' : 'AccessDeniedException', sentence, 403);
    }
    return this.#faults.around(service, operation, effect, caller.id);
  }
}
