import type { Exception } from '../registry/estate-schema.ts';
import type { Registry } from '../registry/registry-schema.ts';
import type { ObservedKey } from './observed-key.ts';

/** What the registry asks of a key that people rotate. */
export interface ManualPolicy {
  readonly alias: string;
  readonly owner: string;
  readonly cryptoperiodDays: number;
  readonly warningDays: number;
}

/** What an inventory of one account and Region measures keys by. */
export interface Policies {
  /** By alias. */
  readonly registered: ReadonlyMap<string, ManualPolicy>;
  /** By ARN or alias. */
  readonly exceptions: ReadonlyMap<string, readonly Exception[]>;
  /** Of automatic rotation; left out, any period is in order. */
  readonly longestPeriodDays?: number;
}

/** Rota's own keys that AWS cannot rotate. What they sign names them, so that a later key changes nothing about it; no registry has them. */
export const ownAliases: ReadonlySet<string> = new Set(['alias/rota-decisions', 'alias/rota-dossiers']);

/**
 * The policies of a registry. Its aliases are those of Rota's own account and Region, so elsewhere only what it says by ARN
 * or for all keys holds.
 */
export function policiesOf(registry: Pick<Registry, 'keys' | 'exceptions' | 'automaticRotation'>, { home }: { home: boolean }): Policies {
  const registered = new Map<string, ManualPolicy>();
  if (home) for (const { alias, owner, schedule } of registry.keys) registered.set(alias, { alias, owner, ...schedule });
  const exceptions = new Map<string, Exception[]>();
  for (const exception of registry.exceptions ?? [])
    if (home || exception.key.startsWith('arn:')) exceptions.set(exception.key, [...(exceptions.get(exception.key) ?? []), exception]);
  return { registered, exceptions, ...(registry.automaticRotation === undefined ? {} : { longestPeriodDays: registry.automaticRotation.periodDays }) };
}

/** What the registry asks of this key: by any of its aliases. */
export function policyFor({ aliases }: Pick<ObservedKey, 'aliases'>, { registered }: Policies): ManualPolicy | undefined {
  for (const alias of aliases) {
    const policy = registered.get(alias);
    if (policy !== undefined) return policy;
  }
  return undefined;
}

export const exceptionsFor = (arn: string, { aliases }: Pick<ObservedKey, 'aliases'>, { exceptions }: Policies): readonly Exception[] =>
  exceptions.size === 0 ? [] : [arn, ...aliases].flatMap((name) => exceptions.get(name) ?? []);
