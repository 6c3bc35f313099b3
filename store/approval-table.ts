import { createHash } from 'node:crypto';
import type { Approval, Outcome } from '../core/approval/approval.ts';
import { silentUntilFrom } from '../core/approval/notices.ts';
import type { Decision } from '../core/approval/decision.ts';
import { RotaError } from '../core/errors.ts';
import type { Stage } from '../core/registry/registry-schema.ts';
import type { Table } from './table.ts';

/** The question with what only the API's role may read: the task token as KMS ciphertext, and whether it was answered. */
export interface StoredApproval extends Approval {
  readonly encryptedToken: Uint8Array;
  /** Grows with each decision; two deciders at once cannot both write. */
  readonly serial: number;
  readonly delivered: boolean;
  readonly heartbeatSeconds?: number;
  /** What its people were told, by marker. */
  readonly told: Readonly<Record<string, Told>>;
}

/** When it was begun to tell something, and whether it was told: a crash in between shows. */
interface Told {
  readonly at: string;
  readonly sent: boolean;
}

/** One question per rotation, stage and plan: a changed plan is a new question, and old decisions do not reach it (P4). */
export const approvalIdOf = (rotationId: string, stage: Stage, digest: string): string => `${rotationId}.${stage}.${digest.slice(0, 8)}`;

/**
 * Which questions are not at rest yet, and which a rotation has asked, as sets of ids: DynamoDB finds a question by its id alone, and whoever looks
 * after the open ones must not read all that were ever asked. The first set is in parts, since an item is written as a whole.
 */
const restlessParts = Array.from({ length: 16 }, (_, part) => `#restless ${part.toString(16)}`);
const restlessPartOf = (approvalId: string): string => restlessParts[Number.parseInt(createHash('sha256').update(approvalId).digest('hex').slice(0, 1), 16)] ?? '';
const askedBy = (rotationId: string): string => `#asked ${rotationId}`;

/** A question of an earlier release has told nobody in this way, and never will. */
const stored = (item: Record<string, unknown>): StoredApproval => ({ told: {}, ...item }) as unknown as StoredApproval;

/** Questions to approvers, one item each; a task token stands in no other table. */
export class ApprovalTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Asks. Where the question stands already (a retry with a new token), only the token is renewed. */
  async ask(approval: Approval, encryptedToken: Uint8Array, heartbeatSeconds?: number): Promise<void> {
    const { approvalId, rotationId } = approval;
    // Listed before it is there, so that a crash in between leaves none that nobody looks after.
    await this.#rouse(approvalId);
    await this.#list('ADD', askedBy(rotationId), [approvalId]);
    if (await this.#table.put({ ...approval, encryptedToken, serial: 0, delivered: false, told: {}, heartbeatSeconds }, { only: 'attribute_not_exists(approvalId)' })) return;
    await this.#table.update({ approvalId }, { change: 'SET encryptedToken = :t, delivered = :no', values: { ':t': encryptedToken, ':no': false } });
    // Its outcome is owed anew, and somebody may have put it to rest as it was before.
    await this.#rouse(approvalId);
  }

  /** Throws `NotFound`. */
  async get(approvalId: string): Promise<StoredApproval> {
    const found = await this.#table.get({ approvalId });
    if (found === undefined) throw new RotaError('NotFound', { what: `approval ${approvalId}` });
    return stored(found);
  }

  /** The questions that were not put to rest, oldest first: all that are open, and settled ones of which something is owed. */
  async restless(): Promise<StoredApproval[]> {
    return this.#listed(restlessParts);
  }

  /** Nothing is owed of these any more, as they were read. */
  async putToRest(approvalIds: readonly string[], isAtRest: (approval: StoredApproval) => boolean): Promise<void> {
    for (const part of new Set(approvalIds.map(restlessPartOf))) await this.#list('DELETE', part, approvalIds.filter((id) => restlessPartOf(id) === part));
    // Whoever has changed one since then may have roused it before it left the list.
    for (const approval of await this.#those(approvalIds)) if (!isAtRest(approval)) await this.#rouse(approval.approvalId);
  }

  /** What a rotation has asked, oldest first. */
  async ofRotation(rotationId: string): Promise<StoredApproval[]> {
    return this.#listed([askedBy(rotationId)]);
  }

  /** Every question that was ever asked, oldest first. */
  async all(): Promise<StoredApproval[]> {
    return (await this.#table.scan()).filter((item) => item.rotationId !== undefined).map(stored).sort(byTime);
  }

  /** Adds a decision to the question as it was read. Answers false when somebody else decided meanwhile: read again. */
  async decide(read: StoredApproval, decision: Decision, outcome: Outcome): Promise<boolean> {
    const { decidedAt } = decision;
    const { silentUntil } = silentUntilFrom(Date.parse(decidedAt), read.heartbeatSeconds);
    const more = outcome !== 'open' ? { settledAt: decidedAt } : silentUntil === undefined ? {} : { silentUntil };
    return this.#change(read, { outcome, decisions: [...read.decisions, decision], ...more });
  }

  /** Closes a question as it was read: an open one without a decision, or a settled one whose decisions came to have no effect. */
  async close(read: StoredApproval, outcome: 'timed out' | 'void', settledAt: string, voidBecause?: readonly string[]): Promise<boolean> {
    const change = () => this.#change(read, { outcome, settledAt, ...(voidBecause === undefined ? {} : { voidBecause }) });
    if (read.outcome === 'open') return change();
    // Its people are to be told anew. Before, for a crash in between; after, since somebody may have put it to rest as it was before.
    await this.#rouse(read.approvalId);
    const closed = await change();
    await this.#rouse(read.approvalId);
    return closed;
  }

  /** The silence counts anew: more people have been asked. */
  async prolong(read: StoredApproval, silentUntil: string): Promise<boolean> {
    return this.#change(read, { silentUntil });
  }

  /** Writes down who saw it first; whoever comes later changes nothing. */
  async see(approvalId: string, firstSeen: NonNullable<Approval['firstSeen']>): Promise<boolean> {
    return this.#set(approvalId, 'SET firstSeen = :v', 'attribute_exists(approvalId) AND attribute_not_exists(firstSeen)', { ':v': firstSeen });
  }

  /**
   * Takes it upon oneself to tell something. Answers false where it was told, or where somebody began to tell it since `staleBefore`: one who
   * began earlier has crashed. Times are ISO 8601.
   */
  async beginToTell(approvalId: string, marker: string, at: string, staleBefore: string): Promise<boolean> {
    const names = { '#marker': marker };
    const told: Told = { at, sent: false };
    const isFree = 'attribute_exists(told) AND (attribute_not_exists(told.#marker) OR (told.#marker.sent = :no AND told.#marker.#at < :stale))';
    return this.#set(approvalId, 'SET told.#marker = :v', isFree, { ':v': told, ':no': false, ':stale': staleBefore }, { ...names, '#at': 'at' });
  }

  async markTold(approvalId: string, marker: string): Promise<void> {
    await this.#set(approvalId, 'SET told.#marker.sent = :yes', 'attribute_exists(told.#marker)', { ':yes': true }, { '#marker': marker });
  }

  /** The workflow has the outcome; nothing is owed any more. */
  async markDelivered({ approvalId, encryptedToken }: StoredApproval): Promise<void> {
    // Where a retry has renewed the token meanwhile, the outcome is still owed to the new one.
    await this.#set(approvalId, 'SET delivered = :yes', 'encryptedToken = :told', { ':yes': true, ':told': encryptedToken });
  }

  /** The questions whose ids these sets hold; one that is listed but was not asked yet is not there. */
  async #listed(sets: readonly string[]): Promise<StoredApproval[]> {
    const lists = await this.#items(sets);
    return this.#those(lists.flatMap(({ ids }) => [...((ids as ReadonlySet<string> | undefined) ?? [])]));
  }

  async #those(approvalIds: readonly string[]): Promise<StoredApproval[]> {
    return (await this.#items(approvalIds)).map(stored).sort(byTime);
  }

  #items(ids: readonly string[]): Promise<Record<string, unknown>[]> {
    return this.#table.batchGet(ids.map((approvalId) => ({ approvalId })));
  }

  #rouse(approvalId: string): Promise<void> {
    return this.#list('ADD', restlessPartOf(approvalId), [approvalId]);
  }

  async #list(change: 'ADD' | 'DELETE', set: string, approvalIds: readonly string[]): Promise<void> {
    await this.#table.update({ approvalId: set }, { change: `${change} ids :ids`, values: { ':ids': new Set(approvalIds) } });
  }

  /** Changes a question, unless it is no longer as it was read. */
  async #change(read: StoredApproval, fields: Readonly<Record<string, unknown>>): Promise<boolean> {
    const names = Object.keys(fields);
    const sets = names.map((name) => `${name} = :${name}`).join(', ');
    const values = Object.fromEntries(names.map((name) => [`:${name}`, fields[name]]));
    return this.#set(read.approvalId, `SET ${sets}, serial = serial + :one`, 'serial = :read AND outcome = :was', { ...values, ':one': 1, ':read': read.serial, ':was': read.outcome });
  }

  async #set(approvalId: string, change: string, condition: string, values: Record<string, unknown>, names?: Record<string, string>): Promise<boolean> {
    return this.#table.update({ approvalId }, { change, only: condition, values, ...(names === undefined ? {} : { names }) });
  }
}

const byTime = (a: Approval, b: Approval): number => a.requestedAt.localeCompare(b.requestedAt);

/** What of a question may leave the table: not the token, nor the bookkeeping. */
const publicFields = [
  'approvalId',
  'rotationId',
  'stage',
  'plan',
  'planDigest',
  'rule',
  'requestedBy',
  'reason',
  'requestedAt',
  'deadline',
  'silentUntil',
  'outcome',
  'decisions',
  'firstSeen',
  'settledAt',
  'voidBecause',
] as const satisfies readonly (keyof Approval)[];

export const publicApproval = (stored: StoredApproval): Approval =>
  Object.fromEntries(publicFields.filter((field) => stored[field] !== undefined).map((field) => [field, stored[field]])) as unknown as Approval;
