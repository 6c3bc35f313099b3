import { AwsError } from './errors.ts';
import type { SignatureError, SignatureFault } from './sigv4.ts';

type Named = readonly [code: string, httpStatus: number];

/** What AWS calls each fault: the JSON services ("Common Errors" of their API references), and S3 ("Error responses"). */
const names: Readonly<Record<SignatureFault, { readonly json: Named; readonly s3: Named }>> = {
  missing: { json: ['MissingAuthenticationTokenException', 403], s3: ['AccessDenied', 403] },
  incomplete: { json: ['IncompleteSignatureException', 400], s3: ['AuthorizationHeaderMalformed', 400] },
  'unknown-key': { json: ['UnrecognizedClientException', 403], s3: ['InvalidAccessKeyId', 403] },
  mismatch: { json: ['InvalidSignatureException', 403], s3: ['SignatureDoesNotMatch', 403] },
  skewed: { json: ['InvalidSignatureException', 403], s3: ['RequestTimeTooSkewed', 403] },
  expired: { json: ['InvalidSignatureException', 403], s3: ['AccessDenied', 403] },
  'unsigned-header': { json: ['InvalidSignatureException', 403], s3: ['AccessDenied', 403] },
  'body-hash': { json: ['InvalidSignatureException', 403], s3: ['XAmzContentSHA256Mismatch', 400] },
};

/** The error that AWS answers for a signature that was not accepted. */
export function signatureAnswer(error: SignatureError, protocol: 'json' | 's3'): AwsError {
  const [code, httpStatus] = names[error.fault][protocol];
  return new AwsError(code, error.message, httpStatus);
}
