import type { PacedCalls } from './paced-calls.ts';

interface AliasPage {
  readonly Aliases: readonly { readonly AliasName: string; readonly AliasArn: string; readonly TargetKeyId?: string }[];
  readonly NextMarker?: string;
}

/** Where an account's keys are. */
export interface Found {
  readonly accountId: string;
  readonly partition: string;
}

/** What an ARN of KMS says of where it is. */
export function placeOfArn(arn: string): Found {
  const [, partition = 'aws', , , accountId = ''] = arn.split(':');
  return { accountId, partition };
}

const none: readonly string[] = [];

/** All aliases of an account in a Region, listed once: which keys they lead to, and which keys are AWS's own. */
export class AliasNames {
  /** Resolves when all are known; rejects when they could not be listed. */
  readonly complete: Promise<void>;
  found: Found | undefined;
  readonly #byKey = new Map<string, string[]>();
  readonly #awsKeys = new Set<string>();
  readonly #customerKeys: string[] = [];
  #isComplete = false;
  #wake = (): void => undefined;

  /** Begins to list at once. */
  constructor(calls: PacedCalls) {
    this.complete = this.#list(calls);
    // Whoever awaits it hears of a failure; without this the process would end before that.
    this.complete.catch(() => undefined);
  }

  of(keyId: string): readonly string[] {
    return this.#byKey.get(keyId) ?? none;
  }

  isAws(keyId: string): boolean {
    return this.#awsKeys.has(keyId);
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The keys that a customer's alias leads to, each once, as they come in. `alias/aws/` is reserved, so none of them is AWS's. */
  async *customerKeys(): AsyncGenerator<string> {
    for (let next = 0; ; ) {
      const id = this.#customerKeys[next];
      if (id !== undefined) {
        next += 1;
        yield id;
      } else if (this.#isComplete) return this.complete;
      else await Promise.race([this.complete, new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  async #list(calls: PacedCalls): Promise<void> {
    let Marker: string | undefined;
    do {
      const page: AliasPage = await calls.call<AliasPage>('ListAliases', { Limit: 100, ...(Marker === undefined ? {} : { Marker }) });
      for (const alias of page.Aliases) this.#add(alias);
      this.#wake();
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    this.#isComplete = true;
  }

  #add({ AliasName: name, AliasArn, TargetKeyId: keyId }: AliasPage['Aliases'][number]): void {
    this.found ??= placeOfArn(AliasArn);
    if (keyId === undefined) return;
    const names = this.#byKey.get(keyId);
    if (names !== undefined) names.push(name);
    else this.#byKey.set(keyId, [name]);
    if (name.startsWith('alias/aws/')) this.#awsKeys.add(keyId);
    else if (names === undefined) this.#customerKeys.push(keyId);
  }
}
