import { BatchGetCommand, type BatchGetCommandInput, type BatchGetCommandOutput, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

type Keys = NonNullable<BatchGetCommandInput['RequestItems']>[string];

/** The items of these keys that are there, in no order. `projection` names the attributes that are wanted; left out, all. */
export async function batchGet(
  dynamo: DynamoDBDocumentClient,
  table: string,
  keys: readonly Record<string, unknown>[],
  projection: Pick<Keys, 'ProjectionExpression' | 'ExpressionAttributeNames'> = {},
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  // DynamoDB API Reference, BatchGetItem: at most 100 items, and what it leaves is asked for again.
  for (let from = 0; from < keys.length; from += 100) {
    let left: Keys['Keys'] = keys.slice(from, from + 100);
    while (left !== undefined && left.length > 0) {
      const answer: BatchGetCommandOutput = await dynamo.send(new BatchGetCommand({ RequestItems: { [table]: { ...projection, Keys: left, ConsistentRead: true } } }));
      found.push(...(answer.Responses?.[table] ?? []));
      left = answer.UnprocessedKeys?.[table]?.Keys;
    }
  }
  return found;
}
