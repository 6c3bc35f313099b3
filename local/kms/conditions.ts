import { like } from './wildcard.ts';

type Compare = (wanted: string, actual: string) => boolean;

const numeric =
  (compare: (actual: number, wanted: number) => boolean): Compare =>
  (wanted, actual) =>
    compare(Number(actual), Number(wanted));

/** Dates are ISO 8601 or epoch seconds in a policy, epoch milliseconds in a request's values. */
const date =
  (compare: (actual: number, wanted: number) => boolean): Compare =>
  (wanted, actual) =>
    compare(Number(actual), /^\d+$/.test(wanted) ? Number(wanted) * 1000 : Date.parse(wanted));

const same: Compare = (wanted, actual) => wanted === actual;
const sameIgnoringCase: Compare = (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase();

/** IAM's condition operators (IAM user guide, reference_policies_elements_condition_operators); `not` inverts the whole. */
const operators: Readonly<Record<string, { readonly compare: Compare; readonly not?: true }>> = {
  StringEquals: { compare: same },
  StringNotEquals: { compare: same, not: true },
  StringEqualsIgnoreCase: { compare: sameIgnoringCase },
  StringNotEqualsIgnoreCase: { compare: sameIgnoringCase, not: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, not: true },
  ArnEquals: { compare: like },
  ArnNotEquals: { compare: like, not: true },
  ArnLike: { compare: like },
  ArnNotLike: { compare: like, not: true },
  Bool: { compare: sameIgnoringCase },
  NumericEquals: { compare: numeric((actual, wanted) => actual === wanted) },
  NumericNotEquals: { compare: numeric((actual, wanted) => actual === wanted), not: true },
  NumericLessThan: { compare: numeric((actual, wanted) => actual < wanted) },
  NumericLessThanEquals: { compare: numeric((actual, wanted) => actual <= wanted) },
  NumericGreaterThan: { compare: numeric((actual, wanted) => actual > wanted) },
  NumericGreaterThanEquals: { compare: numeric((actual, wanted) => actual >= wanted) },
  DateLessThan: { compare: date((actual, wanted) => actual < wanted) },
  DateLessThanEquals: { compare: date((actual, wanted) => actual <= wanted) },
  DateGreaterThan: { compare: date((actual, wanted) => actual > wanted) },
  DateGreaterThanEquals: { compare: date((actual, wanted) => actual >= wanted) },
};

interface Parsed {
  readonly quantifier: string | undefined;
  readonly name: string;
  readonly ifExists: boolean;
}

function parse(operator: string): Parsed {
  const [, quantifier, name = operator, ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  return { quantifier, name, ifExists: ifExists !== undefined };
}

export function isKnownOperator(operator: string): boolean {
  const { quantifier, name, ifExists } = parse(operator);
  return name === 'Null' ? quantifier === undefined && !ifExists : Object.hasOwn(operators, name);
}

/**
 * Whether one condition holds. Values of a policy are alternatives; a negated operator holds when none of them fits, and so
 * also when the request lacks the key. An operator that is not known holds never: only an Allow can carry one (policy.ts).
 */
export function holds(operator: string, wanted: readonly string[], actual: readonly string[] | undefined): boolean {
  const { quantifier, name, ifExists } = parse(operator);
  if (name === 'Null') return wanted.includes(String(actual === undefined));
  const found = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (found === undefined) return false;
  const not = found.not ?? false;
  if (actual === undefined) return ifExists || quantifier === 'ForAllValues' || (not && quantifier === undefined);
  const fits = (value: string): boolean => wanted.some((one) => found.compare(one, value)) !== not;
  if (quantifier === 'ForAllValues') return actual.every(fits);
  if (quantifier === 'ForAnyValue') return actual.some(fits);
  return not ? actual.every(fits) : actual.some(fits);
}
