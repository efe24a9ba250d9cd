import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { RolloutItem } from '../../rollout/contract';
import type { Store } from '../../rollout/ports';

/**
 * The item of one target: its JSON, with its revision beside it, by which a write tells whether somebody else wrote in between.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_ImplementingVersionControl.html
 */
export class DynamoStore implements Store {
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly table: string,
    private readonly target: string,
  ) {}

  public async load(): Promise<RolloutItem | undefined> {
    const { Item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { target: { S: this.target } }, ConsistentRead: true }),
    );
    return Item === undefined ? undefined : (JSON.parse(Item.item.S!) as RolloutItem);
  }

  public async save(item: RolloutItem): Promise<'saved' | 'conflict'> {
    const before = item.revision - 1;
    try {
      await this.dynamo.send(
        new PutItemCommand({
          TableName: this.table,
          Item: {
            target: { S: this.target },
            revision: { N: String(item.revision) },
            item: { S: JSON.stringify(item) },
          },
          ConditionExpression: before === 0 ? 'attribute_not_exists(#revision)' : '#revision = :before',
          ExpressionAttributeNames: { '#revision': 'revision' },
          ...(before === 0 ? {} : { ExpressionAttributeValues: { ':before': { N: String(before) } } }),
        }),
      );
      return 'saved';
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') {
        return 'conflict';
      }
      throw error;
    }
  }
}
