import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { TTL_ATTRIBUTE, type SinkSettings, type StreamPrediction } from '../../stream/contract';
import type { Deadline, EncodedPrediction, Sink } from '../ports';
import { REAL_TIME, type Time } from '../time';
import { type Entry, type Put, writeInOrder } from './ordered-write';
import { attributeValue } from './table-item';

/** Statements of a call: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const LIMITS = { entries: 25, bytes: 4 * 1024 * 1024, calls: 8 };

/**
 * An item has at most 400 KB. What takes most room in it, beside its JSON, are short numbers in a list: two bytes and one for the place
 * of what are two bytes of JSON. So with less than two thirds of it every prediction has room.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
const MAX_BYTES = 256 * 1024;

/** What a statement may fail with and not the next time: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
const TRANSIENT = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);

interface Statement extends Entry {
  readonly request: BatchStatementRequest;
}

type DynamoSettings = Extract<SinkSettings, { readonly kind: 'dynamoDb' }>;

/**
 * Predictions as items of a table, by their inference id; the first one counts, also when the record is scored again by a newer version.
 *
 * That takes a condition for each item. `BatchWriteItem` has none; a `PutItem` for each is a request for each; a transaction costs twice
 * the write units, and one item that is there undoes it whole. An `INSERT` of PartiQL is refused where the item is there, 25 go into a
 * request, each by itself, for the write units of a `PutItem`.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
 */
export class DynamoSink implements Sink {
  public readonly name: string;
  public readonly idempotent = true;
  public readonly maxBytes = MAX_BYTES;

  public constructor(
    private readonly client: DynamoDBClient,
    private readonly settings: DynamoSettings,
    private readonly time: Time = REAL_TIME,
  ) {
    this.name = `dynamoDb:${settings.tableName}`;
  }

  public write(predictions: readonly EncodedPrediction[], deadline: Deadline): Promise<number> {
    const statements = predictions.map(({ prediction, json }): Statement => ({
      key: prediction.inferenceId,
      bytes: json.length,
      request: this.insert(prediction),
    }));
    return writeInOrder(statements, this.put, LIMITS, deadline, this.time);
  }

  private insert(prediction: StreamPrediction): BatchStatementRequest {
    const { tableName, partitionKey, ttlSeconds } = this.settings;
    const { inferenceId, ...rest } = prediction;
    const names: string[] = [];
    const values: AttributeValue[] = [];
    const attribute = (name: string, value: unknown): void => {
      names.push(`'${name.replaceAll("'", "''")}': ?`);
      values.push(attributeValue(value));
    };
    attribute(partitionKey, inferenceId);
    for (const [name, value] of Object.entries(rest)) {
      attribute(name, value);
    }
    if (ttlSeconds !== undefined) {
      attribute(TTL_ATTRIBUTE, Math.floor(this.time.now() / 1000) + ttlSeconds);
    }
    return { Statement: `INSERT INTO "${tableName}" VALUE {${names.join(', ')}}`, Parameters: values };
  }

  private readonly put: Put<Statement> = async (statements, milliseconds) => {
    const command = new BatchExecuteStatementCommand({ Statements: statements.map(({ request }) => request) });
    const { Responses: responses = [] } = await this.client.send(command, {
      abortSignal: AbortSignal.timeout(Math.ceil(milliseconds)),
    });
    return statements.map((_, index) => responses[index] !== undefined && isThere(responses[index].Error));
  };
}

/** Whether an item is in the table now. Throws where it will never be. */
function isThere(error: { readonly Code?: string; readonly Message?: string } | undefined): boolean {
  if (error === undefined || error.Code === 'DuplicateItem') {
    return true;
  }
  if (TRANSIENT.has(error.Code ?? '')) {
    return false;
  }
  throw Object.assign(new Error(error.Message), { name: error.Code ?? 'Error', $metadata: { httpStatusCode: 400 } });
}

/** One attempt for each call, as {@link writeInOrder} knows better what to try again. */
export function dynamoClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    }),
  });
}
