import type { WireRequest } from './canonical-request.ts';
import { AwsError } from './errors.ts';
import type { WireAnswer } from './http.ts';
import { xmlDocument, type Xml } from './xml.ts';

/** A call in the Query protocol. */
export interface Query {
  readonly operation: string;
  readonly input: Record<string, string>;
}

/** The one service here that speaks it, and the version of its API. */
export const queryService = 'sts';
const version = '2011-06-15';
const attributes = ` xmlns="https://sts.amazonaws.com/doc/${version}/"`;

/** Whether a request is a form that names an action: what a client of the Query protocol sends. */
export const isQuery = ({ method, headers, body }: WireRequest): boolean =>
  method === 'POST' && headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true && new URLSearchParams(body.toString('utf8')).get('Version') === version;

/** The operation and its parameters. Throws what STS answers for a form that is none of its version ("Common Errors", AWS STS API Reference). */
export function readQuery({ method, body }: WireRequest): Query {
  const { Action: operation, Version: asked, ...input } = Object.fromEntries(new URLSearchParams(method === 'POST' ? body.toString('utf8') : ''));
  if (operation === undefined) throw new AwsError('MissingAction', 'The embedded STS takes a POST whose form has an Action.');
  if (asked !== version) throw new AwsError('InvalidAction', `Could not find operation ${operation} for version ${asked ?? 'NO_VERSION_SPECIFIED'}`);
  return { operation, input };
}

export const queryAnswer = (operation: string, output: Record<string, unknown>, requestId: string): WireAnswer => ({
  status: 200,
  headers: queryHeaders,
  body: xmlDocument(`${operation}Response`, { [`${operation}Result`]: output as Xml, ResponseMetadata: { RequestId: requestId } }, attributes),
});

/** An error in the form of the protocol. */
export const queryError = ({ code, message, httpStatus }: AwsError, requestId: string): WireAnswer => ({
  status: httpStatus,
  headers: queryHeaders,
  body: xmlDocument('ErrorResponse', { Error: { Type: httpStatus < 500 ? 'Sender' : 'Receiver', Code: code, Message: message }, RequestId: requestId }, attributes),
});

const queryHeaders = { 'content-type': 'text/xml' };
