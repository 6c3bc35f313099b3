/** What a Task's `Resource` asks for. */
export interface Resource {
  readonly kind: 'lambda' | 'events' | 'sdk';
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

/** The AWS SDK integrations, by their name in the ARN. Error prefixes are those of the AWS SDK for Java 2. SFN-DG supported-services-awssdk. */
const sdkServices: Readonly<Record<string, { readonly service: string; readonly errorPrefix: string }>> = {
  kms: { service: 'kms', errorPrefix: 'Kms' },
  dynamodb: { service: 'dynamodb', errorPrefix: 'DynamoDb' },
  s3: { service: 's3', errorPrefix: 'S3' },
  sfn: { service: 'sfn', errorPrefix: 'Sfn' },
  eventbridge: { service: 'events', errorPrefix: 'EventBridge' },
};

/** What the embedded Step Functions integrates, in words for a refusal. */
export const integrations = `lambda:invoke, events:putEvents, aws-sdk:<${Object.keys(sdkServices).join('|')}>:<action>, each also with ${callbackSuffix}`;

/** Reads a Resource ARN. Undefined for what is not integrated: activities, `.sync`, function ARNs, other services. */
export function readResource(arn: string): Resource | undefined {
  const name = /^arn:aws[a-z-]*:states:::(.+)$/.exec(arn)?.[1];
  if (name === undefined) return undefined;
  const callback = name.endsWith(callbackSuffix);
  const bare = callback ? name.slice(0, -callbackSuffix.length) : name;
  const history = { callback, resourceType: bare.slice(0, bare.lastIndexOf(':')), resource: name.slice(bare.lastIndexOf(':') + 1) };
  if (bare === 'lambda:invoke') return { kind: 'lambda', service: 'lambda', operation: 'Invoke', errorPrefix: 'Lambda', ...history };
  if (bare === 'events:putEvents') return { kind: 'events', service: 'events', operation: 'PutEvents', errorPrefix: 'EventBridge', ...history };
  const [, serviceName = '', action = ''] = /^aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)$/.exec(bare) ?? [];
  const sdk = Object.hasOwn(sdkServices, serviceName) ? sdkServices[serviceName] : undefined;
  return sdk && { kind: 'sdk', ...sdk, operation: action.charAt(0).toUpperCase() + action.slice(1), ...history };
}
