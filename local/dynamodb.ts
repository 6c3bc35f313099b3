import { Readable } from 'node:stream';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import type { Answer, WireRequest } from './wire/answer.ts';
import { AwsError } from './wire/errors.ts';

/** dynalite looks whether a request is signed, not by whom: the embedded AWS has checked that before. */
const signedByUs = 'AWS4-HMAC-SHA256 Credential=rota/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none';

/** DynamoDB by the package dynalite, tables on disk. Its request handler is called directly, so that it has no port of its own. */
export class DynamoDb {
  readonly #server: Server;

  constructor(folder: string) {
    this.#server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  }

  handle({ method, path, query, headers, body }: WireRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const request = Object.assign(Readable.from(body.length === 0 ? [] : [body]), { method, url: query === '' ? path : `${path}?${query}`, headers });
      const answered: Record<string, string> = {};
      const response = {
        statusCode: 200,
        setHeader: (name: string, value: string | number) => void (answered[name.toLowerCase()] = String(value)),
        end: (text: string | Buffer = '') => resolve({ status: response.statusCode, headers: answered, body: Buffer.from(text) }),
      };
      this.#server.emit('request', request, response);
    });
  }

  /** One operation, wire JSON in and out, as a state machine calls it. Throws AwsError. */
  async call(operation: string, input: Record<string, unknown>): Promise<unknown> {
    const headers = { 'x-amz-target': `DynamoDB_20120810.${operation}`, 'content-type': 'application/x-amz-json-1.0', 'x-amz-date': '20260101T000000Z', authorization: signedByUs };
    const { status, body } = await this.handle({ method: 'POST', path: '/', query: '', headers, body: Buffer.from(JSON.stringify(input)) });
    const answer = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    if (status === 200) return answer;
    const { __type = '', message, Message, ...fields } = answer as { __type?: string; message?: string; Message?: string };
    throw new AwsError(__type.slice(__type.indexOf('#') + 1), message ?? Message ?? `DynamoDB does not do ${operation}`, status, fields);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // dynalite closes its database together with its server, which must have listened once to close.
      this.#server.listen(0, '127.0.0.1', () => this.#server.close(() => resolve()));
    });
  }
}
