/**
 * X.509 certificates and PKCS#10 requests whose signature KMS makes. Two phases, since the private key is elsewhere: the bytes to
 * sign, then, with the signature, the whole. Both are made from the order alone, so nothing has to be kept between them.
 */
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { createHash } from 'node:crypto';
import * as x509 from '@peculiar/asn1-x509';
import { distinguishedName } from './distinguished-name.ts';
import { publicKeyOf, verifiesOffline } from './offline-verify.ts';
import { pem } from './pem.ts';
import { publicJwk } from './public-jwk.ts';
import { PublicationError } from './publication-error.ts';
import { formatOf, type PublishedKey } from './published-key.ts';
import { signingAlgorithm, type SigningAlgorithm } from './signing-algorithms.ts';

/** What a PKCS#10 request says. */
export interface RequestOrder {
  /** DER, of an RSA or an elliptic curve key that signs. */
  readonly spki: Uint8Array;
  /** KMS `SigningAlgorithmSpec`: RSASSA_* or ECDSA_*. */
  readonly signingAlgorithm: string;
  /** RFC 4514, such as `CN=tokens, O=Example`. */
  readonly subject: string;
}

/** What a self-signed certificate says. */
export interface CertificateOrder extends RequestOrder {
  /** Unsigned, big-endian; positive, and at most 20 bytes as DER (RFC 5280 section 4.1.2.2). */
  readonly serial: Buffer;
  /** Whole seconds count; 1950 to 9999. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The KMS algorithm that verifiers everywhere take for a certificate of this key; undefined where X.509 is not for it. */
export const certificateAlgorithmOf = (key: PublishedKey): string | undefined => formatOf(key).certificate;

/** The hash of a KMS signing algorithm, by its name in node:crypto: KMS signs the `tbs` bytes as DIGEST of this. */
export const hashOf = (kmsAlgorithm: string): string => rowOf(kmsAlgorithm).hash;

/** DER of the TBSCertificate: version 3, for a key that signs and is no CA. Throws CertificateOrderInvalid, PublicKeyUnreadable. */
export const certificateToSign = (order: CertificateOrder): { tbs: Buffer } => ({ tbs: der(tbsCertificate(order)) });

/** The certificate with KMS's signature. Throws CertificateSignatureWrong if that is not by the key of the order over its bytes. */
export function assembleCertificate(order: CertificateOrder, signature: Uint8Array): { der: Buffer; pem: string } {
  const tbs = tbsCertificate(order);
  checkSignature(order, der(tbs), signature);
  const bytes = der(new x509.Certificate({ tbsCertificate: tbs, signatureAlgorithm: tbs.signature, signatureValue: arrayBuffer(signature) }));
  return { der: bytes, pem: pem('CERTIFICATE', bytes) };
}

/** DER of the CertificationRequestInfo (RFC 2986). Throws CertificateOrderInvalid, PublicKeyUnreadable. */
export const requestToSign = (order: RequestOrder): { tbs: Buffer } => ({ tbs: der(requestInfo(order)) });

/** The request with KMS's signature. Throws CertificateSignatureWrong as `assembleCertificate` does. */
export function assembleRequest(order: RequestOrder, signature: Uint8Array): { der: Buffer; pem: string } {
  const info = requestInfo(order);
  checkSignature(order, der(info), signature);
  const bytes = der(new CertificationRequest({ certificationRequestInfo: info, signatureAlgorithm: algorithmIdentifier(order), signature: arrayBuffer(signature) }));
  return { der: bytes, pem: pem('CERTIFICATE REQUEST', bytes) };
}

function tbsCertificate(order: CertificateOrder): x509.TBSCertificate {
  const name = distinguishedName(order.subject);
  const subjectPublicKeyInfo = publicKeyInfo(order);
  return new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serialNumber(order.serial),
    signature: algorithmIdentifier(order),
    issuer: name,
    validity: validity(order),
    subject: name,
    subjectPublicKeyInfo,
    extensions: extensions(subjectPublicKeyInfo),
  });
}

const requestInfo = (order: RequestOrder): CertificationRequestInfo =>
  new CertificationRequestInfo({ subject: distinguishedName(order.subject), subjectPKInfo: publicKeyInfo(order) });

/** The key identifier is method (1) of RFC 5280 section 4.2.1.2: SHA-1 of the public key's bits. It only names the key. */
function extensions(spki: x509.SubjectPublicKeyInfo): x509.Extensions {
  const keyIdentifier = createHash('sha1').update(Buffer.from(spki.subjectPublicKey)).digest();
  const id = new x509.KeyIdentifier(keyIdentifier);
  const extension = (extnID: string, critical: boolean, value: unknown) => new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
  return new x509.Extensions([
    extension(x509.id_ce_subjectKeyIdentifier, false, new x509.SubjectKeyIdentifier(keyIdentifier)),
    extension(x509.id_ce_authorityKeyIdentifier, false, new x509.AuthorityKeyIdentifier({ keyIdentifier: id })),
    extension(x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: false })),
    extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature)),
  ]);
}

function serialNumber(serial: Buffer): ArrayBuffer {
  const hex = serial.toString('hex').replace(/^(00)+/, '');
  const positive = Buffer.from(/^[89a-f]/.test(hex) ? `00${hex}` : hex, 'hex');
  if (positive.length === 0 || positive.length > 20) throw refused(`the serial number must be above zero and have at most 20 bytes, the sign included, but it has ${positive.length}`);
  return arrayBuffer(positive);
}

/** The library chooses UTCTime until 2049 and GeneralizedTime after (RFC 5280 section 4.1.2.5), and drops what is below a second. */
function validity({ notBefore, notAfter }: CertificateOrder): x509.Validity {
  const seconds = [notBefore, notAfter].map((d) => Math.floor(d.getTime() / 1000));
  const [from = NaN, to = NaN] = seconds;
  if (!(from < to)) throw refused('it would end before it begins');
  if (notBefore.getUTCFullYear() < 1950 || notAfter.getUTCFullYear() > 9999) throw refused('X.509 knows the years 1950 to 9999');
  return new x509.Validity({ notBefore, notAfter });
}

function publicKeyInfo({ spki, signingAlgorithm: algorithm }: RequestOrder): x509.SubjectPublicKeyInfo {
  publicJwk(spki); // refuses other encodings of the key
  const key = publicKeyOf(spki);
  if (typeof key === 'string' || !rowOf(algorithm).fits(key)) throw refused(`${algorithm} is no algorithm of this public key`);
  return AsnConvert.parse(spki, x509.SubjectPublicKeyInfo);
}

function algorithmIdentifier(order: RequestOrder): x509.AlgorithmIdentifier {
  const { oid, parameters } = rowOf(order.signingAlgorithm).x509;
  return new x509.AlgorithmIdentifier({ algorithm: oid, ...(parameters !== undefined && { parameters: arrayBuffer(Buffer.from(parameters, 'hex')) }) });
}

function rowOf(kmsAlgorithm: string): SigningAlgorithm & Required<Pick<SigningAlgorithm, 'hash' | 'x509'>> {
  const row = signingAlgorithm(kmsAlgorithm);
  if (row?.hash === undefined || row.x509 === undefined) throw refused(`${kmsAlgorithm} signs no certificates here; RSASSA_* and ECDSA_* do`);
  return { ...row, hash: row.hash, x509: row.x509 };
}

function checkSignature({ spki, signingAlgorithm: algorithm }: RequestOrder, tbs: Buffer, signature: Uint8Array): void {
  if (verifiesOffline(spki, algorithm, tbs, signature) !== 'valid') {
    throw new PublicationError('CertificateSignatureWrong', `The signature for the certificate was not made with its key by ${algorithm} over its bytes.`);
  }
}

const der = (value: unknown): Buffer => Buffer.from(AsnConvert.serialize(value));
const arrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const refused = (why: string) => new PublicationError('CertificateOrderInvalid', `The certificate cannot be made: ${why}.`);
