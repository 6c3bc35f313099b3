import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';

/** How often something may be tried, by one address (login, enrolment) or one person, in a window of fixed length. */
const limits = {
  login: { most: 40, seconds: 300, what: 'log in from this address' },
  enrolment: { most: 20, seconds: 600, what: 'enrol a passkey from this address' },
  'enrolment-link': { most: 5, seconds: 3600, what: 'make an enrolment link' },
  decision: { most: 40, seconds: 600, what: 'decide' },
} as const;

/** Counts a try. The count is in the store, so that it holds for every instance of the API. Throws `TooManyTries`. */
export async function countTry({ store, clock }: ApiDeps, kind: keyof typeof limits, who: string): Promise<void> {
  const { most, seconds, what } = limits[kind];
  const windowMs = seconds * 1000;
  const endsMs = (Math.floor(clock.now() / windowMs) + 1) * windowMs;
  if (!(await store.sessions.count(`${kind}#${who}`, most, endsMs))) throw new RotaError('TooManyTries', { what, until: isoSeconds(endsMs) });
}
