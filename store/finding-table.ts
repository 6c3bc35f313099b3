import { DeleteCommand, paginateQuery, paginateScan, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { findingIdOf, type OpenFinding } from '../core/findings/open-finding.ts';
import { unlessConflict } from './conditional.ts';
import { everyItem } from './every-item.ts';

/** The findings that are open, one item each: of an account and Region, by what they are about. What is closed is in the facts. */
export class FindingTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Opens a finding. Answers false when it is open already: the sweep and an event may see the same. */
  async open(finding: OpenFinding): Promise<boolean> {
    return unlessConflict(() => this.#put(finding, { ConditionExpression: 'attribute_not_exists(place)' }));
  }

  /** Tells an open finding in other words. One that was closed meanwhile stays closed. */
  async reword(finding: OpenFinding): Promise<boolean> {
    return unlessConflict(() => this.#put(finding, this.#still(finding)));
  }

  /** Takes a finding off. Answers false when it was gone, or had been opened anew. */
  async close(finding: OpenFinding): Promise<boolean> {
    return unlessConflict(() => this.#dynamo.send(new DeleteCommand({ TableName: this.#table, Key: keyOf(finding), ...this.#still(finding) })));
  }

  async ofPlace(place: string): Promise<OpenFinding[]> {
    const asked = { TableName: this.#table, KeyConditionExpression: 'place = :p', ExpressionAttributeValues: { ':p': place }, ConsistentRead: true };
    return (await everyItem(paginateQuery({ client: this.#dynamo }, asked))).map(findingOf);
  }

  /** All that is open, oldest first. */
  async all(): Promise<OpenFinding[]> {
    const found = (await everyItem(paginateScan({ client: this.#dynamo }, { TableName: this.#table, ConsistentRead: true }))).map(findingOf);
    return found.sort((a, b) => a.openedAt.localeCompare(b.openedAt) || findingIdOf(a).localeCompare(findingIdOf(b)));
  }

  #still = ({ openedAt }: OpenFinding) => ({ ConditionExpression: 'finding.openedAt = :o', ExpressionAttributeValues: { ':o': openedAt } });

  async #put(finding: OpenFinding, condition: object): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: { ...keyOf(finding), finding }, ...condition }));
  }
}

const keyOf = ({ place, name, about }: OpenFinding) => ({ place, item: `${about} ${name}` });
const findingOf = (item: Record<string, unknown>): OpenFinding => item.finding as OpenFinding;
