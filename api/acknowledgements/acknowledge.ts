import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { deadlineMs } from '../../core/rollover/reminders.ts';
import { thumbprintBegin, type Acknowledgement } from '../../core/rollover/acknowledgement.ts';
import { announce } from '../../store/events.ts';
import type { ApiDeps } from '../deps.ts';
import { consumerOf, openRollover, type OpenRollover } from './open-rollover.ts';
import { tellIfSatisfied } from './satisfied.ts';

export interface Acknowledged {
  readonly consumer: string;
  /** RFC 7638 thumbprint of the key that the consumer installed. */
  readonly thumbprint: string;
}

/** Records the word of a person who speaks for a consumer. Throws `NotYourConsumer`, and what `acknowledge` throws. */
export async function acknowledgeAs(deps: ApiDeps, person: Person, rotationId: string, given: Acknowledged): Promise<Acknowledgement> {
  const open = await openRollover(deps, rotationId);
  if (!consumerOf(open, given.consumer).people.includes(person.id)) throw new RotaError('NotYourConsumer', { person: person.id, consumer: given.consumer });
  return acknowledge(deps, open, given, person.id);
}

/**
 * Records that a consumer has the new key, and tells the machine when it was the last one needed. The first word of a consumer
 * stands: a repeat answers it. After the deadline it counts, and is marked late. Throws `AcknowledgementWrong`.
 */
export async function acknowledge(deps: ApiDeps, open: OpenRollover, { consumer: name, thumbprint }: Acknowledged, by: string): Promise<Acknowledgement> {
  const { head, newThumbprint } = open;
  const consumer = consumerOf(open, name);
  if (thumbprint !== newThumbprint) {
    // Somebody has another key than the one that will sign: worth telling, but the refusal stands without it.
    await announce({ ...deps, head }, 'Rota Acknowledgement Refused', { consumer: name, by, given: thumbprint, expected: newThumbprint }).catch(() => undefined);
    throw new RotaError('AcknowledgementWrong', { consumer: name, given: thumbprint, beginsWith: thumbprintBegin(newThumbprint) });
  }
  const nowMs = deps.clock.now();
  const word: Acknowledgement = { consumer: name, kind: 'acknowledged', thumbprint, by, at: isoSeconds(nowMs), late: nowMs > deadlineMs(consumer, open.publishedMs) };
  return record(deps, open, word);
}

/** Records a word, unless there is one, and answers the one that stands. */
export async function record(deps: ApiDeps, open: OpenRollover, word: Acknowledgement): Promise<Acknowledgement> {
  const { rotationId } = open.head;
  const isFirst = await deps.store.acknowledgements.record(rotationId, word);
  // Read after the own write, and consistently: of two consumers who speak at once, the later writer sees both.
  const all = await deps.store.acknowledgements.ofRotation(rotationId);
  await tellIfSatisfied(deps, open, all);
  if (!isFirst) return all.find((a) => a.consumer === word.consumer) ?? word;
  const { consumer, kind, by, late } = word;
  await announce({ ...deps, head: open.head }, 'Rota Acknowledgement Given', { consumer, kind, by, late }).catch(() => undefined);
  return word;
}
