import { as, jsonAs, type Place } from '../../demo/cast.ts';
import type { RolloverStatus } from '../rollover.ts';
import { personDoes } from './calls.ts';
import type { Estate } from './estate.ts';

export type Followed = RolloverStatus & { readonly workflow: string };

/** What is done with a key from beginning to end, and what people do on the way beside approving what they are asked. */
export interface Scenario {
  readonly alias: string;
  readonly workflow: string;
  readonly begin: (place: Place, estate: Estate) => Promise<unknown>;
  /** Does something where it is due; answers whether it did. */
  readonly attend: (place: Place, status: Followed) => Promise<boolean>;
  /** How long nobody looks: shorter than a wait in which somebody does something, and than any question stays open. */
  readonly stepHours: number;
}

const rotate = (alias: string, ...options: string[]): Scenario['begin'] => (place) => as(place, 'carol', 'rotate', alias, '--reason', 'yearly rotation', ...options);
const waits = ({ waits: open }: Followed, name: string): boolean => open.some((w) => w.name === name);

const nothing: Scenario['attend'] = () => Promise.resolve(false);

const acknowledge: Scenario['attend'] = async (place, status) => {
  if (!waits(status, 'acknowledgements')) return false;
  await personDoes('gina acknowledges', () => as(place, 'gina', 'ack', status.rotationId, '--consumer', 'gateway', '--thumbprint', status.rollover?.newThumbprint ?? ''));
  return true;
};

/** What ends a wait by a word. */
const says = (word: 'rollback' | 'reenable', wait: string): Scenario['attend'] => async (place, status) => {
  if (!waits(status, wait)) return false;
  await personDoes(`carol says ${word}`, () => as(place, 'carol', word, status.rotationId, '--reason', 'a consumer broke'));
  return true;
};

const rollover = (alias: string, ...options: string[]): Scenario => ({ alias, workflow: 'asymmetric-rotation', begin: rotate(alias, ...options), attend: acknowledge, stepHours: 6 });
const payments = { alias: 'alias/payments', attend: nothing, stepHours: 240 };
const retire: Scenario = { ...payments, workflow: 'retire', begin: (place, { keys }) => as(place, 'carol', 'retire', keys[payments.alias] ?? '', '--reason', 'followed a year ago') };

export const ofImportedKey = {
  'BYOK rotation': { ...payments, workflow: 'byok-rotation', begin: rotate(payments.alias) },
  /** Gated by quiet use. */
  'gated BYOK rotation': { ...payments, alias: 'alias/quiet', workflow: 'byok-rotation', begin: rotate('alias/quiet') },
  'rollback of a BYOK rotation': {
    ...payments,
    workflow: 'alias-rollback',
    begin: async (place) => {
      const rotation = (await jsonAs<Followed[]>(place, 'carol', 'status')).find((s) => s.workflow === 'byok-rotation');
      return as(place, 'carol', 'rollback', rotation?.rotationId ?? '', '--reason', 'a consumer broke');
    },
  },
  retirement: retire,
  'retirement that is taken back': { ...retire, attend: says('reenable', 'watch') },
} satisfies Record<string, Scenario>;

export const ofPublishedKey = {
  'rotation of a signing key': rollover('alias/tokens'),
  'rotation of an encryption key': rollover('alias/secrets'),
  'rotation of an HMAC key': rollover('alias/macs'),
  'emergency rotation of a signing key': rollover('alias/tokens', '--emergency'),
  'rotation of a signing key that is rolled back': {
    ...rollover('alias/tokens'),
    attend: async (place, status) => (await acknowledge(place, status)) || says('rollback', 'drain')(place, status),
  },
} satisfies Record<string, Scenario>;

export const scenarios = { ...ofImportedKey, ...ofPublishedKey };

export type ScenarioName = keyof typeof scenarios;

/** Whether it needs a BYOK rotation that is complete. */
export const followsRotation = (name: ScenarioName): boolean => ['alias-rollback', 'retire'].includes(scenarios[name].workflow);
