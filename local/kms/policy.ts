import { AwsError } from '../wire/errors.ts';
import { isKnownConditionKey } from './condition-values.ts';
import { holds, isKnownOperator } from './conditions.ts';
import { principalMatches } from '../principal-arns.ts';
import { like } from './wildcard.ts';

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: readonly string[];
  /** Undefined when the statement says neither: AWS keeps such a statement, and it does nothing (aws-facts 1.11). */
  readonly actions: { readonly patterns: readonly string[]; readonly inverted: boolean } | undefined;
  readonly resources: readonly string[];
  /** Operator, condition key, values; all must hold. */
  readonly conditions: readonly (readonly [operator: string, key: string, values: readonly string[]])[];
}

export interface Question {
  /** Such as `kms:DisableKey`. */
  readonly action: string;
  readonly callerArn: string;
  readonly keyArn: string;
  /** The request's values of a condition key; undefined when the request has none. */
  readonly valuesOf: (conditionKey: string) => readonly string[] | undefined;
}

/** What a key policy says of a request. */
export const decide = (policy: string, question: Question): Verdict => judge(parseStatements(policy, 'key policy'), question);

export type Verdict = 'deny' | 'allow' | 'silent';

/** What statements say of a request: an explicit Deny wins over any Allow. */
export function judge(statements: readonly Statement[], question: Question): Verdict {
  const matching = statements.filter((statement) => matches(statement, question));
  if (matching.some(({ effect }) => effect === 'Deny')) return 'deny';
  return matching.length > 0 ? 'allow' : 'silent';
}

function matches(statement: Statement, { action, callerArn, keyArn, valuesOf }: Question): boolean {
  if (statement.actions === undefined) return false;
  const named = statement.actions.patterns.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()));
  return (
    named !== statement.actions.inverted &&
    statement.resources.some((pattern) => like(pattern, keyArn)) &&
    statement.principals.some((principal) => principalMatches(principal, callerArn)) &&
    statement.conditions.every(([operator, key, values]) => holds(operator, values, valuesOf(key)))
  );
}

/** AWS's limit on a key policy, in bytes (aws-facts 1.11). */
const longestPolicy = 32_768;

/**
 * Throws unless a policy can be put on a key: MalformedPolicyDocumentException for a document that is wrong, that says
 * something this KMS cannot judge, or that would lock the caller out; LimitExceededException beyond 32 KiB.
 */
export function checkPolicy(policy: string, question: Omit<Question, 'action'>, bypassLockoutCheck: boolean | undefined): void {
  if (Buffer.byteLength(policy) > longestPolicy) {
    throw new AwsError('LimitExceededException', `The key policy is longer than ${longestPolicy} bytes.`);
  }
  parseStatements(policy, 'key policy');
  if (bypassLockoutCheck === true) return;
  if (decide(policy, { ...question, action: 'kms:PutKeyPolicy' }) !== 'allow') {
    throw malformed('The new key policy will not allow you to update the key policy in the future.');
  }
}

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocumentException', message);

/** A key policy says whom it is about; a service control policy is about everybody in the account. */
type Kind = 'key policy' | 'service control policy';

/** The statements of a policy. Throws MalformedPolicyDocumentException for what is wrong or cannot be judged here. */
export function parseStatements(policy: string, kind: Kind): Statement[] {
  const what = `The ${kind}`;
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    throw malformed(`${what} is not valid JSON.`);
  }
  const { Version, Id, Statement: statements, ...unknown } = fieldsOf(document, what);
  refuseUnknown(unknown, what);
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17') throw malformed(`Version ${JSON.stringify(Version)} is not known.`);
  if (Id !== undefined && typeof Id !== 'string') throw malformed('Id must be a string.');
  const list = Array.isArray(statements) ? (statements as unknown[]) : [statements];
  if (statements === undefined || list.length === 0) throw malformed(`${what} has no Statement.`);
  return list.map((statement, index) => parseStatement(statement, kind, `Statement ${index + 1}`));
}

function parseStatement(raw: unknown, kind: Kind, where: string): Statement {
  const { Sid, Effect, Principal, Action, NotAction, Resource, Condition, ...unknown } = fieldsOf(raw, where);
  refuseUnknown(unknown, where);
  if (Sid !== undefined && typeof Sid !== 'string') throw malformed(`${where}: Sid must be a string.`);
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed(`${where}: Effect must be Allow or Deny.`);
  if (Action !== undefined && NotAction !== undefined) throw malformed(`${where}: Action and NotAction exclude each other.`);
  const patterns = Action ?? NotAction;
  const conditions = Condition === undefined ? [] : parseConditions(Condition, where);
  // An Allow that cannot be judged grants nothing here; a Deny that cannot be judged would silently not protect.
  if (Effect === 'Deny') conditions.forEach(([operator, key]) => refuseUnjudgeable(operator, key, where));
  return {
    effect: Effect,
    principals: kind === 'key policy' ? parsePrincipals(Principal, where) : everybody(Principal, where),
    actions: patterns === undefined ? undefined : { patterns: stringsOf(patterns, `${where}: Action`), inverted: NotAction !== undefined },
    resources: Resource === undefined ? [] : stringsOf(Resource, `${where}: Resource`),
    conditions,
  };
}

function parsePrincipals(raw: unknown, where: string): string[] {
  if (raw === undefined) throw malformed(`${where}: a key policy statement needs a Principal.`);
  if (raw === '*') return ['*'];
  const { AWS, Service, ...unknown } = fieldsOf(raw, `${where}: Principal`);
  refuseUnknown(unknown, `${where}: Principal`);
  const services = Service === undefined ? [] : stringsOf(Service, `${where}: Principal.Service`);
  const people = AWS === undefined ? [] : stringsOf(AWS, `${where}: Principal.AWS`);
  const wrong = people.find((arn) => !/^(\*|\d{12}|arn:aws:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/.+))$/.test(arn));
  if (wrong !== undefined) throw malformed(`Policy contains a statement with one or more invalid principals: ${wrong}`);
  if (people.length + services.length === 0) throw malformed(`${where}: Principal is empty.`);
  return [...people, ...services];
}

function everybody(principal: unknown, where: string): string[] {
  if (principal !== undefined) throw malformed(`${where}: a service control policy has no Principal: it is about everybody in the account.`);
  return ['*'];
}

function parseConditions(raw: unknown, where: string): [string, string, string[]][] {
  return Object.entries(fieldsOf(raw, `${where}: Condition`)).flatMap(([operator, tests]) =>
    Object.entries(fieldsOf(tests, `${where}: Condition.${operator}`)).map(([key, values]): [string, string, string[]] => [
      operator,
      key,
      stringsOf(values, `${where}: Condition.${operator}.${key}`),
    ]),
  );
}

function refuseUnjudgeable(operator: string, key: string, where: string): void {
  if (!isKnownOperator(operator)) throw malformed(`${where}: the embedded KMS cannot judge the condition operator ${operator} in a Deny.`);
  if (!isKnownConditionKey(key)) throw malformed(`${where}: the embedded KMS cannot judge the condition key ${key} in a Deny.`);
}

function fieldsOf(raw: unknown, where: string): Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw malformed(`${where} must be an object.`);
  return raw as Record<string, unknown>;
}

function refuseUnknown(rest: Record<string, unknown>, where: string): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw malformed(`${where}: the embedded KMS does not know the element ${name}.`);
}

function stringsOf(raw: unknown, where: string): string[] {
  const list = Array.isArray(raw) ? (raw as unknown[]) : [raw];
  return list.map((value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'boolean' || typeof value === 'number') return String(value);
    throw malformed(`${where} must be a string or a list of strings.`);
  });
}
