import { randomUUID } from 'node:crypto';
import type { Execution, Failure } from './model.ts';
import type { Resource } from './resource.ts';
import { isRecord } from './check-fields.ts';

/** The services that tasks call, as openStates is handed them. */
export interface Services {
  readonly invokeLambda: (functionName: string, payload: unknown) => Promise<unknown>;
  /** `service` is kms, dynamodb, s3, events or sfn; `operation` is in PascalCase, input and answer are the service's wire JSON. */
  readonly callService: (service: string, operation: string, input: Record<string, unknown>, roleArn: string) => Promise<unknown>;
}

/** What a call came to: the result as the state sees it, or a failure. */
export type Answer = { readonly result: unknown } | { readonly failure: Failure };

/** Calls what a task asks for. Never throws. */
export async function call(services: Services, resource: Resource, args: Record<string, unknown>, execution: Execution): Promise<Answer> {
  if (resource.kind === 'lambda') return invoke(services, args);
  try {
    const input = resource.kind === 'events' ? withOrigin(args, execution) : toWire(resource, args);
    const answer = await services.callService(resource.service, resource.operation, input, execution.roleArn);
    const result = fromWire(resource, answer ?? {});
    if (resource.kind === 'events' && Number((result as { FailedEntryCount?: number }).FailedEntryCount) > 0)
      return { failure: { error: 'EventBridge.FailedEntry', cause: JSON.stringify(result) } };
    return { result };
  } catch (error) {
    return { failure: serviceFailure(resource, error) };
  }
}

/** SFN-DG connect-lambda: the answer of Invoke, and a function's error under its own name. */
async function invoke({ invokeLambda }: Services, { FunctionName, Payload, ...rest }: Record<string, unknown>): Promise<Answer> {
  const unknown = Object.keys(rest);
  if (unknown.length > 0) return { failure: { error: 'States.Runtime', cause: `The embedded Step Functions does not know the argument ${unknown.join(', ')} of lambda:invoke` } };
  const name = functionName(FunctionName);
  if (name === undefined) return { failure: { error: 'States.Runtime', cause: 'FunctionName must be the name or ARN of a function' } };
  try {
    const payload = asJson(await invokeLambda(name, Payload ?? {}));
    const requestId = randomUUID();
    return {
      result: {
        ExecutedVersion: '$LATEST',
        Payload: payload,
        SdkHttpMetadata: { HttpStatusCode: 200, HttpHeaders: { 'x-amzn-RequestId': requestId }, AllHttpHeaders: { 'x-amzn-RequestId': [requestId] } },
        SdkResponseMetadata: { RequestId: requestId },
        StatusCode: 200,
      },
    };
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

/** Arguments and results are in PascalCase for every service; Step Functions' own wire is in camelCase. */
const toWire = ({ service }: Resource, args: Record<string, unknown>): Record<string, unknown> =>
  service === 'sfn' ? (rename(args, (key) => key.charAt(0).toLowerCase() + key.slice(1)) as Record<string, unknown>) : args;

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

/** `Kms.NotFoundException`: prefix, and a name that always ends in Exception. SFN-DG supported-services-awssdk; aws-facts 3.9. */
function serviceFailure({ errorPrefix, service }: Resource, thrown: unknown): Failure {
  const { name, message, httpStatus, $metadata } = thrown as { name?: string; message?: string; httpStatus?: number; $metadata?: { httpStatusCode?: number; requestId?: string } };
  const isModelled = name !== undefined && name !== 'Error' && (!unmodelled.includes(name) || (service === 'sfn' && name === 'ValidationException'));
  const exception = isModelled ? `${name.replace(/^KMS(?=[A-Z][a-z])/, 'Kms').replace(/Exception$/, '')}Exception` : `${errorPrefix}Exception`;
  const status = httpStatus ?? $metadata?.httpStatusCode ?? 400;
  return { error: `${errorPrefix}.${exception}`, cause: `${message ?? String(thrown)} (Service: ${errorPrefix}, Status Code: ${status}, Request ID: ${$metadata?.requestId ?? randomUUID()})` };
}
