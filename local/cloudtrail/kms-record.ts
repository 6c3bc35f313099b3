import type { KmsCall } from '../kms/server.ts';

/** The record that CloudTrail writes of a call of KMS ("Logging AWS KMS API calls with AWS CloudTrail", KMS Developer Guide). */
export interface TrailEvent {
  readonly eventVersion: string;
  readonly userIdentity: { readonly type: string; readonly principalId: string; readonly arn: string; readonly accountId: string; readonly userName: string };
  /** ISO 8601, whole seconds. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Readonly<Record<string, unknown>> | null;
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  readonly additionalEventData?: { readonly keyMaterialId: unknown };
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources: readonly { readonly accountId: string; readonly type: string; readonly ARN: string }[];
  readonly eventType: 'AwsApiCall';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly eventCategory: 'Management';
}

/** Named one by one, so that a blob (plaintext, ciphertext, import token) is never among them. */
const requestFields: readonly string[] = [
  ...['KeyId', 'SourceKeyId', 'DestinationKeyId', 'AliasName', 'TargetKeyId', 'Description', 'PolicyName', 'Policy', 'KeySpec', 'KeyUsage', 'Origin', 'MultiRegion', 'Tags', 'TagKeys'],
  ...['EncryptionContext', 'SourceEncryptionContext', 'DestinationEncryptionContext', 'EncryptionAlgorithm', 'SourceEncryptionAlgorithm', 'DestinationEncryptionAlgorithm'],
  ...['SigningAlgorithm', 'MessageType', 'MacAlgorithm', 'KeyAgreementAlgorithm', 'NumberOfBytes', 'WrappingAlgorithm', 'WrappingKeySpec', 'ValidTo', 'ExpirationModel', 'ImportType'],
  ...['KeyMaterialId', 'KeyMaterialDescription', 'RotationPeriodInDays', 'PendingWindowInDays', 'ReplicaRegion', 'GranteePrincipal', 'RetiringPrincipal', 'Operations', 'Constraints', 'Name', 'GrantId', 'DryRun'],
];
const responseFields: readonly string[] = ['KeyMetadata', 'ReplicaKeyMetadata', 'KeyId', 'KeyMaterialId', 'GrantId', 'KeyState', 'DeletionDate', 'PendingWindowInDays'];

/** Calls that change nothing: readings and cryptography. */
const readOnly = /^(Describe|Get|List|Encrypt|Decrypt|ReEncrypt|Generate|Sign|Verify|DeriveSharedSecret)/;

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const shown = (fields: readonly string[], from: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(fields.filter((name) => from[name] !== undefined).map((name) => [lowerFirst(name), from[name]]));

const withLowerNames = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [lowerFirst(name), withLowerNames(inner)])) : value;

/** Calls that only change something say at least which key (aws-facts 4.1, since 2022-12). */
function responseOf({ operation, output, keyArns }: KmsCall): TrailEvent['responseElements'] {
  if (output === undefined || readOnly.test(operation)) return null;
  const [keyId] = keyArns;
  return { ...(keyId === undefined ? {} : { keyId }), ...(withLowerNames(shown(responseFields, output)) as Record<string, unknown>) };
}

/** The record of one call. Of what a failed call wanted it tells the same as of one that succeeded. */
export function recordOf(call: KmsCall): TrailEvent {
  const { eventId, operation, input, caller, nowMs, output, error } = call;
  const userName = caller.arn.replace(/^.*[/:]/, '');
  const type = /:(assumed-)?role\//.test(caller.arn) ? 'AssumedRole' : caller.arn.endsWith(':root') ? 'Root' : 'IAMUser';
  const made = (output?.KeyMetadata as { Arn?: string } | undefined)?.Arn;
  const keyArns = call.keyArns.length > 0 || made === undefined ? call.keyArns : [made];
  const requestParameters = shown(requestFields, input);
  return {
    eventVersion: '1.11',
    userIdentity: { type, principalId: caller.userId, arn: caller.arn, accountId: caller.accountId, userName },
    eventTime: new Date(nowMs).toISOString().replace(/\.\d+/, ''),
    eventSource: 'kms.amazonaws.com',
    eventName: operation,
    awsRegion: caller.region,
    sourceIPAddress: caller.sourceIp,
    ...(error === undefined ? {} : { errorCode: error.code.replace(/^AccessDeniedException$/, 'AccessDenied'), errorMessage: error.message }),
    requestParameters: Object.keys(requestParameters).length === 0 ? null : requestParameters,
    responseElements: responseOf({ ...call, keyArns }),
    ...(readOnly.test(operation) && output?.KeyMaterialId !== undefined ? { additionalEventData: { keyMaterialId: output.KeyMaterialId } } : {}),
    requestID: caller.requestId,
    eventID: eventId,
    readOnly: readOnly.test(operation),
    resources: keyArns.map((ARN) => ({ accountId: ARN.split(':')[4] ?? '', type: 'AWS::KMS::Key', ARN })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.accountId,
    eventCategory: 'Management',
  };
}
