export type Curve = 'P-256' | 'P-384' | 'P-521' | 'secp256k1' | 'SM2';

/**
 * The curves of KMS key pairs: object identifier and order of the group, hex. SEC 2 version 2.0 sections 2.4 to 2.6;
 * RFC 5480 section 2.1.1.1; GB/T 32918.5.
 */
export const curves: Readonly<Record<Curve, { readonly oid: string; readonly order: string }>> = {
  'P-256': { oid: '1.2.840.10045.3.1.7', order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551' },
  'P-384': { oid: '1.3.132.0.34', order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973' },
  'P-521': {
    oid: '1.3.132.0.35',
    order: '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  },
  secp256k1: { oid: '1.3.132.0.10', order: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141' },
  SM2: { oid: '1.2.156.10197.1.301', order: 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123' },
};
