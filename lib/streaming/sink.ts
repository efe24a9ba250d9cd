import type { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { SinkSettings } from '../../lambda/stream/contract';
import type { Fault } from '../checks/bounds/fault';
import { judge, seconds } from '../private/validation';

/** Options of `Sink.dynamoDb`. */
export interface DynamoDbSinkOptions {
  /**
   * Name of the table's partition key, a string that gets the inference id. The table must have no sort key.
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

/** Where the predictions for a stream go. */
export abstract class Sink {
  /**
   * Another stream, under the key of the record, in the order of the records of a key. A replay writes a prediction once more, with
   * the same inference id.
   */
  public static kinesis(stream: kinesis.IStream): Sink {
    return new KinesisSink(stream);
  }

  /** A table, an item for each prediction by its inference id: the first one counts, so a replay changes nothing. */
  public static dynamoDb(table: dynamodb.ITable, options: DynamoDbSinkOptions = {}): Sink {
    return new DynamoDbSink(table, options);
  }

  /**
   * Objects of JSON Lines, one for each batch, named by shard and sequence numbers, so that a replay of a batch overwrites it.
   *
   * @param bucket the bucket
   * @param prefix what keys begin with, ending with `/`
   */
  public static s3(bucket: s3.IBucket, prefix: string = 'predictions/'): Sink {
    return new S3Sink(bucket, prefix);
  }

  /**
   * The stream, where it is one.
   *
   * @internal
   */
  public get _stream(): kinesis.IStream | undefined {
    return undefined;
  }

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

  public get _stream(): kinesis.IStream {
    return this.stream;
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

class DynamoDbSink extends Sink {
  constructor(
    private readonly table: dynamodb.ITable,
    private readonly options: DynamoDbSinkOptions,
  ) {
    super();
  }

  public _faults(): readonly Fault[] {
    const { partitionKey, timeToLive } = this.options;
    return [
      ...judge(partitionKey, (name) =>
        name.length >= 1 && Buffer.byteLength(name) <= 255
          ? []
          : [
              {
                id: 'sink-partition-key',
                message: `'partitionKey' is '${name}', and the name of a key has 1 to 255 bytes`,
                fix: "give the name of the table's partition key",
                see: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html',
              },
            ],
      ),
      ...seconds('sink-time-to-live', 'timeToLive', timeToLive, { min: 60, max: 100 * 365 * 86_400 }),
    ];
  }

  public _bind(consumer: iam.IGrantable): SinkSettings {
    const { partitionKey = 'inferenceId', timeToLive } = this.options;
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

  public _faults(): readonly Fault[] {
    return judge(this.prefix, (prefix) => {
      const plain = prefix.replace(/^\/+|\/+$/g, '');
      return prefix.endsWith('/') && !prefix.startsWith('/')
        ? []
        : [
            {
              id: 'sink-prefix',
              message: `the prefix of Sink.s3 is '${prefix}', and must end with '/' and not begin with it`,
              fix: `write '${plain === '' ? 'predictions' : plain}/'`,
            },
          ];
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
