import { type Duration, Names, type RemovalPolicy, type Size, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import { integer, judge } from '../private/validation';

/** Options of `StreamSource.kinesis`. */
export interface KinesisSourceOptions {
  /**
   * Whether the consumer has a throughput of its own (enhanced fan-out): 2 MB a second of each shard, whoever else reads, at a price
   * for each shard and hour and for the data. A change makes a new event source mapping, which begins anew at `startingPosition`.
   *
   * @default false - it shares 2 MB a second of each shard with all other readers, and is throttled with them
   * @see https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
   */
  readonly enhancedFanOut?: boolean;

  /**
   * How long the stream keeps a record, where it is not made by this app. It is read, not set.
   *
   * @default - what the stream itself says; for one that is imported 24 hours, the least that there is
   */
  readonly retention?: Duration;

  /**
   * Shards of the stream, where it is not made by this app: for the choice of batch sizes.
   *
   * @default - what the stream itself says; for one that is imported or on demand 4, with which AWS begins
   */
  readonly shards?: number;
}

/** Options of `StreamSource.newKinesis`. */
export interface NewKinesisSourceOptions {
  /**
   * Shards, each for 1,000 records and 1 MB a second.
   *
   * @default - on demand: the stream follows what is written, at a higher price per byte
   * @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
   */
  readonly shards?: number;

  /**
   * How long a record is kept, 24 to 8,760 hours. More than 24 hours cost extra.
   *
   * @default - 24 hours: what is not read by then is lost
   * @see https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
   */
  readonly retention?: Duration;

  /**
   * As of `KinesisSourceOptions`.
   *
   * @default false
   */
  readonly enhancedFanOut?: boolean;
}

/** Where the records come from. */
export abstract class StreamSource {
  /**
   * A stream of Amazon Kinesis that there is. One of another account has its metrics there: here are no alarms on its throttles, and
   * none when records come and nobody reads them, of which `alarms.noTrafficFor` tells.
   */
  public static kinesis(stream: kinesis.IStream, options: KinesisSourceOptions = {}): StreamSource {
    return new ExistingStream(stream, options);
  }

  /** A stream of Amazon Kinesis that is made for this consumer: encrypted, and on demand unless shards are given. */
  public static newKinesis(options: NewKinesisSourceOptions = {}): StreamSource {
    return new NewStream(options);
  }

  /**
   * How long a record is kept; absent where it is known only at deployment.
   *
   * @internal
   */
  public abstract get _retentionHours(): number | undefined;

  /**
   * Shards of the stream, where they are known and do not change by themselves.
   *
   * @internal
   */
  public abstract get _fixedShards(): number | undefined;

  /**
   * Shards of the stream, or what it may begin with.
   *
   * @internal
   */
  public get _shards(): number {
    return this._fixedShards ?? SHARDS_ON_DEMAND;
  }

  /** @internal */
  public abstract get _enhancedFanOut(): boolean;

  /**
   * The stream, where it is not made for this consumer.
   *
   * @internal
   */
  public get _existing(): kinesis.IStream | undefined {
    return undefined;
  }

  /** @internal */
  public abstract _faults(): readonly Fault[];

  /** @internal */
  public abstract _bind(scope: Construct, options: SourceOptions): kinesis.IStream;
}

/** What is made of the properties of the pattern. */
export interface SourceOptions {
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly maxRecordSize: Size;
}

/** The stream, and what an event source mapping reads. */
export interface ReadStream {
  readonly stream: kinesis.IStream;
  readonly arn: string;
  /** Only with enhanced fan-out. */
  readonly consumerName?: string;
}

const LEAST_RETENTION_HOURS = 24;
/** https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html */
const SHARDS_ON_DEMAND = 4;
const RETENTION = {
  min: LEAST_RETENTION_HOURS,
  max: 8760,
  see: 'https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html',
};

const retentionFaults = (retention: Duration | undefined): readonly Fault[] =>
  judge(retention, (known) =>
    integer('stream-retention', 'retention', known.toHours({ integral: false }), { ...RETENTION, unit: 'hours' }),
  );

class ExistingStream extends StreamSource {
  constructor(
    private readonly stream: kinesis.IStream,
    private readonly options: KinesisSourceOptions,
  ) {
    super();
  }

  public get _retentionHours(): number | undefined {
    const { retention } = this.options;
    if (retention !== undefined) {
      return retention.isUnresolved() ? undefined : retention.toHours({ integral: false });
    }
    const hours = this.made?.retentionPeriodHours ?? LEAST_RETENTION_HOURS;
    return Token.isUnresolved(hours) ? undefined : hours;
  }

  public get _fixedShards(): number | undefined {
    return known(this.options.shards ?? this.made?.shardCount);
  }

  public get _enhancedFanOut(): boolean {
    return this.options.enhancedFanOut === true;
  }

  public _faults(): readonly Fault[] {
    return [
      ...retentionFaults(this.options.retention),
      ...integer('stream-shards', 'shards', this.options.shards, { min: 1, max: 20_000 }),
      ...this.contradictions(),
    ];
  }

  public get _existing(): kinesis.IStream {
    return this.stream;
  }

  public _bind(): kinesis.IStream {
    return this.stream;
  }

  /** A stream of this app is what it is, whatever is said of it. */
  private contradictions(): readonly Fault[] {
    const { retention, shards } = this.options;
    const made = this.made;
    const said: [string, number | undefined, number | undefined, string][] = [
      [
        'retention',
        retention?.isUnresolved() === true ? undefined : retention?.toHours({ integral: false }),
        known(made === undefined ? undefined : (made.retentionPeriodHours ?? LEAST_RETENTION_HOURS)),
        ' hours',
      ],
      ['shards', known(shards), known(made?.shardCount), ''],
    ];
    return said.flatMap(([option, claimed, is, unit]) =>
      claimed === undefined || is === undefined || claimed === is
        ? []
        : [
            {
              id: 'stream-contradiction',
              message: `'${option}' of StreamSource.kinesis is ${claimed}${unit}, and the stream '${this.stream.node.path}' has ${is}${unit}`,
              fix: `leave '${option}' out, and set it where the stream is made`,
            },
          ],
    );
  }

  /** The resource, where this app makes it. */
  private get made(): kinesis.CfnStream | undefined {
    const { defaultChild } = this.stream.node;
    return defaultChild instanceof kinesis.CfnStream ? defaultChild : undefined;
  }
}

/** A number, where it is one at synthesis. */
function known(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

const MEBIBYTE = 1024 * 1024;

class NewStream extends StreamSource {
  constructor(private readonly options: NewKinesisSourceOptions) {
    super();
  }

  public get _retentionHours(): number | undefined {
    const { retention } = this.options;
    return retention?.isUnresolved() === true
      ? undefined
      : (retention?.toHours({ integral: false }) ?? LEAST_RETENTION_HOURS);
  }

  public get _fixedShards(): number | undefined {
    return known(this.options.shards);
  }

  public get _enhancedFanOut(): boolean {
    return this.options.enhancedFanOut === true;
  }

  public _faults(): readonly Fault[] {
    return [
      ...retentionFaults(this.options.retention),
      ...integer('stream-shards', 'shards', this.options.shards, { min: 1, max: 20_000 }),
    ];
  }

  public _bind(scope: Construct, { encryptionKey, removalPolicy, maxRecordSize }: SourceOptions): kinesis.IStream {
    const { shards, retention } = this.options;
    const stream = new kinesis.Stream(scope, 'Stream', {
      streamMode: shards === undefined ? kinesis.StreamMode.ON_DEMAND : kinesis.StreamMode.PROVISIONED,
      shardCount: shards,
      retentionPeriod: retention,
      encryption: encryptionKey === undefined ? kinesis.StreamEncryption.MANAGED : kinesis.StreamEncryption.KMS,
      encryptionKey,
      removalPolicy,
    });
    if (!maxRecordSize.isUnresolved() && maxRecordSize.toBytes() > MEBIBYTE) {
      (stream.node.defaultChild as kinesis.CfnStream).maxRecordSizeInKiB = Math.ceil(maxRecordSize.toBytes() / 1024);
    }
    return stream;
  }
}

/** Allows the consumer to read, and says what it reads: the stream, or a consumer that is registered with it. */
export function readStream(
  scope: Construct,
  stream: kinesis.IStream,
  fanOut: boolean,
  reader: iam.IGrantable,
): ReadStream {
  stream.grant(
    reader,
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
  );
  stream.encryptionKey?.grantDecrypt(reader);
  if (!fanOut) {
    return { stream, arn: stream.streamArn };
  }
  const consumerName = Names.uniqueResourceName(scope, { maxLength: 128, separator: '-' });
  const consumer = new kinesis.CfnStreamConsumer(scope, 'Consumer', { consumerName, streamArn: stream.streamArn });
  iam.Grant.addToPrincipal({
    grantee: reader,
    actions: ['kinesis:SubscribeToShard', 'kinesis:DescribeStreamConsumer'],
    resourceArns: [consumer.attrConsumerArn, stream.streamArn],
  });
  return { stream, arn: consumer.attrConsumerArn, consumerName };
}
