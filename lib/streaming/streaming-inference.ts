import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { METRICS } from '../../lambda/stream/contract';
import type { IInference } from '../inference';
import { reasonsWith } from '../model/function-sizing';
import type { Model } from '../model/model';
import { AliasMetrics } from '../monitoring/alias-metrics';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { InferenceDashboard } from '../monitoring/inference-dashboard';
import { deriveIdOnce, renewWithVersion } from '../private/derived-id';
import { refuse } from '../private/errors';
import type { LogOptions } from '../private/log-group';
import { AliasRollout } from '../rollout/alias-rollout';
import { Rollout } from '../rollout/rollout';
import type { RolloutPlan } from '../rollout/rollout-plan';
import { bindProvisionedConcurrency } from '../scaling/provisioned-concurrency';
import { consumerFunction } from './consumer-function';
import { DEFAULT_RECORD_SIZE, mappingSettings, sourceOf } from './mapping-settings';
import { grantQuarantine, grantReadQuarantine, quarantineBucket, quarantinePrefixOf } from './quarantine';
import { placesOf, takePlaces } from './shared-places';
import { createMapping } from './stream-mapping';
import { readStream } from './stream-source';
import { addStreamingAlarms, newVersionAlarms, thresholdsOf, type WatchedStream } from './streaming-alarms';
import { addStreamingRows } from './streaming-dashboard';
import { faultyStreaming } from './streaming-faults';
import type { StreamingInferenceProps } from './streaming-inference-props';
import { StreamingMetrics } from './streaming-metrics';

/** The alias that the event source mapping calls, and whose batches the rollout shifts. */
const ALIAS_NAME = 'live';

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
  public readonly alias: lambda.Alias;

  /** What reads the stream and calls the alias. */
  public readonly mapping: lambda.EventSourceMapping;

  /** The alarms that roll a new version back. */
  public readonly rollbackAlarms: cloudwatch.Alarm[];

  /** Name of the CodeDeploy deployment group that shifts the batches. */
  public readonly deploymentGroupName: string;

  /** The function that asks the model's examples of a new version, unless the rollout goes without. */
  public readonly smokeTest?: lambda.IFunction;

  /** Longest time for one batch. */
  public readonly timeout: Duration;

  /** Why memory, time-out, `/tmp`, batch size and window are what they are, one sentence each. */
  public readonly sizingReasons: string[];

  private readonly metrics: StreamingMetrics;

  constructor(scope: Construct, id: string, props: StreamingInferenceProps) {
    super(scope, id);
    const { predictor } = props;
    const sizing = predictor._sizing;
    this.timeout = props.timeout ?? sizing.timeout;
    refuse(this, faultyStreaming(this, props, this.timeout));

    const mapping = mappingSettings(props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const kept: LogOptions = {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy,
    };
    this.model = predictor._model;
    this.sizingReasons = [...reasonsWith({ ...sizing, reasons: [...sizing.reasons] }, props), ...mapping.reasons];

    const source = sourceOf(props);
    this.stream = source._bind(this, {
      encryptionKey: props.encryptionKey,
      removalPolicy,
      maxRecordSize: props.maxRecordSize ?? DEFAULT_RECORD_SIZE,
    });
    this.quarantine = props.quarantineBucket ?? quarantineBucket(this, props.encryptionKey, removalPolicy);
    this.quarantinePrefix = quarantinePrefixOf(this, props.quarantinePrefix);

    takePlaces(
      this,
      this.stream.streamArn,
      placesOf(
        props.sinks.map((sink) => sink._target),
        { arn: this.quarantine.bucketArn, prefix: this.quarantinePrefix },
      ),
    );

    const consumer = consumerFunction(this, props, {
      quarantine: { bucket: this.quarantine.bucketName, prefix: this.quarantinePrefix },
      sizing,
      kept,
    });
    this.node.defaultChild = consumer.function;
    this.function = consumer.function;
    grantQuarantine(this.quarantine, this.quarantinePrefix, consumer.function);
    const read = readStream(this, this.stream, source._enhancedFanOut, consumer.function);

    this.version = consumer.function.currentVersion;
    deriveIdOnce(this.version.node.defaultChild as lambda.CfnVersion);
    this.alias = new lambda.Alias(this, 'Alias', { aliasName: ALIAS_NAME, version: this.version });
    const provisioned = bindProvisionedConcurrency(this.alias, props.scaling);
    this.mapping = createMapping(this, this.alias, read.arn, this.quarantine, mapping, props);

    const ofAlias = new AliasMetrics(this.function.functionName, ALIAS_NAME, this.version);
    this.metrics = new StreamingMetrics(
      ofAlias,
      this.stream.streamName,
      this.mapping.eventSourceMappingId,
      read.consumerName,
    );
    const thresholds = thresholdsOf(props.alarms ?? {}, this.timeout, mapping);
    this.rollbackAlarms = newVersionAlarms(this, ofAlias, thresholds);
    this.rollbackAlarms.forEach((alarm) =>
      renewWithVersion(
        alarm.node.defaultChild as cloudwatch.CfnAlarm,
        this.version.node.defaultChild as lambda.CfnVersion,
      ),
    );
    const rollout = new AliasRollout(this, 'Rollout', {
      rollout: props.rollout ?? Rollout.canary({ percent: 10, bake: Duration.minutes(5) }),
      model: predictor._model,
      alias: this.alias,
      version: this.version,
      newVersionAlarms: this.rollbackAlarms,
      logs: kept,
      notes: [
        'a step is a share of the batches, drawn batch by batch: a batch that is tried again may go to another version',
        ...provisioned.notes,
      ],
    });
    this.rolloutPlan = rollout.plan;
    this.deploymentGroupName = rollout.deploymentGroup.ref;
    this.smokeTest = rollout.smokeTest;

    const watched: WatchedStream = {
      shared: read.consumerName === undefined,
      endpoint: consumer.endpoint,
      provisioned: provisioned.enabled,
      maxRecordAge: mapping.maxRecordAge,
      retentionHours: source._retentionHours,
    };
    this.alarms = new InferenceAlarms(this, 'Alarms', props.alarms);
    addStreamingAlarms(this.alarms, this.metrics, thresholds, watched);
    if (props.dashboard !== false) {
      this.dashboard = new InferenceDashboard(this, 'Dashboard', this.alarms);
      addStreamingRows(this.dashboard, this.metrics, watched);
    }
  }

  /** Allows a principal to ask for predictions: to write records into the stream. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    const write = this.stream.grant(grantee, 'kinesis:PutRecord', 'kinesis:PutRecords');
    const key = this.stream.encryptionKey?.grant(grantee, 'kms:GenerateDataKey');
    return key === undefined ? write : write.combine(key);
  }

  /** Allows what `inference-patterns replay` does: to read the quarantine and the stream, and to call the alias. */
  public grantReplay(grantee: iam.IGrantable): iam.Grant {
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
