import { AwsError } from './errors.ts';
import type { SignatureError, SignatureFault } from './sigv4.ts';

export type Protocol = 'json' | 's3' | 'query';

type Named = readonly [code: string, httpStatus: number];

/** What AWS calls each fault: the JSON services and STS ("Common Errors" of their API references), and S3 ("Error responses"). */
const names: Readonly<Record<SignatureFault, Readonly<Record<Protocol, Named>>>> = {
  missing: { json: ['MissingAuthenticationTokenException', 403], s3: ['AccessDenied', 403], query: ['MissingAuthenticationToken', 403] },
  incomplete: { json: ['IncompleteSignatureException', 400], s3: ['AuthorizationHeaderMalformed', 400], query: ['IncompleteSignature', 400] },
  'unknown-key': { json: ['UnrecognizedClientException', 403], s3: ['InvalidAccessKeyId', 403], query: ['InvalidClientTokenId', 403] },
  mismatch: { json: ['InvalidSignatureException', 403], s3: ['SignatureDoesNotMatch', 403], query: ['SignatureDoesNotMatch', 403] },
  skewed: { json: ['InvalidSignatureException', 403], s3: ['RequestTimeTooSkewed', 403], query: ['SignatureDoesNotMatch', 403] },
  expired: { json: ['InvalidSignatureException', 403], s3: ['AccessDenied', 403], query: ['SignatureDoesNotMatch', 403] },
  'unsigned-header': { json: ['InvalidSignatureException', 403], s3: ['AccessDenied', 403], query: ['SignatureDoesNotMatch', 403] },
  'body-hash': { json: ['InvalidSignatureException', 403], s3: ['XAmzContentSHA256Mismatch', 400], query: ['SignatureDoesNotMatch', 403] },
  'wrong-token': { json: ['UnrecognizedClientException', 403], s3: ['InvalidToken', 400], query: ['InvalidClientTokenId', 403] },
  'expired-token': { json: ['ExpiredTokenException', 403], s3: ['ExpiredToken', 400], query: ['ExpiredToken', 403] },
};

/** The error that AWS answers for a signature that was not accepted. */
export function signatureAnswer(error: SignatureError, protocol: Protocol): AwsError {
  const [code, httpStatus] = names[error.fault][protocol];
  return new AwsError(code, error.message, httpStatus);
}
