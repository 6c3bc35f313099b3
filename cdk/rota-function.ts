import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface RotaFunctionProps {
  readonly description: string;
  /** A folder of dist/lambda, made by scripts/build-lambdas.mjs. */
  readonly bundle: 'tasks' | 'api' | 'notices';
  readonly timeout: Duration;
}

/** A Lambda function with a role and a log of its own. It has no rights until it is given some. */
export class RotaFunction extends Construct {
  readonly lambda: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, { description, bundle, timeout }: RotaFunctionProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), description });
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
      memorySize: 512,
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
}
