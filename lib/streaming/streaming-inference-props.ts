import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Rollout } from '../rollout/rollout';
import type { Scaling } from '../scaling/scaling';
import type { Predictor } from './predictor';
import type { Sink } from './sink';
import type { StreamSource } from './stream-source';
import type { StreamingAlarmSettings } from './streaming-alarm-settings';

/** How a record of a stream is written. */
export enum RecordFormat {
  /** One JSON document: an instance. */
  JSON = 'json',
  /** One row of comma-separated values in the order of the model's features, without a header. */
  CSV = 'csv',
}

/** What is known of the traffic of a stream: from it batches are chosen. */
export interface StreamTraffic {
  /**
   * A usual record. A batch is as large as the event that AWS Lambda takes, which is 6 MiB in base64.
   *
   * @default - 1 KiB
   */
  readonly recordSize?: Size;

  /**
   * Records that arrive in a second, in the whole stream.
   *
   * @default - not known: a batch waits a second for more records, which for a thin stream are few, and for a thick one enough
   */
  readonly recordsPerSecond?: number;

  /**
   * How long a record may wait for others of its batch, in whole seconds, at most 300.
   *
   * @default Duration.seconds(5)
   */
  readonly maxWait?: Duration;
}

/** Properties of `StreamingInference`. */
export interface StreamingInferenceProps {
  /** What predicts. */
  readonly predictor: Predictor;

  /** Where predictions go, all of them to each, at least one. */
  readonly sinks: Sink[];

  /**
   * Where records come from. A change makes a new event source mapping, which begins at `startingPosition` of the new stream; what was
   * not read of the old one by then is left there.
   *
   * @default StreamSource.newKinesis()
   */
  readonly source?: StreamSource;

  /**
   * How a record is written.
   *
   * @default RecordFormat.JSON
   */
  readonly format?: RecordFormat;

  /**
   * Whether records of the Kinesis Producer Library, which hold several, are taken apart. Records that hold one are taken as they are.
   *
   * @default - true; with `filters`, which do not look into such records and would drop them, it has to be said
   * @see https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-consumer-deaggregation.html
   */
  readonly aggregated?: boolean;

  /**
   * Whether a prediction carries the record that it is for.
   *
   * @default false
   */
  readonly includeInput?: boolean;

  /**
   * Larger records go to quarantine. At most 4.49 MiB, which is what an event of AWS Lambda holds; a stream that is made here is set to
   * take what is over 1 MiB.
   *
   * @default - 1 MiB
   */
  readonly maxRecordSize?: Size;

  /**
   * What is known of the traffic.
   *
   * @default - records of 1 KiB, which wait for up to a second
   */
  readonly traffic?: StreamTraffic;

  /**
   * Records of one batch, 1 to 10,000, at most.
   *
   * @default - as many as an event holds of records of the size in `traffic`; `sizingReasons` says why
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
   */
  readonly batchSize?: number;

  /**
   * How long a batch waits for more records, in whole seconds, at most 300 and at most `timeout`.
   *
   * @default - chosen from `traffic`; `sizingReasons` says why
   */
  readonly batchWindow?: Duration;

  /**
   * Batches of one shard that are predicted at a time, 1 to 10. Records of one key stay in order.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * How often a batch is tried again that failed, 0 to 10,000 times. Only what may pass fails a batch (a sink that is down, an endpoint
   * that throttles, an invocation that breaks off); a record at fault goes to quarantine at once. A batch that breaks off is halved
   * first, and halving takes no retry. While a batch is tried again, its shard waits.
   *
   * @default 100
   */
  readonly retryAttempts?: number;

  /**
   * How old a record may get while it is tried again, 1 minute to 7 days; it must be less than what the stream keeps, and at least
   * twice `batchWindow`. An older one is given up: AWS Lambda puts it into the quarantine bucket in full, below `aws/lambda/`, from
   * where `inference-patterns replay failed` puts it through again. That may be so without an attempt, as with what a stream had for
   * longer than this when it is first read.
   *
   * @default - 12 hours
   */
  readonly maxRecordAge?: Duration;

  /**
   * Only records that one of these fits are predicted, as `lambda.FilterCriteria.filter` makes them; the others are passed over.
   *
   * @default - all records
   * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
   */
  readonly filters?: { [key: string]: unknown }[];

  /**
   * Where reading begins when this is first deployed. A change afterwards fails: CloudFormation would make a second event source mapping
   * beside the first, which AWS Lambda refuses for the same stream and alias. `inference-patterns replay stream` predicts a time range again.
   *
   * @default - TRIM_HORIZON: with the oldest record that the stream has, so none is left out; of a stream that is full of old ones, those
   * within `maxRecordAge` are predicted
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * The time for `StartingPosition.AT_TIMESTAMP`.
   *
   * @default - none
   */
  readonly startingTime?: Date;

  /**
   * Where records go that cannot be predicted, and batches that were given up.
   *
   * @default - an encrypted bucket of its own, in which everything stays until you delete it
   */
  readonly quarantineBucket?: s3.IBucket;

  /**
   * What keys of quarantined records begin with, ending with `/`, of at most 512 bytes. Two consumers of one stream must not share it.
   *
   * @default - `quarantine/` and the construct's unique name
   */
  readonly quarantinePrefix?: string;

  /**
   * How a new version takes over: which share of the batches it gets.
   *
   * @default - canary: 10 % for 5 minutes, then all
   */
  readonly rollout?: Rollout;

  /**
   * Name of the alias that the stream's batches go to.
   *
   * @default 'live'
   */
  readonly aliasName?: string;

  /**
   * Environments that are ready before a batch comes.
   *
   * @default - none: nothing is paid for idle time, and a batch that finds no free environment waits for a cold start
   */
  readonly scaling?: Scaling;

  /**
   * What is watched, and who is told.
   *
   * @default - all alarms with their default thresholds, and nobody is told
   */
  readonly alarms?: StreamingAlarmSettings;

  /**
   * Whether there is a dashboard. A dashboard costs a few dollars a month after the account's first three.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Processor. The model runs on either; arm64 costs a fifth less per millisecond.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Memory, 128 to 10,240 MiB. Processing power grows with it: 1,769 MiB are one whole processor.
   *
   * @default - 1,769 MiB, or more if the model is large; `sizingReasons` says why
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  readonly memorySize?: Size;

  /**
   * Longest time for one batch, 1 to 900 seconds. Half of it at most is for predicting, what is left for writing to the sinks; what is
   * not done by then comes again.
   *
   * @default - 60 seconds, or more if the model has to be fetched at start
   */
  readonly timeout?: Duration;

  /**
   * Size of `/tmp`, 512 to 10,240 MiB.
   *
   * @default - 512 MiB, and room for the model where it has to be fetched at start
   */
  readonly ephemeralStorage?: Size;

  /**
   * Concurrent executions kept for this function, which is also the most it gets; 0 switches it off. It needs one for each shard and
   * lane of it: `parallelizationFactor` times the shards.
   *
   * @default - none kept: it shares the account's quota, and a busy neighbour may leave it nothing, which holds up the stream
   */
  readonly reservedConcurrency?: number;

  /**
   * How long logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Whether batches are traced with AWS X-Ray.
   *
   * @default Tracing.ACTIVE
   */
  readonly tracing?: lambda.Tracing;

  /**
   * Key for the environment, the logs, the quarantine and a stream that is made here. It must allow CloudWatch Logs to use it: for a key
   * of this app that permission is added, for an imported key it must be there.
   *
   * @default - encrypted with keys that AWS owns or manages
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Network to run in. The consumer needs a way to its sinks, to S3 for the quarantine, and to the endpoint if there is one.
   *
   * @default - no network of yours: the function can reach the internet
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of `vpc`.
   *
   * @default - its private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups in `vpc`.
   *
   * @default - a new one
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What happens to logs, the quarantine and a stream that is made here when this is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
