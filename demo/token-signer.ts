import { createPublicKey, createHash } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';

/** Something signed: what a JWS is without its base64url. */
export interface SignedMessage {
  readonly kid: string;
  readonly message: Buffer;
  readonly signature: Buffer;
  /** Epoch milliseconds. */
  readonly signedAtMs: number;
}

/** Signs through an alias, as a service does that knows nothing of rotations: the answer names the key, and so the `kid`. */
export class TokenSigner {
  readonly #kms: KMSClient;
  readonly #alias: string;
  readonly #algorithm: SigningAlgorithmSpec;
  readonly #kids = new Map<string, string>();

  constructor(kms: KMSClient, alias: string, algorithm: SigningAlgorithmSpec) {
    this.#kms = kms;
    this.#alias = alias;
    this.#algorithm = algorithm;
  }

  async sign(text: string, nowMs: number): Promise<SignedMessage> {
    const message = Buffer.from(text);
    const { Signature, KeyId = '' } = await this.#kms.send(new SignCommand({ KeyId: this.#alias, Message: message, MessageType: 'RAW', SigningAlgorithm: this.#algorithm }));
    return { kid: await this.#kidOf(KeyId), message, signature: Buffer.from(Signature ?? []), signedAtMs: nowMs };
  }

  async #kidOf(keyArn: string): Promise<string> {
    const known = this.#kids.get(keyArn);
    if (known !== undefined) return known;
    const { PublicKey } = await this.#kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
    const jwk = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' }).export({ format: 'jwk' });
    const kid = thumbprint(jwk);
    this.#kids.set(keyArn, kid);
    return kid;
  }
}

/** RFC 7638, written a second time on purpose: a consumer has code of its own. */
export function thumbprint(jwk: { readonly [member: string]: unknown }): string {
  const members = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] }[String(jwk.kty)] ?? [];
  const canonical = JSON.stringify(Object.fromEntries(members.map((m) => [m, jwk[m]])));
  return createHash('sha256').update(canonical).digest('base64url');
}
