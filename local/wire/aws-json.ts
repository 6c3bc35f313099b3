import type { WireRequest } from './canonical-request.ts';
import { AwsError } from './errors.ts';
import type { WireAnswer } from './http.ts';

/** One AWS JSON service on the wire. */
interface JsonProtocol {
  readonly service: string;
  readonly version: '1.0' | '1.1';
  /** The service in the name of an IAM action. */
  readonly iam: string;
}

const protocol = (service: string, version: '1.0' | '1.1', iam = service): JsonProtocol => ({ service, version, iam });

/** By the prefix of X-Amz-Target. */
const protocols: Readonly<Record<string, JsonProtocol>> = {
  TrentService: protocol('kms', '1.1'),
  AWSStepFunctions: protocol('states', '1.0'),
  DynamoDB_20120810: protocol('dynamodb', '1.0'),
  AWSEvents: protocol('events', '1.1'),
  ResourceGroupsTaggingAPI_20170126: protocol('tagging', '1.1', 'tag'),
  AmazonSSM: protocol('ssm', '1.1'),
  CloudTrail_20131101: protocol('cloudtrail', '1.1'),
  RotaLocal: protocol('rota-local', '1.1'),
};

const largestJsonBytes = 16 * 1024 * 1024;

/**
 * KMS has two actions for ReEncrypt, one of the key on either side ("Actions … for AWS KMS", Service Authorization Reference). Who they are
 * everybody may ask, whatever a policy says (AWS STS API Reference, GetCallerIdentity).
 */
const otherActions: Readonly<Record<string, readonly string[]>> = { 'kms:ReEncrypt': ['kms:ReEncryptFrom', 'kms:ReEncryptTo'], 'sts:GetCallerIdentity': [] };

/** The IAM actions that an operation needs of a service other than S3. */
export function actionsOf(service: string, operation: string): readonly string[] {
  const iam = Object.values(protocols).find((known) => known.service === service)?.iam ?? service;
  const action = `${iam}:${operation}`;
  return otherActions[action] ?? [action];
}

export interface Target {
  readonly protocol: JsonProtocol;
  readonly operation: string;
}

/** Where X-Amz-Target sends a request; undefined without one. Throws UnknownOperationException for a service that is not here. */
export function readTarget({ headers }: WireRequest): Target | undefined {
  const target = headers.get('x-amz-target');
  if (target === undefined) return undefined;
  // Some clients write the package of a service before its name, as boto3 does for CloudTrail.
  const [, prefix = '', operation = ''] = /^(?:com\.amazonaws\.[a-z0-9.]+\.)?([^.]+)\.([^.]+)$/.exec(target) ?? [];
  const found = Object.hasOwn(protocols, prefix) ? protocols[prefix] : undefined;
  if (found === undefined)
    throw new AwsError('UnknownOperationException', `The embedded AWS has no service for X-Amz-Target ${target}.`);
  return { protocol: found, operation };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The input of an operation. Throws SerializationException when the body is not a JSON object. */
export function readInput({ body }: WireRequest): Record<string, unknown> {
  if (body.length > largestJsonBytes) throw new AwsError('RequestEntityTooLargeException', `The body has ${body.length} bytes: ${largestJsonBytes} at most.`, 413);
  if (body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(utf8.decode(body));
  } catch {
    throw new AwsError('SerializationException', 'The body is not valid JSON.');
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new AwsError('SerializationException', 'The body is not a JSON object.');
  return input as Record<string, unknown>;
}

const answer = (status: number, version: '1.0' | '1.1', body: object, headers: Readonly<Record<string, string>> = {}): WireAnswer => ({
  status,
  headers: { 'content-type': `application/x-amz-json-${version}`, ...headers },
  body: JSON.stringify(body),
});

export const jsonAnswer = (output: Record<string, unknown>, version: '1.0' | '1.1'): WireAnswer => answer(200, version, output);

/** An error in the form of the protocol. */
export const jsonError = ({ code, message, httpStatus, fields }: AwsError, version: '1.0' | '1.1' = '1.1'): WireAnswer =>
  answer(httpStatus, version, { __type: code, message, ...fields }, { 'x-amzn-errortype': code });
