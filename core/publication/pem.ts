/** DER as PEM. RFC 7468 section 2: lines of 64 characters, one line feed after each. */
export function pem(label: 'PUBLIC KEY' | 'CERTIFICATE' | 'CERTIFICATE REQUEST', der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
