/** An authenticator in software, written from the specification and not with the library that checks it: Web Authentication Level 3, section 6. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();

/** The few forms of CBOR that an attestation needs: RFC 8949, section 3. */
function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  return value < 256 ? Buffer.from([(major << 5) | 24, value]) : Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}
const integer = (n: number): Buffer => (n < 0 ? head(1, -1 - n) : head(0, n));
const bytes = (b: Buffer): Buffer => Buffer.concat([head(2, b.length), b]);
const text = (t: string): Buffer => Buffer.concat([head(3, t.length), Buffer.from(t)]);
const map = (...entries: readonly (readonly [Buffer, Buffer])[]): Buffer => Buffer.concat([head(5, entries.length), ...entries.flat()]);

export interface Asked {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  readonly flags?: number;
  readonly counter?: number;
  /** What is put into the client data beside or in place of what belongs there. */
  readonly client?: Readonly<Record<string, unknown>>;
}

const algorithms = {
  ES256: { make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), hash: 'sha256' },
  EdDSA: { make: () => generateKeyPairSync('ed25519'), hash: null },
  RS256: { make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256' },
} as const;

/** One credential of it. Flags: 0x01 present, 0x04 verified, 0x40 attested. */
export class SoftPasskey {
  readonly credentialId = randomBytes(24).toString('base64url');
  readonly #algorithm: keyof typeof algorithms;
  readonly #keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  userHandle = '';

  constructor(algorithm: keyof typeof algorithms = 'ES256') {
    this.#algorithm = algorithm;
    this.#keys = algorithms[algorithm].make();
  }

  get publicKeySpki(): string {
    return this.#keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  }

  /** RegistrationResponseJSON, attestation `none`. */
  register({ challenge, origin, rpId, flags = 0x45, counter = 0, client = {} }: Asked) {
    const id = Buffer.from(this.credentialId, 'base64url');
    const authData = Buffer.concat([headOf(rpId, flags, counter), Buffer.alloc(16), Buffer.from([id.length >> 8, id.length & 0xff]), id, this.#cose()]);
    const attestationObject = map([text('fmt'), text('none')], [text('attStmt'), map()], [text('authData'), bytes(authData)]);
    const clientDataJSON = Buffer.from(JSON.stringify({ type: 'webauthn.create', challenge, origin, crossOrigin: false, ...client })).toString('base64url');
    return { id: this.credentialId, rawId: this.credentialId, type: 'public-key', response: { clientDataJSON, attestationObject: attestationObject.toString('base64url'), transports: ['internal'] } } as const;
  }

  /** AuthenticationResponseJSON. */
  answer({ challenge, origin, rpId, flags = 0x05, counter = 0, client = {} }: Asked) {
    const authenticatorData = headOf(rpId, flags, counter);
    const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false, ...client }));
    const signature = sign(algorithms[this.#algorithm].hash, Buffer.concat([authenticatorData, sha256(clientData)]), this.#keys.privateKey);
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(this.userHandle === '' ? {} : { userHandle: this.userHandle }),
      },
    } as const;
  }

  /** COSE_Key. RFC 9053, section 7; RFC 8230, section 4. */
  #cose(): Buffer {
    const { x = '', y = '', n = '', e = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const part = (label: number, value: string): [Buffer, Buffer] => [integer(label), bytes(Buffer.from(value, 'base64url'))];
    const kind = (kty: number, alg: number): [Buffer, Buffer][] => [[integer(1), integer(kty)], [integer(3), integer(alg)]];
    if (this.#algorithm === 'ES256') return map(...kind(2, -7), [integer(-1), integer(1)], part(-2, x), part(-3, y));
    if (this.#algorithm === 'EdDSA') return map(...kind(1, -8), [integer(-1), integer(6)], part(-2, x));
    return map(...kind(3, -257), part(-1, n), part(-2, e));
  }
}

function headOf(rpId: string, flags: number, counter: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
}
