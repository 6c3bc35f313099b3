import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedClock } from '../../../local/clock.ts';
import { openKms, type Kms } from '../../../local/kms/server.ts';
import type { ServiceControlPolicy } from '../../../local/kms/service-control.ts';
import type { Caller } from '../../../local/service.ts';
import { AwsError } from '../../../local/wire/errors.ts';

type Wire = Record<string, unknown>;

export const accountId = '111122223333';
export const region = 'eu-central-1';
export const dayMs = 86_400_000;

export const callerOf = (arn = `arn:aws:iam::${accountId}:user/alice`, at = region): Caller => ({
  arn,
  userId: 'AIDAEXAMPLE',
  accountId: arn.split(':')[4] ?? '',
  region: at,
  sourceIp: '127.0.0.1',
  requestId: randomUUID(),
});

/** An embedded KMS in a folder of its own, with a clock to move. */
export class Bench {
  readonly folder: string;
  readonly clock: EmbeddedClock;
  kms: Kms;
  readonly #killed: Kms[] = [];

  private constructor(folder: string, clock: EmbeddedClock, kms: Kms) {
    this.folder = folder;
    this.clock = clock;
    this.kms = kms;
  }

  static async open(options: { serviceControlPolicies?: readonly ServiceControlPolicy[] } = {}): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'rota-kms-'));
    const clock = new EmbeddedClock();
    return new Bench(folder, clock, await openKms({ folder, clock, ...options }));
  }

  /** Opens the folder again; without `close` it is as after a kill. */
  async reopen({ close }: { close: boolean }): Promise<void> {
    if (close) await this.kms.close();
    else this.#killed.push(this.kms);
    this.kms = await openKms({ folder: this.folder, clock: this.clock });
  }

  /** Ends the test: also lets go of the files of those that were "killed". */
  async close(): Promise<void> {
    await this.kms.close();
    for (const kms of this.#killed) await kms.close();
  }

  async call<T = Wire>(operation: string, input: Wire = {}, caller: Caller = callerOf()): Promise<T> {
    return (await this.kms.handle(operation, input, caller)) as T;
  }

  /** `Name: message` of the refusal; a test that expects one fails with the answer when there is none. */
  async refusal(operation: string, input: Wire, caller?: Caller): Promise<string> {
    try {
      return `answered ${JSON.stringify(await this.call(operation, input, caller))}`;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  }

  async createKey(input: Wire = {}, caller?: Caller): Promise<Metadata> {
    return (await this.call<{ KeyMetadata: Metadata }>('CreateKey', input, caller)).KeyMetadata;
  }

  async describe(keyId: string, at = region): Promise<Metadata> {
    return (await this.call<{ KeyMetadata: Metadata }>('DescribeKey', { KeyId: keyId }, callerOf(undefined, at))).KeyMetadata;
  }

  /** Gets parameters, wraps and imports, as a client would. */
  async import(keyId: string, material: Buffer, { algorithm = 'RSAES_OAEP_SHA_256', spec = 'RSA_2048', at = region, ...rest }: ImportOptions = {}): Promise<string> {
    const parameters = await this.parameters(keyId, algorithm, spec, at);
    const answer = await this.call<{ KeyMaterialId: string }>(
      'ImportKeyMaterial',
      {
        KeyId: keyId,
        ImportToken: parameters.ImportToken,
        EncryptedKeyMaterial: wrap(algorithm, parameters.PublicKey, material),
        ...('ValidTo' in rest ? {} : { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
        ...rest,
      },
      callerOf(undefined, at),
    );
    return answer.KeyMaterialId;
  }

  parameters(keyId: string, algorithm = 'RSAES_OAEP_SHA_256', spec = 'RSA_2048', at = region): Promise<Parameters> {
    return this.call<Parameters>('GetParametersForImport', { KeyId: keyId, WrappingAlgorithm: algorithm, WrappingKeySpec: spec }, callerOf(undefined, at));
  }
}

interface Parameters {
  ImportToken: string;
  PublicKey: string;
  ParametersValidTo: number;
}

interface ImportOptions extends Wire {
  algorithm?: string;
  spec?: string;
  at?: string;
}

export interface Metadata extends Wire {
  KeyId: string;
  Arn: string;
  KeyState: string;
}

/** Wraps as aws-facts 8.2 and 8.4 say, independently of what local/ does to unwrap. */
export function wrap(algorithm: string, publicKey: string, material: Buffer): string {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm.endsWith('_1') ? 'sha1' : 'sha256' };
  if (algorithm.startsWith('RSAES_OAEP')) return publicEncrypt(oaep, material).toString('base64');
  const aes = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([publicEncrypt(oaep, aes), cipher.update(material), cipher.final()]).toString('base64');
}

export const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

/** A table may leave out a standard field by setting it to undefined; on the wire it is absent. */
export const withoutUndefined = (input: Wire): Wire => JSON.parse(JSON.stringify(input)) as Wire;
