/** An error as an AWS service answers it; `code` is the shape name on the wire (`__type`), such as `NotFoundException`. */
export class AwsError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  readonly fields: Record<string, unknown>;

  constructor(code: string, message: string, httpStatus = 400, fields: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.httpStatus = httpStatus;
    this.fields = fields;
  }
}
