import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Posted {
  readonly sequence: number;
  readonly documents: readonly { readonly path: string; readonly mediaType: string; readonly body: string }[];
}

/** A publication target of somebody else: it takes documents by POST and serves the key set by GET, unless it is made to fail. */
export class KeyTarget {
  /** Answers 503 to everybody. */
  down = false;
  /** Takes what is posted and goes on serving what it had. */
  stale = false;
  posts = 0;
  #posted: Posted | undefined;
  #served: Posted | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.down) {
        response.writeHead(503).end();
        return;
      }
      if (request.method === 'GET') {
        const set = this.#served?.documents.find((d) => d.path === '.well-known/jwks.json');
        if (set === undefined) response.writeHead(404).end();
        else response.writeHead(200, { 'content-type': set.mediaType }).end(Buffer.from(set.body, 'base64'));
        return;
      }
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        this.posts++;
        this.#posted = JSON.parse(Buffer.concat(parts).toString('utf8')) as Posted;
        if (!this.stale) this.#served = this.#posted;
        response.writeHead(204).end();
      });
    });
  }

  /** Up until the test ends. */
  static async start(): Promise<KeyTarget> {
    const target = new KeyTarget();
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      target.#server.closeAllConnections();
      target.#server.close();
    });
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  /** Serves what was posted last, as a cache that was flushed. */
  refresh(): void {
    this.stale = false;
    this.#served = this.#posted;
  }

  /** Serves a key set that was there before anybody rotated. */
  serve(keySet: Buffer): void {
    this.#served = { sequence: 0, documents: [{ path: '.well-known/jwks.json', mediaType: 'application/jwk-set+json', body: keySet.toString('base64') }] };
  }

  /** The key ids that a consumer finds. */
  kids(): string[] {
    const { keys } = JSON.parse(this.document('.well-known/jwks.json').toString('utf8')) as { keys: { kid: string }[] };
    return keys.map((k) => k.kid);
  }

  /** A document that was posted last, by the end of its path. */
  document(path: string): Buffer {
    const found = this.#posted?.documents.find((d) => d.path.endsWith(path));
    if (found === undefined) throw new Error(`no document ${path} was posted`);
    return Buffer.from(found.body, 'base64');
  }
}
