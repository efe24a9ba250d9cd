import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { METRICS } from '../../lambda/stream/contract';
import type { IInference } from '../inference';
import type { Model } from '../model/model';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { RolloutPlan } from '../rollout/rollout-plan';
import type { StreamingInferenceProps } from './streaming-inference-props';
import type { StreamingMetrics } from './streaming-metrics';

/**
 * The records of a stream, predicted as they come: in the order of each key, within seconds, and none lost.
 *
 * Creates the function that predicts with its role and log group, a version for each change, the alias `live`, the event source mapping
 * that calls it, a bucket for what cannot be predicted, a CodeDeploy rollout with a smoke test and rollback alarms on the new version,
 * the alarms of the running service with one composite alarm to page by, and a dashboard; and a stream, where none is given.
 *
 * ```ts
 * new StreamingInference(this, 'Live', {
 *   predictor: Predictor.model(model),
 *   source: StreamSource.kinesis(stream),
 *   sinks: [Sink.kinesis(predictions), Sink.dynamoDb(table)],
 * });
 * ```
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export class StreamingInference extends Construct implements IInference {
  public readonly model: Model;
  public readonly alarms: InferenceAlarms;
  public readonly dashboard?: InferenceDashboard;
  public readonly rolloutPlan: RolloutPlan;

  /** The stream that is read. */
  public readonly stream: kinesis.IStream;

  /** Where records are that could not be predicted, and batches that were given up (below `aws/lambda/`). */
  public readonly quarantine: s3.IBucket;

  /** What keys of quarantined records begin with. */
  public readonly quarantinePrefix: string;

  /** The function. Who asks it directly should use `alias`: the function itself is not part of a rollout. */
  public readonly function: lambda.IFunction;

  /** The version that this synthesis publishes. */
  public readonly version: lambda.IVersion;

  /** The alias `live`, which the event source mapping calls. */
  public readonly alias: lambda.IAlias;

  /** What reads the stream and calls the alias. */
  public readonly mapping: lambda.EventSourceMapping;

  /** The alarms that roll a new version back; none in a staged rollout, where versions are compared instead. */
  public readonly rollbackAlarms: cloudwatch.Alarm[];

  /** Name of the CodeDeploy deployment group that shifts the batches, unless the rollout is staged. */
  public readonly deploymentGroupName?: string;

  /** The controller of a staged rollout; `inference-patterns rollout` asks for its name. */
  public readonly rolloutController?: lambda.IFunction;

  /** The function that asks the model's examples of a new version, unless the rollout goes without or is staged. */
  public readonly smokeTest?: lambda.IFunction;

  /** Longest time for one batch. */
  public readonly timeout: Duration;

  /** Why memory, time-out, `/tmp`, batch size and window are what they are, one sentence each. */
  public readonly sizingReasons: string[];

  private readonly metrics: StreamingMetrics;

  constructor(scope: Construct, id: string, props: StreamingInferenceProps) {
    super(scope, id);
    // Loaded when there is a stream: an app that has none does not wait for it.
    const { deployStreaming } = require('./streaming-deployment') as typeof import('./streaming-deployment');
    const deployed = deployStreaming(this, props);
    this.node.defaultChild = deployed.function;
    this.model = deployed.model;
    this.timeout = deployed.timeout;
    this.sizingReasons = deployed.sizingReasons;
    this.stream = deployed.stream;
    this.quarantine = deployed.quarantine;
    this.quarantinePrefix = deployed.quarantinePrefix;
    this.function = deployed.function;
    this.version = deployed.version;
    this.alias = deployed.rollout.alias;
    this.mapping = deployed.mapping;
    this.metrics = deployed.metrics;
    this.rollbackAlarms = deployed.rollout.rollbackAlarms;
    this.rolloutPlan = deployed.rollout.plan;
    this.deploymentGroupName = deployed.rollout.deploymentGroupName;
    this.rolloutController = deployed.rollout.controller?.function;
    this.smokeTest = deployed.rollout.smokeTest;
    this.alarms = deployed.alarms;
    this.dashboard = deployed.dashboard;
  }

  /** Allows a principal to ask for predictions: to write records into the stream. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    const write = this.stream.grant(grantee, 'kinesis:PutRecord', 'kinesis:PutRecords');
    const key = this.stream.encryptionKey?.grant(grantee, 'kms:GenerateDataKey');
    return key === undefined ? write : write.combine(key);
  }

  /** Allows what `inference-patterns replay` does: to read the quarantine and the stream, and to call the alias. */
  public grantReplay(grantee: iam.IGrantable): iam.Grant {
    const { grantReadQuarantine } = require('./quarantine') as typeof import('./quarantine');
    return grantReadQuarantine(this.quarantine, this.quarantinePrefix, grantee)
      .combine(this.stream.grantRead(grantee))
      .combine(this.alias.grantInvoke(grantee));
  }

  /** A metric that AWS Lambda publishes for the alias, such as `Invocations`; the sum per minute unless told otherwise. */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metrics.consumer.ofAlias(metricName, 'Sum', options);
  }

  /** Age of the last record of a batch when the consumer gets it, in milliseconds, the largest per minute unless told otherwise. */
  public metricLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.lag().with(options ?? {});
  }

  /** Records that were predicted. */
  public metricPredictions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofConsumer(METRICS.predictions).with(options ?? {});
  }

  /** Records that went to quarantine. */
  public metricQuarantined(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofConsumer(METRICS.quarantined).with(options ?? {});
  }

  /** Batches of which a part or all is to come again. */
  public metricFailedBatches(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofConsumer(METRICS.failedBatches).with(options ?? {});
  }

  /** Time inside the model, or the endpoint, for a batch in milliseconds, the 99th percentile unless told otherwise. */
  public metricModelTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofConsumer(METRICS.modelTime, 'p99').with(options ?? {});
  }
}
