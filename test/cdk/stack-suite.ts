import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { makeApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { makeCdkApp } from '../../cdk/app.ts';
import { pascalCase } from '../../cdk/definition.ts';
import { printedWorkflow } from '../../scripts/print-workflows.ts';
import { tableKeys } from '../../store/set-up.ts';
import { nameVariables } from '../../store/names-from-environment.ts';
import { tasks } from '../../tasks/catalogue.ts';
import { workflows, type WorkflowName } from '../../workflows/catalogue.ts';
import { listOf, made, ofType, roleOfFunction, statementsOfRole, type Resource } from './template.ts';

const one = (type: string, where: (r: Resource) => boolean = () => true): Resource => {
  const [first, ...more] = ofType(type).filter(([, r]) => where(r));
  if (first === undefined || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} resources of type ${type}, not one`);
  return first[1];
};

test('synthesises without a word of complaint', () => expect(made.messages).toEqual([]));

describe('stays inside the quotas of what deploys it', () => {
  // AWS CloudFormation User Guide, "Understand CloudFormation quotas": template body in S3, resources, outputs; the rest is head-room for the next release.
  test('the template', () => {
    expect(made.bytes).toBeLessThan(900_000);
    expect(Object.keys(made.resources).length).toBeLessThan(450);
  });

  // IAM User Guide, "IAM and AWS STS quotas": 10,240 characters of inline policy a role, without spaces. A reference becomes an ARN, longer than its name.
  test.each(ofType('AWS::IAM::Role').map(([id]) => id))('the policy of %s', (role) => {
    const longestArn = 'arn:aws:dynamodb:ap-southeast-2:111122223333:table/Rota-TablesAcknowledgements095A4990-ABCDEFGHIJKL';
    expect(JSON.stringify(statementsOfRole(role)).replace(/\$\{[^}]*\}/g, longestArn).length).toBeLessThan(10_240);
  });
});

describe.each(Object.keys(workflows) as WorkflowName[])('state machine %s', (name) => {
  const machine = () => one('AWS::StepFunctions::StateMachine', (r) => r.Properties.StateMachineName === name);
  const substitutions = () => machine().Properties.DefinitionSubstitutions as Record<string, string>;

  test('has the definition that `npm run workflows` prints', () => {
    expect(`${String(machine().Properties.DefinitionString)}\n`).toBe(printedWorkflow(name));
  });

  test('has a function for each placeholder, the right one', () => {
    const placeholders = [...String(machine().Properties.DefinitionString).matchAll(/\$\{([^}]*)\}/g)].map((m) => m[1] ?? '');
    expect([...new Set(placeholders)].sort()).toEqual(Object.keys(substitutions()).sort());
    const filled = JSON.parse(String(machine().Properties.DefinitionString).replace(/\$\{([^}]*)\}/g, (_, key: string) => substitutions()[key] ?? 'missing')) as object;
    const expected = workflows[name]({
      partition: 'aws',
      functionOf: (task) => `\${${ofType('AWS::Lambda::Function').find(([, f]) => (f.Properties.Environment as { Variables: Record<string, string> }).Variables.ROTA_TASK === task)?.[0] ?? 'none'}.Arn}`,
    });
    expect(filled).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  // Step Functions Developer Guide, "Avoiding Amazon CloudWatch Logs resource policy size restrictions".
  test('has a log that takes no room in a resource policy of the account', () => {
    const [destination] = (machine().Properties.LoggingConfiguration as { Destinations: { CloudWatchLogsLogGroup: { LogGroupArn: string } }[] }).Destinations;
    const log = made.resources[/^\$\{(\w+)\.Arn\}$/.exec(destination?.CloudWatchLogsLogGroup.LogGroupArn ?? '')?.[1] ?? ''];
    expect(log?.Properties.LogGroupName).toBe(`/aws/vendedlogs/states/rota-${name}-STACK`);
  });

  test('is Standard, traced, and logs everything but the data', () => {
    expect(machine().Properties).toMatchObject({
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
  });
});

describe('functions', () => {
  test('there is one of each task, the API, and the one that passes notices on', () => {
    const variables = ofType('AWS::Lambda::Function').map(([, f]) => (f.Properties.Environment as { Variables: Record<string, string> }).Variables);
    const [notices, ...others] = variables.sort((a, b) => Number('ROTA_NOTICE_TOPIC' in b) - Number('ROTA_NOTICE_TOPIC' in a));
    expect(Object.keys(notices ?? {}).sort()).toEqual(['ROTA_CONSOLE_URL', 'ROTA_NOTICE_TOPIC', 'ROTA_WEBHOOK_BUS']);
    expect(others.map((v) => v.ROTA_TASK ?? 'api').sort()).toEqual([...tasks.map((t) => t.name), 'api'].sort());
    for (const given of others) expect(Object.keys(given)).toEqual(expect.arrayContaining(Object.values(nameVariables)));
  });

  describe('a bundle runs where there is nothing but Node and what the function is given', () => {
    const variablesOf = (description: RegExp): Record<string, string> =>
      (ofType('AWS::Lambda::Function').find(([, f]) => description.test(String(f.Properties.Description)))?.[1].Properties.Environment as { Variables: Record<string, string> }).Variables;

    /** Prints a line for what the handler, far from any node_modules, answers to each event, or for the name of what it throws. */
    function called(bundle: string, variables: Readonly<Record<string, string>>, calls: readonly { readonly event: unknown; readonly env?: Readonly<Record<string, string>> }[]): string[] {
      const folder = mkdtempSync(join(tmpdir(), 'rota-bundle-'));
      cpSync(`dist/lambda/${bundle}`, folder, { recursive: true });
      const script = `
        const { handler } = await import(${JSON.stringify(join(folder, 'index.mjs'))});
        for (const { event, env } of ${JSON.stringify(calls)}) {
          Object.assign(process.env, env);
          const answer = await handler(event).then((a) => a ?? 'nothing', (error) => error.name);
          console.log(typeof answer === 'string' ? answer : answer.statusCode + ' ' + (answer.headers['content-type'] ?? ''));
        }`;
      const env = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', ...variables };
      const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
      rmSync(folder, { recursive: true });
      return printed.trimEnd().split('\n');
    }

    test('tasks: each refuses an event that is none of its own', () => {
      const answers = called('tasks', variablesOf(/^Rota task plan-rotation$/), tasks.map(({ name }) => ({ event: { none: 'of its own' }, env: { ROTA_TASK: name } })));
      expect(answers).toEqual(tasks.map(() => 'BadRequest'));
    });

    test('api: a page for a browser, and a refusal of what is not signed', () => {
      const domainName = 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';
      // API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.
      const request = (path: string) => ({
        event: { version: '2.0', routeKey: `GET ${path}`, rawPath: path, rawQueryString: '', headers: { host: domainName, accept: 'text/html' }, requestContext: { domainName, requestId: 'r', stage: '$default', http: { method: 'GET', path, sourceIp: '192.0.2.1' } }, isBase64Encoded: false },
      });
      const variables = { ...variablesOf(/^Rota API and console$/), ROTA_CONSOLE_URL: `https://${domainName}/` };
      expect(called('api', variables, [request('/login'), request('/'), request('/api/whoami')])).toEqual(['200 text/html; charset=UTF-8', expect.stringMatching(/^302 /), '403 application/json']);
    });

    test('notices: passes over what nobody is told', () => {
      expect(called('notices', variablesOf(/^Rota notices/), [{ event: { 'detail-type': 'Rota Something Else', time: '2026-11-27T08:00:00Z', detail: {} } }])).toEqual(['nothing']);
    });
  });

  test('a task ends before the state machine gives up on it', () => {
    const timeouts = ofType('AWS::Lambda::Function').map(([, f]) => Number(f.Properties.Timeout));
    const states = Object.values(workflows).flatMap((w) => Object.values(w({ partition: 'aws', functionOf: (t) => t }).States));
    const patience = states.flatMap((s) => (s.Type === 'Task' && typeof s.TimeoutSeconds === 'number' ? [s.TimeoutSeconds] : []));
    expect(Math.max(...timeouts)).toBeLessThan(Math.min(...patience));
  });

  // AWS Lambda Developer Guide, "Configure Lambda function memory": a whole processor at 1,769 MB.
  test('what looks at all keys, or answers people, has room and a processor for it', () => {
    const large = ofType('AWS::Lambda::Function').filter(([, f]) => f.Properties.MemorySize === 1769).map(([, f]) => String(f.Properties.Description));
    expect(large.sort()).toEqual([...tasks.filter((t) => !t.inLedger).map((t) => `Rota task ${t.name}`), 'Rota API and console'].sort());
  });

  test('each has a log that is kept for a year, a trace, and the API its prefix', () => {
    for (const [, f] of ofType('AWS::Lambda::Function')) expect(f.Properties).toMatchObject({ TracingConfig: { Mode: 'Active' }, Runtime: 'nodejs24.x', Handler: 'index.handler' });
    for (const [, log] of ofType('AWS::Logs::LogGroup')) expect(log.Properties.RetentionInDays).toBe(365);
    expect(one('AWS::Lambda::Function', (f) => f.Properties.Description === 'Rota API and console').Properties.Environment).toMatchObject({
      Variables: { ROTA_STATE_MACHINE_ARN_PREFIX: 'arn:aws:states:REGION:ACCOUNT:stateMachine:', ROTA_PLATFORM_ARNS: 'arn:aws:iam::111122223333:user/pat' },
    });
  });
});

describe('what is kept', () => {
  test('tables have the keys that store/ uses, and come back', () => {
    const keysOf = (r: Resource) => (r.Properties.KeySchema as { AttributeName: string }[]).map((k) => k.AttributeName);
    expect(ofType('AWS::DynamoDB::Table').map(([, t]) => keysOf(t))).toEqual(Object.values(tableKeys).map((k) => [...k]));
    for (const [, table] of ofType('AWS::DynamoDB::Table'))
      expect(table.Properties).toMatchObject({ DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
  });

  test('the bucket of dossiers locks what is put there for seven years; that of records keeps every version', () => {
    expect(one('AWS::S3::Bucket', (b) => b.Properties.ObjectLockEnabled !== true).Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [{ Prefix: 'pieces/', ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' }] },
    });
    expect(one('AWS::S3::Bucket', (b) => b.Properties.ObjectLockEnabled === true).Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2557 } } },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
    for (const [, policy] of ofType('AWS::S3::BucketPolicy')) expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
  });

  test("Rota's own keys have the names that store/ has", () => {
    const specOf = ([, { Properties: p }]: [string, Resource]) => [p.AliasName, made.resources[/^\$\{(\w+)/.exec(String(p.TargetKeyId))?.[1] ?? '']?.Properties];
    const keys = Object.fromEntries(ofType('AWS::KMS::Alias').map(specOf)) as Record<string, Record<string, unknown>>;
    expect(Object.keys(keys).sort()).toEqual(['alias/rota-decisions', 'alias/rota-dossiers', 'alias/rota-task-tokens']);
    expect(keys['alias/rota-task-tokens']).toMatchObject({ EnableKeyRotation: true });
    for (const name of ['alias/rota-decisions', 'alias/rota-dossiers']) expect(keys[name]).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  });

  test('nothing that holds anything goes with the stack', () => {
    const holders = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::StepFunctions::StateMachine'];
    const stays = (policy: string | undefined) => policy === 'Retain' || policy === 'RetainExceptOnCreate';
    const gone = Object.entries(made.resources).filter(([, r]) => (holders.includes(r.Type) && !(stays(r.DeletionPolicy) && r.UpdateReplacePolicy === 'Retain')) || r.DeletionPolicy === 'Delete' || r.UpdateReplacePolicy === 'Delete');
    expect(gone.map(([id]) => id)).toEqual([]);
    expect(made.terminationProtection).toBe(true);
  });

  // AWS CloudFormation User Guide, "DeletionPolicy attribute": what is retained stays behind a failed creation too, and its name with it.
  test('a first deployment that fails leaves nothing that the next one stumbles over', () => {
    const named = Object.entries(made.resources).filter(([, r]) => r.DeletionPolicy === 'Retain' && Object.keys(r.Properties).some((field) => /^(StateMachine|Table|Bucket|Queue|Topic|Function|Role|LogGroup|Alarm|Rule|ConfigRule)Name$/.test(field)));
    expect(named.map(([id]) => id)).toEqual([]);
    for (const [id, r] of Object.entries(made.resources).filter(([, { Type }]) => ['AWS::StepFunctions::StateMachine', 'AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::SQS::Queue'].includes(Type))) expect([id, r.DeletionPolicy]).toEqual([id, 'RetainExceptOnCreate']);
  });
});

describe('the API', () => {
  test('every route under /api wants a signature; the pages, which the app itself guards, are open', () => {
    expect(Object.fromEntries(ofType('AWS::ApiGatewayV2::Route').map(([, r]) => [r.Properties.RouteKey, r.Properties.AuthorizationType]))).toEqual({
      'ANY /api/{proxy+}': 'AWS_IAM',
      ...Object.fromEntries(openRoutesOfApp().map((route) => [route, 'NONE'])),
    });
  });

  test('keeps no more functions busy than people need', () => {
    expect(one('AWS::ApiGatewayV2::Stage').Properties).toMatchObject({ StageName: '$default', AutoDeploy: true, DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 } });
  });

  // AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation": twice more, for up to six hours.
  test('is not called again for a minute that failed', () => {
    const config = ofType('AWS::Lambda::EventInvokeConfig').find(([, c]) => String(c.Properties.FunctionName).includes('ConsoleApi'))?.[1].Properties;
    expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  });

  test('is called every minute with an event that is no request', () => {
    const { ScheduleExpression, Targets } = one('AWS::Events::Rule', (r) => r.Properties.ScheduleExpression !== undefined).Properties as { ScheduleExpression: string; Targets: { Input: string }[] };
    expect(ScheduleExpression).toBe('rate(1 minute)');
    expect(JSON.parse(Targets[0]?.Input ?? '')).toEqual({ source: 'aws.scheduler' });
  });
});

describe('alarms', () => {
  interface Alarm {
    readonly MetricName: string;
    readonly Namespace: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    readonly AlarmDescription: string;
    readonly AlarmActions: readonly string[];
    readonly TreatMissingData: string;
    readonly Threshold: number;
    readonly Period: number;
    readonly EvaluationPeriods: number;
    readonly ComparisonOperator: string;
    readonly Statistic: string;
  }
  const alarms = () => ofType('AWS::CloudWatch::Alarm').map(([, a]) => a.Properties as unknown as Alarm);
  const alarmOf = (metric: string): Alarm => {
    const [first, ...more] = alarms().filter((a) => a.MetricName === metric);
    if (first === undefined || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} alarms of ${metric}, not one`);
    return first;
  };
  const topic = (): string => `\${${ofType('AWS::SNS::Topic').map(([id]) => id).join()}}`;

  test('each tells those who get notices, in a sentence that names a runbook', () => {
    for (const { AlarmActions, AlarmDescription } of alarms()) {
      expect(AlarmActions).toEqual([topic()]);
      const [, runbook = 'none'] = /^[A-Z].*\. See (runbooks\/[a-z-]+\.md)\.$/.exec(AlarmDescription) ?? [];
      expect(existsSync(runbook), AlarmDescription).toBe(true);
    }
  });

  test('CloudWatch may publish there, for alarms of this account only', () => {
    const statements = ofType('AWS::SNS::TopicPolicy').flatMap(([, p]) => (p.Properties.PolicyDocument as { Statement: object[] }).Statement);
    expect(statements).toContainEqual({
      Sid: 'AlarmsPublish',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: topic(),
      Condition: { StringEquals: { 'aws:SourceAccount': 'ACCOUNT' }, ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:REGION:ACCOUNT:alarm:*' } },
    });
  });

  test('every way in which a machine ends badly has one', () => {
    const byMachine = alarms().filter((a) => a.Namespace === 'AWS/States').map((a) => a.MetricName);
    expect(byMachine.sort()).toEqual(Object.keys(workflows).flatMap(() => ['ExecutionsAborted', 'ExecutionsFailed', 'ExecutionsTimedOut']).sort());
  });

  test('so has every function that no machine answers for, and the one that seals dossiers', () => {
    const tried = alarms().filter((a) => a.Namespace === 'AWS/Lambda').map((a) => [a.MetricName, a.Dimensions?.[0]?.Value]);
    expect(tried).toHaveLength(5);
    for (const part of [/TasksSealDossier/, /TasksJudgeEvent/, /TasksJudgeForConfig/, /ConsoleApi/, /NoticesPassOn/]) expect(tried.filter(([metric, fn]) => metric === 'Errors' && part.test(fn ?? ''))).toHaveLength(1);
  });

  test('and every queue of what could not be delivered', () => {
    const queues = ofType('AWS::SQS::Queue').map(([id]) => `\${${id}.QueueName}`);
    const watched = alarms().filter((a) => a.Namespace === 'AWS/SQS').map((a) => a.Dimensions?.[0]?.Value);
    expect(watched.sort()).toEqual(queues.sort());
    expect(queues).toHaveLength(2);
  });

  test('a sweep that does not come is missed after a day and two hours', () => {
    expect(alarmOf('SweepsEnded')).toMatchObject({ Namespace: 'Rota', Statistic: 'Sum', Period: 3600, EvaluationPeriods: 26, Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' });
  });

  test.each([
    ['OverdueManualRotations', 'Maximum', 'ignore', undefined],
    ['OpenHighFindings', 'Maximum', 'ignore', undefined],
    ['SweepTargetsFailed', 'Maximum', 'ignore', undefined],
    ['FindingsOpened', 'Sum', 'notBreaching', [{ Name: 'Severity', Value: 'high' }]],
    ['ApprovalsTimedOut', 'Sum', 'notBreaching', undefined],
  ])('%s: one is enough', (metric, Statistic, TreatMissingData, dimensions) => {
    const alarm = alarmOf(metric);
    expect(alarm).toMatchObject({ Namespace: 'Rota', Statistic, TreatMissingData, Threshold: 1, EvaluationPeriods: 1, Period: 300, ComparisonOperator: 'GreaterThanOrEqualToThreshold' });
    expect(alarm.Dimensions).toEqual(dimensions);
  });

  test('no other alarm looks at a metric of Rota', () => {
    expect(alarms().filter((a) => a.Namespace === 'Rota')).toHaveLength(6);
  });
});

describe('events about keys', () => {
  const keeper = (name: string) => ofType('AWS::Lambda::EventInvokeConfig').find(([, c]) => String(c.Properties.FunctionName).includes(name))?.[1].Properties;

  test('what reaches no function, and what a function fails at, is kept', () => {
    const rules = ofType('AWS::Events::Rule').map(([, r]) => r.Properties as { EventPattern?: { source: string[] }; Targets: { DeadLetterConfig?: { Arn: string } }[] }).filter((r) => JSON.stringify(r.Targets).includes('JudgeEvent'));
    expect(rules.map((r) => r.EventPattern?.source)).toEqual([['aws.kms'], ['aws.kms'], ['aws.kms'], ['rota']]);
    // No other fact of Rota: it would look for what it has just told.
    expect(rules[3]?.EventPattern).toEqual({ account: ['ACCOUNT'], source: ['rota'], 'detail-type': ['Rota Rotation Switched', 'Rota Rotation Ended'] });
    for (const { Targets } of rules) expect(Targets.map((t) => t.DeadLetterConfig?.Arn)).toEqual([expect.stringMatching(/^\$\{WatchUndelivered\w+\.Arn\}$/)]);
    expect(keeper('JudgeEvent')).toMatchObject({ MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: expect.stringMatching(/^\$\{WatchUndelivered\w+\.Arn\}$/) as string } } });
    expect(keeper('PassOn')).toMatchObject({ MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: expect.stringMatching(/^\$\{NoticesUndelivered\w+\.Arn\}$/) as string } } });
  });
});

describe('notices', () => {
  const rule = (source: string) => one('AWS::Events::Rule', (r) => JSON.stringify(r.Properties.EventPattern) === JSON.stringify({ account: ['ACCOUNT'], source: [source] })).Properties as { Targets: Record<string, unknown>[] };

  test('every fact of Rota goes to the function that words it; what fails is kept', () => {
    const [target, ...more] = rule('rota').Targets;
    expect(more).toEqual([]);
    expect(target?.Arn).toMatch(/^\$\{NoticesPassOn\w+\.Arn\}$/);
    expect(target?.DeadLetterConfig).toEqual({ Arn: expect.stringMatching(/^\$\{NoticesUndelivered\w+\.Arn\}$/) as string });
  });

  test('mail goes to those who were named, encrypted on the way', () => {
    expect(ofType('AWS::SNS::Subscription').map(([, s]) => [s.Properties.Protocol, s.Properties.Endpoint])).toEqual([['email', 'approvers@bank.example'], ['email', 'keys@bank.example']]);
    for (const [, policy] of ofType('AWS::SNS::TopicPolicy')) expect(JSON.stringify(policy.Properties)).toContain('"aws:SecureTransport":"false"');
  });

  test('the webhook gets the words alone, by HTTPS, with a secret that stands in no template', () => {
    const [target] = rule('rota.notices').Targets;
    expect(target).toMatchObject({ InputPath: '$.detail', DeadLetterConfig: {} });
    expect(one('AWS::Events::ApiDestination').Properties).toMatchObject({ HttpMethod: 'POST', InvocationEndpoint: 'https://hooks.bank.example/rota' });
    expect(one('AWS::Events::Connection').Properties.AuthParameters).toEqual({
      ApiKeyAuthParameters: { ApiKeyName: 'x-rota-secret', ApiKeyValue: '{{resolve:secretsmanager:rota/webhook:SecretString:::}}' },
    });
  });

  test('the function may publish to its topic, put the words on the bus, keep what it failed at, and nothing else', () => {
    const rights = statementsOfRole(roleOfFunction('ROTA_NOTICE_TOPIC')).filter((s) => !listOf(s.Action).some((a) => /^(logs|xray):/.test(a)));
    expect(rights.map((s) => [s.Effect, s.Action, s.Resource])).toEqual([
      ['Allow', ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], expect.stringMatching(/^\$\{NoticesUndelivered\w+\.Arn\}$/)],
      ['Allow', 'sns:Publish', expect.stringMatching(/^\$\{NoticesTopic\w+\}$/)],
      ['Allow', 'events:PutEvents', 'arn:aws:events:REGION:ACCOUNT:event-bus/default'],
    ]);
  });
});

describe('rules of AWS Config', () => {
  const rules = () => ofType('AWS::Config::ConfigRule').map(([, r]) => r.Properties as { ConfigRuleName: string; InputParameters?: unknown; Source: Record<string, unknown>; Scope?: unknown });

  test('each of Rota asks the one function that judges keys, once a day', () => {
    const [judge] = ofType('AWS::Lambda::Function').filter(([, f]) => (f.Properties.Environment as { Variables: Record<string, string> }).Variables.ROTA_TASK === 'judge-for-config');
    const own = rules().filter((r) => r.Source.Owner === 'CUSTOM_LAMBDA');
    expect(own.map((r) => [r.ConfigRuleName, r.InputParameters])).toEqual([['rota-automatic-rotation', { rule: 'automatic-rotation' }], ['rota-manual-rotation', { rule: 'manual-rotation' }], ['rota-imported-material', { rule: 'imported-material' }]]);
    for (const { Source } of own)
      expect(Source).toEqual({ Owner: 'CUSTOM_LAMBDA', SourceIdentifier: `\${${judge?.[0] ?? 'none'}.Arn}`, SourceDetails: [{ EventSource: 'aws.config', MessageType: 'ScheduledNotification', MaximumExecutionFrequency: 'TwentyFour_Hours' }] });
  });

  test('only Config may ask it, of this account, before the rules are there', () => {
    const [permission, ...more] = ofType('AWS::Lambda::Permission').filter(([, p]) => p.Properties.Principal === 'config.amazonaws.com');
    expect(more).toEqual([]);
    expect(permission?.[1].Properties).toMatchObject({ Action: 'lambda:InvokeFunction', SourceAccount: 'ACCOUNT', FunctionName: expect.stringMatching(/^\$\{TasksJudgeForConfigFunction\w+\.Arn\}$/) as string });
    for (const [, rule] of ofType('AWS::Config::ConfigRule').filter(([, r]) => (r.Properties.Source as { Owner: string }).Owner !== 'AWS')) expect(rule.DependsOn).toEqual([permission?.[0]]);
  });

  test("AWS's own is for keys that say that they rotate", () => {
    expect(rules().filter((r) => r.Source.Owner === 'AWS')).toMatchObject([{ Source: { SourceIdentifier: 'CMK_BACKING_KEY_ROTATION_ENABLED' }, Scope: { TagKey: 'rota:rotates', TagValue: 'automatic' } }]);
  });

  test.each([
    [{}, []],
    [{ configRules: 'rota' }, ['CUSTOM_LAMBDA', 'CUSTOM_LAMBDA', 'CUSTOM_LAMBDA']],
  ])('with context %j there are %j', (context, owners) => {
    const stack = makeCdkApp(context, mkdtempSync(join(tmpdir(), 'rota-cdk-'))).node.findChild('Rota');
    const found = Template.fromStack(Stack.of(stack)).findResources('AWS::Config::ConfigRule') as Record<string, { Properties: { Source: { Owner: string } } }>;
    expect(Object.values(found).map((r) => r.Properties.Source.Owner)).toEqual(owners);
  });
});

test('every role has the permissions boundary that an account demands, and none where none is', () => {
  const stack = makeCdkApp({ permissionsBoundary: 'bank-boundary' }, mkdtempSync(join(tmpdir(), 'rota-cdk-'))).node.findChild('Rota');
  const roles = Object.values(Template.fromStack(Stack.of(stack)).findResources('AWS::IAM::Role') as Record<string, Resource>);
  expect(roles).toHaveLength(ofType('AWS::IAM::Role').length - 1);
  for (const { Properties } of roles) expect(JSON.stringify(Properties.PermissionsBoundary)).toContain(':policy/bank-boundary');
  for (const [, { Properties }] of ofType('AWS::IAM::Role')) expect(Properties.PermissionsBoundary).toBeUndefined();
});

test('says where things are', () => {
  expect(Object.keys(made.outputs).sort()).toEqual(['AliasRollbackArn', 'ApiUrl', 'AsymmetricRotationArn', 'ByokRotationArn', 'CloseRotationArn', 'DossierBucket', 'JudgeEventRoleArn', 'KeySweepArn', 'NoticeTopic', 'RetireArn', 'SweepTargetRoleArn']);
  for (const task of ['sweep-target', 'judge-event']) expect(made.outputs[`${pascalCase(task)}RoleArn`]).toMatchObject({ Value: `\${${roleOfFunction('ROTA_TASK', task)}.Arn}` });
});

test.each([
  [{ retentionMode: 'GOVERNMENT' }, 'context retentionMode is GOVERNMENT: write GOVERNANCE or COMPLIANCE'],
  [{ retentionYears: '0' }, 'context retentionYears is 0: write whole years, 1 to 100'],
  [{ configRules: 'yes' }, 'context configRules is yes: write none, rota or rota-and-managed'],
  [{ mailTo: 'everybody' }, 'context mailTo has everybody: write e-mail addresses, with commas between'],
  [{ webhookUrl: 'http://hooks.bank.example', webhookSecret: 'x' }, 'context webhookUrl is http://hooks.bank.example: write an https URL'],
  [{ webhookUrl: 'https://hooks.bank.example' }, 'context webhookSecret is not given: write the name of a secret in Secrets Manager'],
  [{ sweptAccounts: '222233334444, bank' }, 'context sweptAccounts has bank: write account ids, twelve digits each, with commas between'],
  [{ sweptOrganizationId: 'ou-abcd-12345678' }, 'context sweptOrganizationId is ou-abcd-12345678: write the id of an organisation, such as o-abcd123456'],
  [{ sweptBy: '111122223333' }, 'context sweptBy is 111122223333: write the account and the Region of Rota, such as 111122223333/eu-central-1'],
  [{ sweptBy: '111122223333/eu-central-1', sweepPeople: 'arn:aws:iam::222233334444:user/pat' }, 'context sweepPeople has arn:aws:iam::222233334444:user/pat: write ARNs of IAM users or roles of account 111122223333, with commas between'],
  [{ sweptBy: '111122223333/eu-central-1', sweepMayEnable: 'true' }, 'context sweepMayEnable is true: write yes or no'],
  [{ platformArns: 'pat' }, 'context platformArns has pat: write ARNs of IAM users, roles or role sessions, with commas between'],
])('refuses context %j', (context, message) => {
  expect(() => makeCdkApp(context)).toThrow(message);
});

/** The routes of the app outside `/api`, as API Gateway writes them. */
function openRoutesOfApp(): string[] {
  const routes = makeApp({ consoleUrl: 'https://rota.example/' } as ApiDeps).routes.filter((r) => r.method !== 'ALL' && !r.path.startsWith('/api/'));
  return [...new Set(routes.map((r) => `${r.method} ${r.path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`))];
}
