import { type Duration, type IResource, Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { PREDICTION_ATTRIBUTES, type SinkSettings, TTL_ATTRIBUTE } from '../../lambda/stream/contract';
import type { Fault } from '../checks/bounds/fault';
import { integer, judge, mustBeKnown, seconds } from '../private/validation';
import { faultyKeyPrefix } from './key-prefix';
import { tableUnfit } from './table-of-sink';

/** Options of `Sink.dynamoDb`. */
export interface DynamoDbSinkOptions {
  /**
   * Name of the table's partition key, a string that gets the inference id. The table must have no sort key. What a prediction has
   * beside its id (`key`, `model`, `prediction` and so on) are attributes of the item, and no names for its key.
   *
   * @default 'inferenceId'
   */
  readonly partitionKey?: string;

  /**
   * How long an item is kept, from 1 minute on, by the attribute `expiresAt`, which the table must have as its time to live.
   *
   * @default - for ever
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
   */
  readonly timeToLive?: Duration;
}

/** Options of `Sink.function`. */
export interface FunctionSinkOptions {
  /**
   * Predictions of one call, 1 to 10,000.
   *
   * @default 500
   */
  readonly maxRecords?: number;

  /**
   * Bytes of one call, 1 KiB to 5 MiB. A prediction that is larger alone is not written: its record goes to quarantine.
   *
   * @default - 5 MiB; AWS Lambda takes 6 MB
   * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  readonly maxPayload?: Size;

  /**
   * Whether the function can tell a prediction that comes twice, by its inference id. It is then written to before those that cannot.
   *
   * @default false
   */
  readonly idempotent?: boolean;
}

/** What a sink writes to. @internal */
export interface SinkTarget {
  readonly kind: 'stream' | 'table' | 'bucket' | 'function';
  readonly resource: IResource;
  readonly arn: string;
  /** Of a bucket only. */
  readonly prefix?: string;
}

/** Where the predictions for a stream go. */
export abstract class Sink {
  /**
   * Another stream, under the key of the record, in the order of the records of a key. A replay writes a prediction once more, with
   * the same inference id.
   *
   * For that order a key has one prediction in each request, and the next one waits for the answer: keys do not wait for each other,
   * but a single one has no more predictions in a second than requests fit into it, about a hundred.
   */
  public static kinesis(stream: kinesis.IStream): Sink {
    return new KinesisSink(stream);
  }

  /**
   * A table, an item for each prediction by its inference id: the first one counts, so a replay changes nothing. Two consumers of one
   * stream must not share it.
   */
  public static dynamoDb(table: dynamodb.ITable, options: DynamoDbSinkOptions = {}): Sink {
    return new DynamoDbSink(table, options);
  }

  /**
   * Objects of JSON Lines, one for each batch, named by shard and sequence numbers, so that a replay of a batch overwrites it. Each is
   * a request that is paid for: a longer `batchWindow` makes fewer of them.
   *
   * @param bucket the bucket
   * @param prefix what keys begin with, ending with `/`, of at most 512 bytes. Two consumers of one stream must not share it
   */
  public static s3(bucket: s3.IBucket, prefix: string = 'predictions/'): Sink {
    return new S3Sink(bucket, prefix);
  }

  /**
   * A function of yours, for what is not here: it is called with `{"predictions": [...]}`, one call after another, and answers
   * `{"written": n}`, how many of them, from the first, are written. An error, or any other answer, means that none is.
   *
   * What is not written comes again, for some time in the same invocation and then with the next, so the function may get a prediction
   * twice, with the same `inferenceId`.
   *
   * @param fn the function, its alias or one of its versions
   */
  public static function(fn: lambda.IFunction, options: FunctionSinkOptions = {}): Sink {
    return new FunctionSink(fn, options);
  }

  /** @internal */
  public abstract get _target(): SinkTarget;

  /** @internal */
  public abstract _faults(): readonly Fault[];

  /**
   * Allows the consumer to write, and says how it does.
   *
   * @internal
   */
  public abstract _bind(consumer: iam.IGrantable): SinkSettings;
}

class KinesisSink extends Sink {
  constructor(private readonly stream: kinesis.IStream) {
    super();
  }

  public get _target(): SinkTarget {
    return { kind: 'stream', resource: this.stream, arn: this.stream.streamArn };
  }

  public _faults(): readonly Fault[] {
    return [];
  }

  public _bind(consumer: iam.IGrantable): SinkSettings {
    iam.Grant.addToPrincipal({
      grantee: consumer,
      actions: ['kinesis:PutRecords'],
      resourceArns: [this.stream.streamArn],
    });
    this.stream.encryptionKey?.grant(consumer, 'kms:GenerateDataKey');
    return { kind: 'kinesis', streamName: this.stream.streamName };
  }
}

const DEFAULT_PARTITION_KEY = 'inferenceId';

function faultyPartitionKey(name: string): Fault[] {
  if (name.length === 0 || Buffer.byteLength(name) > 255) {
    return [
      {
        id: 'sink-partition-key',
        message: `'partitionKey' is '${name}', and the name of a key has 1 to 255 bytes`,
        fix: "give the name of the table's partition key",
        see: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html',
      },
    ];
  }
  return [...PREDICTION_ATTRIBUTES, TTL_ATTRIBUTE].includes(name)
    ? [
        {
          id: 'sink-partition-key-taken',
          message: `'partitionKey' is '${name}', which is another attribute of a prediction, so no item could be written`,
          fix: "make a table with a key of another name, such as 'inferenceId'",
        },
      ]
    : [];
}

class DynamoDbSink extends Sink {
  constructor(
    private readonly table: dynamodb.ITable,
    private readonly options: DynamoDbSinkOptions,
  ) {
    super();
  }

  public get _target(): SinkTarget {
    return { kind: 'table', resource: this.table, arn: this.table.tableArn };
  }

  public _faults(): readonly Fault[] {
    const { partitionKey = DEFAULT_PARTITION_KEY, timeToLive } = this.options;
    return [
      ...judge(partitionKey, faultyPartitionKey),
      ...judge(partitionKey, (name) => tableUnfit(this.table, name, timeToLive !== undefined)),
      ...mustBeKnown('sink-unknown-time-to-live', 'timeToLive', timeToLive, 'the consumer has it in its settings'),
      ...seconds('sink-time-to-live', 'timeToLive', timeToLive, { min: 60, max: 100 * 365 * 86_400 }),
    ];
  }

  public _bind(consumer: iam.IGrantable): SinkSettings {
    const { partitionKey = DEFAULT_PARTITION_KEY, timeToLive } = this.options;
    iam.Grant.addToPrincipal({
      grantee: consumer,
      actions: ['dynamodb:PartiQLInsert'],
      resourceArns: [this.table.tableArn],
    });
    this.table.encryptionKey?.grantEncryptDecrypt(consumer);
    return {
      kind: 'dynamoDb',
      tableName: this.table.tableName,
      partitionKey,
      ...(timeToLive === undefined ? {} : { ttlSeconds: timeToLive.toSeconds() }),
    };
  }
}

class S3Sink extends Sink {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly prefix: string,
  ) {
    super();
  }

  public get _target(): SinkTarget {
    return { kind: 'bucket', resource: this.bucket, arn: this.bucket.bucketArn, prefix: this.prefix };
  }

  public _faults(): readonly Fault[] {
    return judge(this.prefix, (prefix) => {
      const plain = prefix.replace(/^\/+|\/+$|[^\w/.=-]/g, '').slice(0, 100);
      return faultyKeyPrefix(
        'sink-prefix',
        'the prefix of Sink.s3',
        prefix,
        `${plain === '' ? 'predictions' : plain}/`,
      );
    });
  }

  public _bind(consumer: iam.IGrantable): SinkSettings {
    iam.Grant.addToPrincipalOrResource({
      grantee: consumer,
      actions: ['s3:PutObject'],
      resourceArns: [this.bucket.arnForObjects(`${this.prefix}*`)],
      resource: this.bucket,
    });
    this.bucket.encryptionKey?.grant(consumer, 'kms:Decrypt', 'kms:GenerateDataKey');
    return { kind: 's3', bucket: this.bucket.bucketName, prefix: this.prefix };
  }
}

const DEFAULT_RECORDS = 500;
const MAX_PAYLOAD = Size.mebibytes(5);

class FunctionSink extends Sink {
  constructor(
    private readonly fn: lambda.IFunction,
    private readonly options: FunctionSinkOptions,
  ) {
    super();
  }

  public get _target(): SinkTarget {
    return { kind: 'function', resource: this.fn, arn: this.fn.functionArn };
  }

  public _faults(): readonly Fault[] {
    const { maxRecords, maxPayload } = this.options;
    return [
      ...integer('sink-function-records', 'maxRecords', maxRecords, { min: 1, max: 10_000 }),
      ...mustBeKnown('sink-unknown-payload', 'maxPayload', maxPayload, 'the consumer has it in its settings'),
      ...judge(maxPayload, (size) =>
        integer('sink-function-payload', 'maxPayload', size.toBytes({ rounding: SizeRoundingBehavior.NONE }), {
          min: 1024,
          max: MAX_PAYLOAD.toBytes(),
          unit: 'bytes',
          see: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
        }),
      ),
    ];
  }

  public _bind(consumer: iam.IGrantable): SinkSettings {
    const { maxRecords = DEFAULT_RECORDS, maxPayload = MAX_PAYLOAD, idempotent = false } = this.options;
    // On this alias or version alone, if it is one: `grantInvoke` would allow all of them.
    iam.Grant.addToPrincipal({
      grantee: consumer,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.fn.functionArn],
    });
    return {
      kind: 'function',
      functionArn: this.fn.functionArn,
      maxRecords,
      maxBytes: maxPayload.toBytes(),
      idempotent,
    };
  }
}
