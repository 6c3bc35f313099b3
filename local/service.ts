/** Who sent a request, as SigV4 proved it. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  readonly accountId: string;
  readonly region: string;
  readonly sourceIp: string;
  readonly requestId: string;
}

/**
 * One AWS JSON service. Input and output are wire JSON: blobs are base64 strings, timestamps are epoch seconds.
 * A refusal is an `AwsError`.
 */
export interface Service {
  handle(operation: string, input: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}
