import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface RotaFunctionProps {
  readonly description: string;
  /** A folder of dist/lambda, made by scripts/build-lambdas.mjs. */
  readonly bundle: 'tasks' | 'api' | 'notices';
  readonly timeout: Duration;
  /** Whether it has to do with all keys at once, or somebody waits for its answer; left out, it does one step of one rotation. */
  readonly large?: boolean;
  /** Where another account goes by it; left out, CloudFormation draws one. */
  readonly roleName?: string;
}

/**
 * In MB. Lambda gives a processor in proportion: a whole one at 1,769 MB (AWS Lambda Developer Guide, "Configure Lambda function memory"). Reading the lines and the tally of 100,000
 * keys takes a process to 400 MB (measured with Node 20).
 */
const memorySizes = { step: 512, large: 1769 } as const;

/** A Lambda function with a role and a log of its own. It has no rights until it is given some. */
export class RotaFunction extends Construct {
  readonly lambda: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, { description, bundle, timeout, large = false, ...named }: RotaFunctionProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), description, ...named });
    const logGroup = new logs.LogGroup(this, 'Log', { retention: logs.RetentionDays.ONE_YEAR });
    logGroup.grantWrite(this.role);
    this.lambda = new lambda.Function(this, 'Function', {
      description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(`dist/lambda/${bundle}`),
      handler: 'index.handler',
      role: this.role,
      timeout,
      memorySize: large ? memorySizes.large : memorySizes.step,
      logGroup,
      tracing: lambda.Tracing.ACTIVE,
    });
  }

  setEnvironment(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.lambda.addEnvironment(name, value);
  }

  allow(statements: readonly iam.PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPolicy(statement);
  }

  /**
   * Keeps the events of EventBridge at which the function fails, after two more tries. EventBridge's own queue does not: to EventBridge an event is delivered as
   * soon as Lambda has it (AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
   */
  keepFailedEvents(queue: sqs.IQueue): void {
    this.lambda.configureAsyncInvoke({ onFailure: new destinations.SqsDestination(queue), retryAttempts: 2 });
  }
}
