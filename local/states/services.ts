import { randomUUID } from 'node:crypto';
import type { Execution, Failure } from './model.ts';
import type { Resource } from './resource.ts';
import { isRecord } from './check-fields.ts';
import { executionArn, uuidOf } from './names.ts';
import type { AwsError } from '../wire/errors.ts';

/** The services that tasks call, as openStates is handed them. */
export interface Services {
  readonly invokeLambda: (functionName: string, payload: unknown) => Promise<unknown>;
  /** `service` is kms, dynamodb, s3, events, tag or sfn; `operation` is in PascalCase, input and answer are the service's wire JSON. */
  readonly callService: (service: string, operation: string, input: Record<string, unknown>, roleArn: string) => Promise<unknown>;
}

/** What a call came to: the result as the state sees it, or a failure. */
export type Answer = { readonly result: unknown } | { readonly failure: Failure };

/** Calls what an attempt of a task asks for; `token` names the attempt. Never throws. */
export async function call(services: Services, resource: Resource, args: Record<string, unknown>, execution: Execution, token: string): Promise<Answer> {
  if (resource.kind === 'lambda') return invoke(services, args);
  try {
    const send = (operation: string, input: Record<string, unknown>): Promise<unknown> => services.callService(resource.service, operation, input, execution.roleArn);
    if (resource.resourceType === 'events') return putEvents(await send('PutEvents', withOrigin(args, execution)));
    const answer = isStart(resource) ? await startExecution(send, toWire(resource, args), token) : await send(resource.operation, toWire(resource, args));
    const result = fromWire(resource, answer ?? {});
    // Optimized integrations show the HTTP answer too, those of the SDK do not (LocalStack snapshots test_dynamodb_task_service, test_start_execution).
    return { result: resource.kind === 'optimized' ? { ...(result as object), ...httpMetadata() } : result };
  } catch (error) {
    return { failure: serviceFailure(resource, error) };
  }
}

function putEvents(answer: unknown): Answer {
  const result = asJson(answer);
  return Number((result as { FailedEntryCount?: number }).FailedEntryCount) > 0 ? { failure: { error: 'EventBridge.FailedEntry', cause: JSON.stringify(result) } } : { result };
}

const isStart = ({ service, operation }: Resource): boolean => service === 'sfn' && operation === 'StartExecution';

/** Starts an execution once, though a crash may ask for it twice: the name it is not given is made from the attempt's token, which nobody else has. */
async function startExecution(send: (operation: string, input: Record<string, unknown>) => Promise<unknown>, input: Record<string, unknown>, token: string): Promise<unknown> {
  if (input['name'] !== undefined) return send('StartExecution', input);
  const name = uuidOf(token);
  try {
    return await send('StartExecution', { ...input, name });
  } catch (error) {
    if ((error as Partial<AwsError>).code !== 'ExecutionAlreadyExists') throw error;
    const arn = executionArn(input['stateMachineArn'] as string, name);
    const { startDate } = (await send('DescribeExecution', { executionArn: arn })) as { startDate: unknown };
    return { executionArn: arn, startDate };
  }
}

/** What the embedded services tell of the HTTP answer to a call. */
function httpMetadata(): { SdkHttpMetadata: unknown; SdkResponseMetadata: unknown } {
  const requestId = randomUUID();
  return {
    SdkHttpMetadata: { HttpStatusCode: 200, HttpHeaders: { 'x-amzn-RequestId': requestId }, AllHttpHeaders: { 'x-amzn-RequestId': [requestId] } },
    SdkResponseMetadata: { RequestId: requestId },
  };
}

/** SFN-DG connect-lambda: the answer of Invoke, and a function's error under its own name. */
async function invoke({ invokeLambda }: Services, { FunctionName, Payload, ...rest }: Record<string, unknown>): Promise<Answer> {
  const unknown = Object.keys(rest);
  if (unknown.length > 0) return { failure: { error: 'States.Runtime', cause: `The embedded Step Functions does not know the argument ${unknown.join(', ')} of lambda:invoke` } };
  const name = functionName(FunctionName);
  if (name === undefined) return { failure: { error: 'States.Runtime', cause: 'FunctionName must be the name or ARN of a function' } };
  try {
    const payload = asJson(await invokeLambda(name, Payload ?? {}));
    return { result: { ExecutedVersion: '$LATEST', Payload: payload, ...httpMetadata(), StatusCode: 200 } };
  } catch (error) {
    const { name: errorType, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    return { failure: { error: errorType, cause: JSON.stringify({ errorMessage: message, errorType, trace: [] }) } };
  }
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

/** A name, an ARN, or part of one, without qualifier. Lambda API Reference, Invoke. */
function functionName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = value.split(':');
  const at = parts.indexOf('function');
  return (at === -1 ? parts[0] : parts[at + 1]) || undefined;
}

/** The optimised putEvents takes Detail as an object, and names execution and machine as resources. SFN-DG connect-eventbridge. */
function withOrigin({ Entries, ...rest }: Record<string, unknown>, { machineArn, arn }: Execution): Record<string, unknown> {
  const entries = Array.isArray(Entries) ? (Entries as unknown[]) : [];
  return {
    ...rest,
    Entries: entries.map((entry) => {
      if (!isRecord(entry)) return entry;
      const { Detail, Resources } = entry;
      const resources = Array.isArray(Resources) ? (Resources as unknown[]) : [];
      return { ...entry, ...(Detail === undefined ? {} : { Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail) }), Resources: [...resources, machineArn, arn] };
    }),
  };
}

/**
 * Arguments and results are in PascalCase for every service; Step Functions' own wire is in camelCase. JSON where the service takes text is
 * written as text, and the Body of an object always is JSON, in quotes if it is a string (LocalStack snapshots test_s3_put_object,
 * test_sfn_start_execution_implicit_json_serialisation).
 */
function toWire({ service, operation }: Resource, args: Record<string, unknown>): Record<string, unknown> {
  if (service === 's3' && operation === 'PutObject' && args['Body'] !== undefined) return { ContentType: 'text/plain; charset=UTF-8', ...args, Body: JSON.stringify(args['Body']) };
  if (service !== 'sfn') return args;
  const texts = Object.entries(args).map(([key, value]): [string, unknown] => [key, ['Input', 'Output', 'Definition'].includes(key) && typeof value !== 'string' ? JSON.stringify(value) : value]);
  return rename(Object.fromEntries(texts), (key) => key.charAt(0).toLowerCase() + key.slice(1)) as Record<string, unknown>;
}

const fromWire = ({ service }: Resource, answer: unknown): unknown => {
  const result = withIsoTimes(asJson(answer));
  return service === 'sfn' ? rename(result, (key) => key.charAt(0).toUpperCase() + key.slice(1)) : result;
};

function rename(value: unknown, change: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((part) => rename(part, change));
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [change(key), rename(part, change)])) : value;
}

/** Timestamps come as epoch seconds over the wire, and as ISO 8601 out of an SDK integration. */
function withIsoTimes(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((part) => withIsoTimes(part));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withIsoTimes(part, name)]));
  return typeof value === 'number' && /(Date|DateTime|Timestamp|ValidTo)$/i.test(key) ? new Date(value * 1000).toISOString() : value;
}

/** Codes that no service model declares; an SDK integration shows them as the service's base exception. */
const unmodelled = ['AccessDeniedException', 'ThrottlingException', 'ValidationException', 'ValidationError', 'SerializationException', 'UnrecognizedClientException', 'InternalFailure', 'ServiceUnavailable', 'SlowDown'];

/** Error names of the SDK for Java 1, which `states` and `dynamodb` still show (LocalStack snapshots error_handling/test_task_service_*). */
const olderServices: Readonly<Record<string, { readonly name: string; readonly base: string }>> = {
  StepFunctions: { name: 'AWSStepFunctions', base: 'AWSStepFunctionsException' },
  DynamoDB: { name: 'AmazonDynamoDBv2', base: 'AmazonDynamoDBException' },
};

/** `Kms.NotFoundException`: prefix, and a name that always ends in Exception. SFN-DG supported-services-awssdk; aws-facts 3.9. */
function serviceFailure({ errorPrefix, service }: Resource, thrown: unknown): Failure {
  const { name, message, httpStatus, $metadata } = thrown as { name?: string; message?: string; httpStatus?: number; $metadata?: { httpStatusCode?: number; requestId?: string } };
  const older = olderServices[errorPrefix];
  const isModelled = name !== undefined && name !== 'Error' && (!unmodelled.includes(name) || (service === 'sfn' && name === 'ValidationException'));
  const exception = isModelled ? `${name.replace(/^KMS(?=[A-Z][a-z])/, 'Kms').replace(/Exception$/, '')}Exception` : (older?.base ?? `${errorPrefix}Exception`);
  const status = httpStatus ?? $metadata?.httpStatusCode ?? 400;
  const requestId = $metadata?.requestId ?? randomUUID();
  const told = older === undefined ? `(Service: ${errorPrefix}, Status Code: ${status}, Request ID: ${requestId})` : `(Service: ${older.name}; Status Code: ${status}; Error Code: ${name ?? 'InternalFailure'}; Request ID: ${requestId}; Proxy: null)`;
  return { error: `${errorPrefix}.${exception}`, cause: `${message ?? String(thrown)} ${told}` };
}
