/** An HTTP answer, whole, before any of it is sent: a fault may still swallow it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request whose body has arrived. `path` is as it stood in the request line, still encoded. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const jsonAnswer = (status: number, value: unknown, contentType = 'application/x-amz-json-1.1'): Answer => ({
  status,
  headers: { 'content-type': contentType },
  body: Buffer.from(JSON.stringify(value)),
});
