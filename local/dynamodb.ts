import { Readable } from 'node:stream';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import type { Answer, WireRequest } from './wire/answer.ts';

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

  close(): Promise<void> {
    return new Promise((resolve) => {
      // dynalite closes its database together with its server, which must have listened once to close.
      this.#server.listen(0, '127.0.0.1', () => this.#server.close(() => resolve()));
    });
  }
}
