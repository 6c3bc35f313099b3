import { Aws, Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { Rights } from './permissions.ts';
import { RotaFunction } from './rota-function.ts';

/**
 * The rights of the API, each at its place. It alone answers task tokens, opens them and signs decisions. A test compares
 * the names with `apiActions` in api/deps.ts, which this folder may not import.
 */
const at: Rights['at'] = {
  registryTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  ledgerTable: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  approvalTable: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
  acknowledgementTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  findingTable: ['dynamodb:DeleteItem', 'dynamodb:Scan'],
  waveTable: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  paceTable: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
  records: ['s3:GetObject', 's3:PutObject'],
  recordBucket: ['s3:ListBucket'],
  waitTable: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
  passkeyTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
  sessionTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
  eventBus: ['events:PutEvents'],
  tokenKey: ['kms:Decrypt'],
  decisionKey: ['kms:Sign'],
  dossierKey: ['kms:GetPublicKey'],
  dossiers: ['s3:GetObject'],
  retirements: ['s3:GetObject'],
  bucket: ['s3:ListBucket'],
  keys: ['kms:DescribeKey', 'kms:GetKeyLastUsage', 'kms:GetKeyPolicy', 'kms:ListGrants', 'kms:ListKeyRotations', 'kms:ListResourceTags'],
  anything: ['cloudtrail:LookupEvents', 'kms:ListAliases'],
  executions: ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
  machines: ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess', 'states:StartExecution'],
};

/** What a browser asks for without a signature; the app itself wants a session, or the secret of a one-use link. A test compares it with the app. */
const openRoutes: readonly (readonly [method: apigateway.HttpMethod, path: string])[] = [
  [apigateway.HttpMethod.GET, '/'],
  ...['/login', '/assets/{file}', '/enrol/{secret}', '/acknowledge/{id}/{secret}'].map((path) => [apigateway.HttpMethod.GET, path] as const),
  ...['/rotations', '/rotations/{id}', '/approvals/{id}', '/keys', '/findings', '/kpis', '/outbox', '/consumers', '/dossiers', '/dossiers/{sequence}', '/dossiers/{sequence}/file', '/people', '/rotate', '/retire', '/waves', '/waves/{id}'].map(
    (path) => [apigateway.HttpMethod.GET, path] as const,
  ),
  ...['/login', '/login/challenges', '/logout', '/enrol/{secret}', '/enrol/{secret}/challenges', '/acknowledge/{id}/{secret}'].map(
    (path) => [apigateway.HttpMethod.POST, path] as const,
  ),
  ...['/approvals/{id}/challenges', '/approvals/{id}/decisions', '/rotate', '/retire', '/waves', '/waves/{id}/stop', '/waves/{id}/go-on', '/rotations/{id}/rollback', '/rotations/{id}/waivers', '/rotations/{id}/words'].map((path) => [apigateway.HttpMethod.POST, path] as const),
];

/** The HTTP API and console: signed requests under `/api`, and the pages. */
export class Console extends Construct {
  readonly fn: RotaFunction;
  readonly rights: Rights = { actions: Object.values(at).flat(), at };
  readonly url: string;

  constructor(scope: Construct, id: string, platformArns: readonly string[], consoleUrl?: string) {
    super(scope, id);
    // API Gateway gives up after 30 s; the schedule may use the minute until it comes again.
    this.fn = new RotaFunction(this, 'Api', { description: 'Rota API and console', bundle: 'api', timeout: Duration.minutes(1), large: true });
    this.fn.setEnvironment({
      ROTA_STATE_MACHINE_ARN_PREFIX: `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:stateMachine:`,
      ROTA_PLATFORM_ARNS: platformArns.join(','),
    });

    const api = new apigateway.HttpApi(this, 'Http', { description: 'Rota', createDefaultStage: false });
    // Of each route. Pages are open to whoever finds them, and functions that they keep busy are missing to everybody in the account.
    new apigateway.HttpStage(this, 'Stage', { httpApi: api, stageName: '$default', autoDeploy: true, throttle: { rateLimit: 50, burstLimit: 100 } });
    const integration = new HttpLambdaIntegration('Api', this.fn.lambda);
    api.addRoutes({ path: '/api/{proxy+}', methods: [apigateway.HttpMethod.ANY], integration, authorizer: new HttpIamAuthorizer() });
    const open = { integration, authorizer: new apigateway.HttpNoneAuthorizer() };
    // Some paths hold the secret of a one-use link, and so this API writes no access log.
    for (const [method, path] of openRoutes) api.addRoutes({ path, methods: [method], ...open });
    this.url = api.apiEndpoint;
    this.fn.setEnvironment({ ROTA_CONSOLE_URL: consoleUrl ?? `${api.apiEndpoint}/` });

    // The next minute calls it again: what failed, or waited for a free function, need not be tried thrice meanwhile.
    this.fn.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    // Tells workflows what a crash kept from them: api/lambda.ts knows this event by what it lacks, a requestContext.
    new events.Rule(this, 'EveryMinute', {
      description: 'Rota: deliver what was left undelivered',
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [new targets.LambdaFunction(this.fn.lambda, { event: events.RuleTargetInput.fromObject({ source: 'aws.scheduler' }), retryAttempts: 0 })],
    });
  }
}
