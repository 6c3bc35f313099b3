import { createHash, createHmac } from 'node:crypto';
import type { AwsCredentials } from './credentials.ts';

/** A POST of an AWS JSON service, about to be signed. */
export interface JsonRequest {
  readonly service: string;
  readonly region: string;
  /** With the port, where it is not the default. */
  readonly host: string;
  readonly target: string;
  readonly body: string;
}

const algorithm = 'AWS4-HMAC-SHA256';
const contentType = 'application/x-amz-json-1.1';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Signature Version 4 for the one form of request that an inventory sends, a hundred thousand times: POST to `/` with a JSON body. The signing key
 * of a day is made once. IAM User Guide, "Create a signed AWS API request". The SDK's signer, which everything else uses, is general
 * and costs more than sending does; a test holds the two to the same signature.
 */
export class RequestSigner {
  readonly #keys = new Map<string, Buffer>();

  /** The headers to send, by the time `at`. */
  headers({ service, region, host, target, body }: JsonRequest, credentials: AwsCredentials, at: Date): Record<string, string> {
    const time = `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const day = time.slice(0, 8);
    const { accessKeyId, sessionToken } = credentials;
    // In alphabetical order, as they are signed.
    const signed: readonly (readonly [string, string])[] = [
      ['content-type', contentType],
      ['host', host],
      ['x-amz-date', time],
      ...(sessionToken === undefined ? [] : [['x-amz-security-token', sessionToken] as const]),
      ['x-amz-target', target],
    ];
    const names = signed.map(([name]) => name).join(';');
    const canonical = ['POST', '/', '', ...signed.map(([name, value]) => `${name}:${value}`), '', names, sha256(body)].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const signature = hmac(this.#keyOf(credentials, day, region, service), [algorithm, time, scope, sha256(canonical)].join('\n')).toString('hex');
    return {
      ...Object.fromEntries(signed),
      'content-length': String(Buffer.byteLength(body)),
      authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    };
  }

  #keyOf({ accessKeyId, secretAccessKey }: AwsCredentials, day: string, region: string, service: string): Buffer {
    const of = `${accessKeyId}/${day}/${region}/${service}`;
    let key = this.#keys.get(of);
    if (key === undefined) {
      // New credentials every hour, in a sweep that takes hours: the old ones need no key any more.
      if (this.#keys.size > 8) this.#keys.clear();
      key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`) as Buffer;
      this.#keys.set(of, key);
    }
    return key;
  }
}
