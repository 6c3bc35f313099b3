import { randomBytes } from 'node:crypto';
import { sessionOf } from '../principal-arns.ts';
import type { Principal, Principals } from '../principals.ts';
import { Seal } from '../seal.ts';
import { SignatureError } from '../wire/sigv4.ts';

/** Temporary credentials of a role. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  /** Real time. */
  readonly expiresMs: number;
}

interface Sealed {
  readonly role: string;
  readonly session: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiresMs: number;
}

const context = 'session token';

/**
 * Sessions of roles. All there is to a session stands, sealed, in its token, so that it outlives a restart and nothing has to be kept. They expire by
 * real time, whatever the clock of the embedded AWS says: signatures are checked by it too, and clients renew by their own clock.
 */
export class Sessions {
  readonly #seal: Seal;
  readonly #principals: Principals;

  private constructor(seal: Seal, principals: Principals) {
    this.#seal = seal;
    this.#principals = principals;
  }

  /** `file` holds the key that seals tokens; made if missing. */
  static async open(file: string, principals: Principals): Promise<Sessions> {
    return new Sessions(await Seal.open(file), principals);
  }

  /** Begins a session of a role that ends at `expiresMs`, in real time. */
  begin(role: Principal, session: string, expiresMs: number): SessionCredentials {
    const credentials = { accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`, secretAccessKey: randomBytes(30).toString('base64'), expiresMs };
    const sealed: Sealed = { role: role.arn, session, ...credentials };
    return { ...credentials, token: this.#seal.seal(Buffer.from(JSON.stringify(sealed)), context) };
  }

  /** The role, as the session that signs with this token. Throws SignatureError for a token that is not of this key and place, or has expired. */
  principalOf(token: string, accessKeyId: string, nowMs: number): Principal {
    const sealed = this.#read(token);
    const role = sealed === undefined ? undefined : this.#principals.withArn(sealed.role);
    if (sealed === undefined || role === undefined || sealed.accessKeyId !== accessKeyId) throw new SignatureError('wrong-token', 'The security token included in the request is invalid.');
    if (sealed.expiresMs <= nowMs) throw new SignatureError('expired-token', 'The security token included in the request is expired');
    return { ...role, ...sessionOf(role.arn, sealed.session), accessKeyId, secretAccessKey: sealed.secretAccessKey };
  }

  #read(token: string): Sealed | undefined {
    try {
      return JSON.parse(this.#seal.unseal(token, context).toString()) as Sealed;
    } catch {
      return undefined;
    }
  }
}
