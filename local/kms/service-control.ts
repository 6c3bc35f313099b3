import { AwsError } from '../wire/errors.ts';
import { judge, parseStatements, type Question, type Statement } from './policy.ts';
import { like } from './wildcard.ts';

/** Operations on no key and no key to be: nothing here asks the organisation about them. */
const keyless = ['kms:ListKeys', 'kms:ListAliases', 'kms:GenerateRandom'];

/** A policy of the organisation: what it is called here, and its JSON. */
export interface ServiceControlPolicy {
  readonly name: string;
  readonly document: string;
}

/**
 * What the organisation forbids in every account: the Deny statements of service control policies. An Allow in them grants nothing, it
 * only leaves room, and so only `Allow *` is taken (AWS Organizations User Guide, "SCP evaluation").
 */
export class ServiceControl {
  readonly #denials: readonly Statement[];

  /** Throws a sentence with the policy's name for one that this KMS could not enforce whole. */
  constructor(policies: readonly ServiceControlPolicy[] = []) {
    this.#denials = policies.flatMap(denialsOf);
  }

  /** Throws AccessDeniedException, in AWS's words, when a policy of the organisation forbids the request. */
  check(question: Question): void {
    if (judge(this.#denials, question) !== 'deny') return;
    const { callerArn, action, keyArn } = question;
    throw new AwsError('AccessDeniedException', `User: ${callerArn} is not authorized to perform: ${action} on resource: ${keyArn} with an explicit deny in a service control policy`);
  }
}

function denialsOf({ name, document }: ServiceControlPolicy): Statement[] {
  try {
    const statements = parseStatements(document, 'service control policy');
    for (const statement of statements) refuseUnenforceable(statement);
    return statements.filter(({ effect }) => effect === 'Deny');
  } catch (error) {
    throw error instanceof AwsError ? new Error(`${name}: ${error.message}`) : error;
  }
}

function refuseUnenforceable({ effect, actions, resources, conditions }: Statement): void {
  const patterns = actions?.patterns ?? [];
  const refuse = (why: string): AwsError => new AwsError('MalformedPolicyDocumentException', `The embedded KMS cannot enforce this policy: ${why}.`);
  if (resources.length === 0) throw refuse('a statement has no Resource');
  if (effect === 'Allow') {
    if (!patterns.includes('*') || !resources.includes('*') || conditions.length > 0) throw refuse('an Allow of less than everything');
    return;
  }
  if (actions === undefined || actions.inverted) throw refuse('a Deny without Action');
  const foreign = patterns.find((pattern) => !pattern.toLowerCase().startsWith('kms:'));
  if (foreign !== undefined) throw refuse(`${foreign} is not about KMS`);
  const unasked = keyless.find((action) => patterns.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())));
  if (unasked !== undefined) throw refuse(`${unasked} is about no key`);
}
