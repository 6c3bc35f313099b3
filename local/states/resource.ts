/** What a Task's `Resource` asks for. */
export interface Resource {
  readonly kind: 'lambda' | 'optimized' | 'sdk';
  /** `callService`'s name of the service, and the operation in PascalCase. */
  readonly service: string;
  readonly operation: string;
  /** What stands before the dot in error names of the service. */
  readonly errorPrefix: string;
  readonly callback: boolean;
  /** As history names it: `lambda` and `invoke.waitForTaskToken`. */
  readonly resourceType: string;
  readonly resource: string;
}

const callbackSuffix = '.waitForTaskToken';

interface Named {
  readonly service: string;
  readonly errorPrefix: string;
}

/** The AWS SDK integrations, by their name in the ARN. Error prefixes are those of the AWS SDK for Java 2. SFN-DG supported-services-awssdk. */
const sdkServices: Readonly<Record<string, Named>> = {
  kms: { service: 'kms', errorPrefix: 'Kms' },
  dynamodb: { service: 'dynamodb', errorPrefix: 'DynamoDb' },
  s3: { service: 's3', errorPrefix: 'S3' },
  sfn: { service: 'sfn', errorPrefix: 'Sfn' },
  eventbridge: { service: 'events', errorPrefix: 'EventBridge' },
  resourcegroupstaggingapi: { service: 'tag', errorPrefix: 'ResourceGroupsTaggingApi' },
};

const dynamodb = { service: 'dynamodb', errorPrefix: 'DynamoDB', takesToken: false };

/** The optimized integrations, with their error prefixes and whether they wait for a token. SFN-DG integrate-optimized. */
const optimized: Readonly<Record<string, Named & { readonly takesToken: boolean }>> = {
  'lambda:invoke': { service: 'lambda', errorPrefix: 'Lambda', takesToken: true },
  'events:putEvents': { service: 'events', errorPrefix: 'EventBridge', takesToken: true },
  'states:startExecution': { service: 'sfn', errorPrefix: 'StepFunctions', takesToken: true },
  'dynamodb:getItem': dynamodb,
  'dynamodb:putItem': dynamodb,
  'dynamodb:updateItem': dynamodb,
  'dynamodb:deleteItem': dynamodb,
};

/** What the embedded Step Functions integrates, in words for a refusal. */
export const integrations = `${Object.keys(optimized).join(', ')}, aws-sdk:<${Object.keys(sdkServices).join('|')}>:<action>, each but dynamodb:* also with ${callbackSuffix}`;

/** Reads a Resource ARN. Undefined for what is not integrated: activities, `.sync`, function ARNs, other services. */
export function readResource(arn: string): Resource | undefined {
  const name = /^arn:aws[a-z-]*:states:::(.+)$/.exec(arn)?.[1];
  if (name === undefined) return undefined;
  const callback = name.endsWith(callbackSuffix);
  const bare = callback ? name.slice(0, -callbackSuffix.length) : name;
  const history = { callback, resourceType: bare.slice(0, bare.lastIndexOf(':')), resource: name.slice(bare.lastIndexOf(':') + 1) };
  const operation = pascal(bare.slice(bare.lastIndexOf(':') + 1));
  const own = Object.hasOwn(optimized, bare) ? optimized[bare] : undefined;
  if (own !== undefined) return callback && !own.takesToken ? undefined : { kind: own.service === 'lambda' ? 'lambda' : 'optimized', service: own.service, errorPrefix: own.errorPrefix, operation, ...history };
  const [, serviceName = ''] = /^aws-sdk:([a-z0-9]+):[a-z][A-Za-z0-9]*$/.exec(bare) ?? [];
  const sdk = Object.hasOwn(sdkServices, serviceName) ? sdkServices[serviceName] : undefined;
  return sdk && { kind: 'sdk', ...sdk, operation, ...history };
}

const pascal = (action: string): string => action.charAt(0).toUpperCase() + action.slice(1);
