import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, ScanCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Decision } from '../core/approval/decision.ts';
import { RotaError } from '../core/errors.ts';
import type { AnyPlan } from '../core/plan/plan.ts';
import type { ApprovalRule, Stage } from '../core/registry/registry-schema.ts';
import { unlessConflict } from './conditional.ts';

export type Outcome = 'open' | 'approved' | 'refused' | 'timed out';

/** A question to approvers. The plan is whole, so that what is signed is what is read. */
export interface Approval {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly stage: Stage;
  readonly plan: AnyPlan;
  readonly planDigest: string;
  readonly rule: ApprovalRule;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly outcome: Outcome;
  readonly decisions: readonly Decision[];
}

/** The question with what only the API's role may read: the task token as KMS ciphertext, and whether it was answered. */
export interface StoredApproval extends Approval {
  readonly encryptedToken: Uint8Array;
  /** Grows with each decision; two deciders at once cannot both write. */
  readonly serial: number;
  readonly delivered: boolean;
}

/** One question per rotation, stage and plan: a changed plan is a new question, and old decisions do not reach it (P4). */
export const approvalIdOf = (rotationId: string, stage: Stage, digest: string): string => `${rotationId}.${stage}.${digest.slice(0, 8)}`;

/** Questions to approvers, one item each; a task token stands in no other table. */
export class ApprovalTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Asks. Where the question stands already (a retry with a new token), only the token is renewed. */
  async ask(approval: Approval, encryptedToken: Uint8Array): Promise<void> {
    const { approvalId } = approval;
    try {
      await this.#dynamo.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...approval, encryptedToken, serial: 0, delivered: false },
          ConditionExpression: 'attribute_not_exists(approvalId)',
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      await this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { approvalId },
          UpdateExpression: 'SET encryptedToken = :t, delivered = :no',
          ExpressionAttributeValues: { ':t': encryptedToken, ':no': false },
        }),
      );
    }
  }

  /** Throws `NotFound`. */
  async get(approvalId: string): Promise<StoredApproval> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: { approvalId }, ConsistentRead: true }));
    if (Item === undefined) throw new RotaError('NotFound', { what: `approval ${approvalId}` });
    return Item as StoredApproval;
  }

  /** Every question, oldest first. */
  async all(): Promise<StoredApproval[]> {
    const found: StoredApproval[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#dynamo.send(new ScanCommand({ TableName: this.#table, ExclusiveStartKey: from, ConsistentRead: true }));
      found.push(...((page.Items ?? []) as StoredApproval[]));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return found.sort((a, b) => a.requestedAt.localeCompare(b.requestedAt));
  }

  async ofRotation(rotationId: string): Promise<StoredApproval[]> {
    return (await this.all()).filter((a) => a.rotationId === rotationId);
  }

  /** Adds a decision to the question as it was read. Answers false when somebody else decided meanwhile: read again. */
  async decide(read: StoredApproval, decision: Decision, outcome: Outcome): Promise<boolean> {
    return this.#change(read, 'SET decisions = list_append(decisions, :d), outcome = :o, serial = serial + :one', {
      ':d': [decision],
      ':o': outcome,
      ':one': 1,
    });
  }

  /** Closes an open question without a decision. */
  async close(read: StoredApproval, outcome: Outcome): Promise<boolean> {
    return this.#change(read, 'SET outcome = :o, serial = serial + :one', { ':o': outcome, ':one': 1 });
  }

  /** The workflow has the outcome; nothing is owed any more. */
  async markDelivered({ approvalId, encryptedToken }: StoredApproval): Promise<void> {
    try {
      await this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { approvalId },
          UpdateExpression: 'SET delivered = :yes',
          ConditionExpression: 'encryptedToken = :told',
          ExpressionAttributeValues: { ':yes': true, ':told': encryptedToken },
        }),
      );
    } catch (error) {
      // A retry renewed the token meanwhile: the outcome is still owed to the new one.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async #change(read: StoredApproval, expression: string, values: Record<string, unknown>): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { approvalId: read.approvalId },
          UpdateExpression: expression,
          ConditionExpression: 'serial = :read AND outcome = :open',
          ExpressionAttributeValues: { ...values, ':read': read.serial, ':open': 'open' },
        }),
      ),
    );
  }
}

/** The question without token and bookkeeping: what may leave the table. */
export const publicApproval = (stored: StoredApproval): Approval => {
  const { approvalId, rotationId, stage, plan, planDigest, rule, requestedBy, reason, requestedAt, deadline, outcome, decisions } = stored;
  return { approvalId, rotationId, stage, plan, planDigest, rule, requestedBy, reason, requestedAt, deadline, outcome, decisions };
};
