import { stringify } from 'yaml';
import { run, type ExitCode } from '../cli/program.ts';
import type { AsymmetricKey, Person, Registry } from '../core/registry/registry-schema.ts';

/** An embedded AWS that is up, as `rota local` describes it. */
export interface Place {
  readonly url: string;
  readonly region: string;
  readonly accountId: string;
  readonly people: readonly { readonly id: string; readonly accessKeyId: string; readonly secretAccessKey: string }[];
}

/** The credentials of one of the people, as an AWS client takes them. */
export function credentialsOf(place: Place, id: string): { accessKeyId: string; secretAccessKey: string } {
  const person = place.people.find((p) => p.id === id);
  if (person === undefined) throw new Error(`nobody is called ${id}`);
  return { accessKeyId: person.accessKeyId, secretAccessKey: person.secretAccessKey };
}

export interface Said {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs `rota` as one of the people, in this process, through the same code as the command line. */
export async function as(place: Place, id: string, ...args: string[]): Promise<Said> {
  const { accessKeyId, secretAccessKey } = credentialsOf(place, id);
  let out = '';
  let err = '';
  const exitCode = await run(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    env: { ROTA_URL: place.url, AWS_ENDPOINT_URL: place.url, AWS_REGION: place.region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  });
  return { exitCode, out, err };
}

/** The answer of a command that must succeed, from its `--json` document. */
export async function jsonAs<T>(place: Place, id: string, ...args: string[]): Promise<T> {
  const said = await as(place, id, ...args, '--json');
  if (said.exitCode !== 0) throw new Error(`rota ${args.join(' ')} as ${id} ended with ${said.exitCode}: ${said.err}`);
  return JSON.parse(said.out) as T;
}

/** People as a registry has them, without the credentials that `rota local` knows. */
export const personsOf = (people: readonly Person[]): Person[] => people.map(({ id, name, arn, roles, groups }) => ({ id, name, arn, roles, groups }));

/** A registry with one key that two of security approve. The people are those of `rota local`. */
export function paymentsRegistry(people: readonly Person[], recoveryCertificatePem: string, accountId: string): Registry {
  return {
    version: 1,
    people: personsOf(people),
    keys: [
      {
        alias: 'alias/payments',
        owner: 'payments-owners',
        method: 'new-key',
        schedule: { cryptoperiodDays: 365, warningDays: 30 },
        material: { source: 'generated' },
        escrow: { recoveryCertificates: [recoveryCertificatePem] },
        approvals: { cutover: { all: [{ group: 'security', count: 2 }] }, timeoutSeconds: 604_800, heartbeatSeconds: 259_200 },
        breakGlassRoleArn: `arn:aws:iam::${accountId}:role/break-glass`,
        retirement: { denySeconds: 2_592_000, watchSeconds: 7_776_000 },
        description: 'Payment data of the ledger',
      },
    ],
  };
}

/** The registered key of the tokens that a gateway and a partner verify. Intervals of hours and days, as a bank has them. */
export function tokensKey(targets: AsymmetricKey['publication']['targets'], accountId: string, change: Partial<AsymmetricKey> = {}): AsymmetricKey {
  const [first] = targets;
  return {
    alias: 'alias/tokens',
    owner: 'identity-team',
    method: 'asymmetric',
    schedule: { cryptoperiodDays: 365, warningDays: 30 },
    approvals: {
      cutover: { all: [{ group: 'security', count: 2 }] },
      emergency: { all: [{ group: 'security', count: 2 }, { group: 'payments-owners', count: 1 }] },
      timeoutSeconds: 604_800,
      heartbeatSeconds: 259_200,
    },
    breakGlassRoleArn: `arn:aws:iam::${accountId}:role/break-glass`,
    retirement: { denySeconds: 2_592_000, watchSeconds: 7_776_000 },
    rollover: {
      propagationSeconds: 300,
      cacheTtlSeconds: 86_400,
      publishSafetySeconds: 3600,
      longestLifetimeSeconds: 43_200,
      clockSkewSeconds: 300,
      retireSafetySeconds: 3600,
      kmsPropagationSeconds: 300,
    },
    publication: { targets },
    consumers: [
      { name: 'gateway', contact: 'gina@bank.example', group: 'consumers', target: first?.name ?? '', acknowledges: 'required', deadlineDays: 14, people: ['gina'] },
      { name: 'partner', contact: 'keys@partner.example', group: 'partners', target: first?.name ?? '', acknowledges: 'required', deadlineDays: 14, people: [] },
    ],
    acknowledgement: [{ group: 'partners', count: 'all' }],
    ...change,
  };
}

export const asYaml = (registry: Registry): string => stringify(registry);
