import forge from 'node-forge';

/** RSAES-OAEP with SHA-256 twice, by node-forge: an implementation that shares nothing with OpenSSL. */
const scheme = () => ({ md: forge.md.sha256.create(), mgf1: { md: forge.md.sha256.create() } });
const der = (bytes: Buffer) => forge.asn1.fromDer(bytes.toString('latin1'));

export function forgeDecrypt(pkcs8: Buffer, ciphertext: Buffer): Buffer {
  const key = forge.pki.privateKeyFromAsn1(der(pkcs8));
  return Buffer.from(key.decrypt(ciphertext.toString('latin1'), 'RSA-OAEP', scheme()), 'latin1');
}

export function forgeEncrypt(spki: Buffer, plaintext: Buffer): Buffer {
  const key = forge.pki.publicKeyFromAsn1(der(spki));
  return Buffer.from(key.encrypt(plaintext.toString('latin1'), 'RSA-OAEP', scheme()), 'latin1');
}
