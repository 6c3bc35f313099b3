import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { sha256Hex } from '../canonical-json.ts';
import { withSecret } from './zeroed.ts';

const { asn1 } = forge;
type Node = forge.asn1.Asn1;

const oids = {
  data: '1.2.840.113549.1.7.1',
  envelopedData: '1.2.840.113549.1.7.3',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  rsaesOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

const { Class, Type } = asn1;
const sequence = (...content: Node[]): Node => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, content);
const oid = (name: keyof typeof oids): Node => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(oids[name]).getBytes());
const octets = (bytes: Buffer): Node => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes.toString('latin1'));
const integer = (value: number): Node => asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes());
const context = (tag: 0 | 1, constructed: boolean, content: Node[] | string): Node =>
  // node-forge types the tag as one of its universal ones; NONE is 0 and BOOLEAN is 1.
  asn1.create(Class.CONTEXT_SPECIFIC, tag === 0 ? Type.NONE : Type.BOOLEAN, constructed, content);
const sha256 = (): Node => sequence(oid('sha256'), asn1.create(Class.UNIVERSAL, Type.NULL, false, ''));

/** By this a plan names whom material is escrowed to: the SHA-256 of the certificate in DER, hex. */
export const certificateDigest = (pem: string): string => sha256Hex(new X509Certificate(pem).raw);

/** Where the envelopes of a rotation are kept, one for each material that it came to make. */
export const escrowPrefix = (rotationId: string): string => `escrow/${rotationId}/`;

export const escrowObjectKey = (rotationId: string, fingerprint: string): string => `${escrowPrefix(rotationId)}${fingerprint}.p7m`;

/**
 * Seals key material to recovery certificates: CMS EnvelopedData in DER, which the holder of any one of the private keys
 * opens with `openssl cms -decrypt -inform DER`. RFC 5652 section 6; RSAES-OAEP with SHA-256 by RFC 4055 section 4.1 for
 * the content key, AES-256-CBC for the content. node:crypto encrypts, since its Buffers can be zeroed; node-forge, whose
 * strings cannot, only sees ciphertext.
 *
 * @param certificatesPem - X.509 certificates with RSA keys; at least one
 */
export function sealToCertificates(material: Uint8Array, certificatesPem: readonly string[]): Buffer {
  if (certificatesPem.length === 0) throw new RangeError('there must be a recovery certificate to seal to');
  return withSecret(
    () => randomBytes(32),
    (contentKey) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv('aes-256-cbc', contentKey, iv);
      const content = Buffer.concat([cipher.update(material), cipher.final()]);
      const recipients = certificatesPem.map((pem) => recipientInfo(pem, contentKey));
      const enveloped = sequence(
        integer(0),
        asn1.create(Class.UNIVERSAL, Type.SET, true, recipients),
        sequence(oid('data'), sequence(oid('aes256Cbc'), octets(iv)), context(0, false, content.toString('latin1'))),
      );
      return Buffer.from(asn1.toDer(sequence(oid('envelopedData'), context(0, true, [enveloped]))).getBytes(), 'latin1');
    },
  );
}

/** KeyTransRecipientInfo, version 0: the recipient by issuer and serial number. RFC 5652 section 6.2.1. */
function recipientInfo(pem: string, contentKey: Buffer): Node {
  const certificate = new X509Certificate(pem);
  const wrapped = publicEncrypt({ key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, contentKey);
  const [issuer, serialNumber] = issuerAndSerial(certificate);
  const parameters = sequence(context(0, true, [sha256()]), context(1, true, [sequence(oid('mgf1'), sha256())]));
  return sequence(integer(0), sequence(issuer, serialNumber), sequence(oid('rsaesOaep'), parameters), octets(wrapped));
}

/** Issuer and serial number as they stand in the certificate, byte for byte. RFC 5280 section 4.1. */
function issuerAndSerial(certificate: X509Certificate): [Node, Node] {
  const [tbs] = asn1.fromDer(certificate.raw.toString('latin1')).value as Node[];
  const fields = (tbs?.value as Node[]).filter((field) => field.tagClass === Class.UNIVERSAL);
  const [serialNumber, , issuer] = fields;
  if (serialNumber === undefined || issuer === undefined) throw new TypeError('a certificate without issuer or serial number');
  return [issuer, serialNumber];
}
