import { randomBytes } from 'node:crypto';
import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import { sha256Hex } from '../../core/canonical-json.ts';
import { isRotaError, RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { deadlineMs } from '../../core/rollover/reminders.ts';
import type { Acknowledgement } from '../../core/rollover/acknowledgement.ts';
import type { AcknowledgementLink } from '../../store/acknowledgement-table.ts';
import type { ApiDeps } from '../deps.ts';
import { acknowledge } from './acknowledge.ts';
import { consumerOf, openRollover, type OpenRollover } from './open-rollover.ts';

const longestLifeMs = 14 * secondsPerDay * 1000;
/** Wrong thumbprints that a link takes before it is used up. */
const mostWrongTries = 10;

const hashOf = (secret: string): string => sha256Hex(Buffer.from(secret, 'utf8'));

/** A link that was just made: its secret is nowhere else, and not told again. */
export interface FreshLink {
  readonly secret: string;
  readonly expiresAt: string;
}

/** Makes a one-use link, good until the consumer's deadline and for 14 days at most; after the deadline for 14 days. Throws `ConsumerUnknown`, `NotWaiting`. */
export async function makeLink(deps: ApiDeps, custodian: Person, rotationId: string, consumerName: string): Promise<FreshLink> {
  const open = await openRollover(deps, rotationId);
  const consumer = consumerOf(open, consumerName);
  const nowMs = deps.clock.now();
  const deadline = deadlineMs(consumer, open.publishedMs);
  const expiresAt = isoSeconds(Math.min(deadline > nowMs ? deadline : Infinity, nowMs + longestLifeMs));
  const secret = randomBytes(32).toString('base64url');
  await deps.store.acknowledgements.putLink(rotationId, { secretSha256: hashOf(secret), consumer: consumer.name, expiresAt, madeBy: custodian.id });
  return { secret, expiresAt };
}

/** What a good link opens. */
export interface OpenedLink {
  readonly link: AcknowledgementLink;
  readonly open: OpenRollover;
}

/** Looks at a link without using it. Throws `LinkInvalid`, `NotWaiting`. */
export async function openLink(deps: ApiDeps, rotationId: string, secret: string): Promise<OpenedLink> {
  const link = await deps.store.acknowledgements.link(rotationId, hashOf(secret));
  if (link === undefined || Date.parse(link.expiresAt) <= deps.clock.now()) throw new RotaError('LinkInvalid', {});
  return { link, open: await openRollover(deps, rotationId) };
}

/**
 * Acknowledges by a link. Only the right thumbprint uses it up, after the record is there: a crash in between leaves a link
 * that records the same again. Throws `AcknowledgementWrong`.
 */
export async function acknowledgeByLink(deps: ApiDeps, { link, open }: OpenedLink, thumbprint: string): Promise<Acknowledgement> {
  try {
    const word = await acknowledge(deps, open, { consumer: link.consumer, thumbprint }, 'link');
    await useUp(deps, open, link);
    return word;
  } catch (error) {
    if (isRotaError(error, 'AcknowledgementWrong')) await countWrong(deps, open, link);
    throw error;
  }
}

const useUp = ({ store, clock }: ApiDeps, { head }: OpenRollover, { secretSha256 }: AcknowledgementLink) => store.acknowledgements.useLink(head.rotationId, secretSha256, isoSeconds(clock.now()));

async function countWrong(deps: ApiDeps, open: OpenRollover, link: AcknowledgementLink): Promise<void> {
  const count = await deps.store.acknowledgements.countWrong(open.head.rotationId, link.secretSha256);
  if (count >= mostWrongTries) await useUp(deps, open, link);
}
