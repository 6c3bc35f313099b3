import { ratesOf, type Rates } from '../../core/inventory/request-quotas.ts';
import { credentialSource, type AwsCredentials } from './credentials.ts';
import { jsonCall, type Endpoints } from './json-call.ts';
import { PacedCalls } from './paced-calls.ts';

/** One account in one Region. */
export interface Target {
  readonly region: string;
  /** The role to assume there; left out, the caller's own account. */
  readonly roleArn?: string;
}

/** As whom, and how fast. */
export interface Access {
  /** Of the caller; left out, the SDK finds them. */
  readonly credentials?: AwsCredentials;
  readonly endpoints?: Endpoints;
  /** Of each request quota. Half leaves room for everybody else who uses the account (P9). */
  readonly share: number;
  /** Requests a second where an account has other quotas than AWS's defaults. */
  readonly quotas?: Partial<Rates>;
}

/** As many as are in the air at once when half of each quota is used at a tenth of a second a request. */
const sockets = 160;

/** Calls to a target, with rates and connections of its own; `close` when no more are to come. */
export function openCalls({ region, roleArn }: Target, { credentials, endpoints = {}, share, quotas }: Access): { calls: PacedCalls; close: () => void } {
  // eslint-disable-next-line no-restricted-syntax -- a signature is for real time, whatever the time that keys are judged by
  const clock = (): Date => new Date();
  const sts = { region, ...(endpoints.sts === undefined ? {} : { endpoint: endpoints.sts }) };
  const json = jsonCall({ region, sockets, endpoints, clock, credentials: credentialSource(credentials, roleArn, sts) });
  return { calls: new PacedCalls(json, ratesOf(share, quotas)), close: () => json.destroy() };
}
