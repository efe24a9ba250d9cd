import * as dynamodb from '@aws-sdk/client-dynamodb';
import type { Values } from './client-schema';
import { Refusal, type SimulatedService } from './loopback-services';

type Attributes = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

/** An item of a table has 400 KB at most, names and all. */
const MOST_BYTES = 400 * 1024;

/**
 * DynamoDB with one table whose items have `target` as their key, and the conditions that a rollout writes by.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
 */
export class TableService implements SimulatedService {
  public readonly name = 'DynamoDB';
  public readonly client = dynamodb as unknown as Values;
  public readonly target = 'DynamoDB_20120810';
  public readonly throttling = 'ProvisionedThroughputExceededException';
  public readonly operations = {
    GetItem: (input: Values): Values => this.get(input),
    PutItem: (input: Values): Values => this.put(input),
  };
  public readonly items = new Map<string, Attributes>();

  constructor(public readonly tableName: string) {}

  private get({ TableName, Key, ConsistentRead }: Values): Values {
    this.exists(TableName);
    if (ConsistentRead !== true) {
      throw new Error('what was just written would not be seen');
    }
    const Item = this.items.get((Key as Attributes).target.S!);
    return Item === undefined ? {} : { Item };
  }

  private put(input: Values): Values {
    this.exists(input.TableName);
    const item = input.Item as Attributes;
    const before = this.items.get(item.target.S!);
    if (!holds(input, before)) {
      throw new Refusal('ConditionalCheckFailedException', 'The conditional request failed');
    }
    if (Buffer.byteLength(JSON.stringify(item)) > MOST_BYTES) {
      throw new Refusal('ValidationException', 'Item size has exceeded the maximum allowed size');
    }
    this.items.set(item.target.S!, item);
    return {};
  }

  private exists(name: unknown): void {
    if (name !== this.tableName) {
      throw new Refusal('ResourceNotFoundException', 'Requested resource not found');
    }
  }
}

function holds(
  { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues }: Values,
  before: Attributes | undefined,
): boolean {
  const names = (ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>;
  const values = (ExpressionAttributeValues ?? {}) as Attributes;
  const [, absent] = /^attribute_not_exists\((#\w+)\)$/.exec(ConditionExpression as string) ?? [];
  if (absent !== undefined) {
    return before?.[names[absent]] === undefined;
  }
  const [, name, value] = /^(#\w+) = (:\w+)$/.exec(ConditionExpression as string) ?? [];
  if (name === undefined) {
    throw new Error(`${String(ConditionExpression)} is not understood here`);
  }
  return before?.[names[name]]?.N === values[value].N;
}
