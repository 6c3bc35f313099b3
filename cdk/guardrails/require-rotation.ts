import { Annotations, Token, type IAspect } from 'aws-cdk-lib';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

export interface RequireRotationProps {
  /** The longest period allowed, in days; 365 when left out. PCI DSS v4.0.1, 3.7.4: a cryptoperiod is defined and kept. */
  readonly longestPeriodDays?: number;
  /** Keys that may go without, each with its reason and its end. */
  readonly exceptions?: readonly RotationException[];
  /** The day of the synthesis in UTC, `YYYY-MM-DD`; exceptions are measured against it, and need it. */
  readonly today?: string;
}

export interface RotationException {
  /** Construct path of the key, such as `Payments/Ledger/Key`. */
  readonly path: string;
  readonly reason: string;
  /** Last day, `YYYY-MM-DD`: after it the synthesis fails again. */
  readonly until: string;
}

/**
 * Fails the synthesis for a symmetric encryption key that KMS could rotate and does not, or not often enough. Keys that KMS cannot rotate
 * (imported material, asymmetric, HMAC) pass: their rotation is Rota's, and the registry's to demand. Replicas pass too, since rotation
 * is a setting of their primary (KMS Developer Guide, "Rotating multi-Region keys").
 */
export class RequireRotation implements IAspect {
  readonly #longestPeriodDays: number;
  readonly #exceptions: ReadonlyMap<string, RotationException>;
  readonly #today: string;

  /** Throws for an exception without a reason or a real date, and for exceptions without the day of today. */
  constructor({ longestPeriodDays = 365, exceptions = [], today = '' }: RequireRotationProps = {}) {
    if (exceptions.length > 0 && !isDate(today)) throw new Error('exceptions are measured against today: write it as YYYY-MM-DD');
    for (const { path, reason, until } of exceptions) {
      if (reason.trim() === '') throw new Error(`the exception for ${path} has no reason`);
      if (!isDate(until)) throw new Error(`the exception for ${path} ends on ${until}: write a date as YYYY-MM-DD`);
    }
    this.#today = today;
    this.#longestPeriodDays = longestPeriodDays;
    this.#exceptions = new Map(exceptions.map((exception) => [exception.path, exception]));
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnKey)) return;
    const fault = faultOf(node, this.#longestPeriodDays);
    if (fault === undefined) return;
    // The L2 key is the one that people name; its CloudFormation resource is a child called Resource.
    const path = node.node.path.replace(/\/Resource$/, '');
    const exception = this.#exceptions.get(path);
    if (exception === undefined) Annotations.of(node).addError(`${path} ${fault}. Use RotatedKey, or state an exception with a reason and an end.`);
    else if (exception.until < this.#today) Annotations.of(node).addError(`${path} ${fault}, and its exception ended on ${exception.until}.`);
  }
}

function faultOf(key: CfnKey, longestPeriodDays: number): string | undefined {
  if (!canRotate(key)) return undefined;
  if (Token.isUnresolved(key.enableKeyRotation)) return 'decides only at deployment whether it rotates, which nobody can review';
  if (key.enableKeyRotation !== true) return 'is a symmetric key without automatic rotation';
  const periodDays = key.rotationPeriodInDays ?? 365;
  if (Token.isUnresolved(periodDays)) return 'decides only at deployment how often it rotates, which nobody can review';
  return periodDays > longestPeriodDays ? `rotates every ${periodDays} days, more than the ${longestPeriodDays} allowed` : undefined;
}

/** KMS Developer Guide, "Rotate AWS KMS keys": symmetric encryption keys with material that KMS made, outside custom key stores. */
function canRotate({ keySpec = 'SYMMETRIC_DEFAULT', origin = 'AWS_KMS' }: CfnKey): boolean {
  return keySpec === 'SYMMETRIC_DEFAULT' && origin === 'AWS_KMS';
}

const isDate = (text: string): boolean => Number.isFinite(Date.parse(`${text}T00:00:00Z`)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(`${text}T`);
