import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { reasonsWith } from '../model/function-sizing';
import type { Model } from '../model/model';
import { AliasMetrics } from '../monitoring/alias-metrics';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { InferenceDashboard } from '../monitoring/inference-dashboard';
import { deriveIdOnce } from '../private/derived-id';
import { watchStagedRollout } from '../monitoring/watch-staged-rollout';
import { refuse } from '../private/errors';
import type { LogOptions } from '../private/log-group';
import { type AliasDeployment, deployAlias } from '../rollout/alias-deployment';
import { Rollout } from '../rollout/rollout';
import { consumerFunction } from './consumer-function';
import { DEFAULT_RECORD_SIZE, mappingSettings, sourceOf } from './mapping-settings';
import { isOfOtherAccount } from './place-of';
import { grantQuarantine, quarantineBucket, quarantinePrefixOf } from './quarantine';
import { placesOf, takePlaces } from './shared-places';
import { createMapping } from './stream-mapping';
import { readStream } from './stream-source';
import { addStreamingAlarms, newVersionAlarms, thresholdsOf, type WatchedStream } from './streaming-alarms';
import { addStreamingRows } from './streaming-dashboard';
import { faultyStreaming } from './streaming-faults';
import type { StreamingInferenceProps } from './streaming-inference-props';
import { publishedCounts } from './streaming-counts';
import { StreamingMetrics } from './streaming-metrics';

/** The alias that the event source mapping calls, and whose batches the rollout shifts. */
const ALIAS_NAME = 'live';

/** All that a stream is made of. */
export interface StreamingDeployment {
  readonly model: Model;
  readonly timeout: Duration;
  readonly sizingReasons: string[];
  readonly stream: kinesis.IStream;
  readonly quarantine: s3.IBucket;
  readonly quarantinePrefix: string;
  readonly function: lambda.Function;
  readonly version: lambda.IVersion;
  readonly rollout: AliasDeployment;
  readonly mapping: lambda.EventSourceMapping;
  readonly metrics: StreamingMetrics;
  readonly alarms: InferenceAlarms;
  readonly dashboard?: InferenceDashboard;
}

/** Makes all of it below the construct, or refuses the properties. */
export function deployStreaming(scope: Construct, props: StreamingInferenceProps): StreamingDeployment {
  const sizing = props.predictor._sizing;
  const timeout = props.timeout ?? sizing.timeout;
  refuse(scope, faultyStreaming(scope, props, timeout));

  const settings = mappingSettings(props);
  const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
  const kept: LogOptions = {
    retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
    encryptionKey: props.encryptionKey,
    removalPolicy,
  };
  const model = props.predictor._model;
  const sizingReasons = [...reasonsWith({ ...sizing, reasons: [...sizing.reasons] }, props), ...settings.reasons];
  const source = sourceOf(props);
  const stream = source._bind(scope, {
    encryptionKey: props.encryptionKey,
    removalPolicy,
    maxRecordSize: props.maxRecordSize ?? DEFAULT_RECORD_SIZE,
  });
  const quarantine = props.quarantineBucket ?? quarantineBucket(scope, props.encryptionKey, removalPolicy);
  const quarantinePrefix = quarantinePrefixOf(scope, props.quarantinePrefix);
  takePlaces(
    scope,
    stream.streamArn,
    placesOf(
      props.sinks.map((sink) => sink._target),
      { arn: quarantine.bucketArn, prefix: quarantinePrefix },
    ),
  );

  const consumer = consumerFunction(scope, props, {
    quarantine: { bucket: quarantine.bucketName, prefix: quarantinePrefix },
    sizing,
    kept,
  });
  grantQuarantine(quarantine, quarantinePrefix, consumer.function);
  const read = readStream(scope, stream, source._enhancedFanOut, consumer.function);

  const version = consumer.function.currentVersion;
  const published = version.node.defaultChild as lambda.CfnVersion;
  deriveIdOnce(published);
  const aliasName = props.aliasName ?? ALIAS_NAME;
  const ofAlias = new AliasMetrics(consumer.function.functionName, aliasName, version);
  const thresholds = thresholdsOf(props.alarms ?? {}, timeout, settings);
  const deployed = deployAlias(scope, {
    aliasName,
    model,
    version,
    ownFunction: true,
    rollout: props.rollout ?? Rollout.canary({ percent: 10, bake: Duration.minutes(5) }),
    scaling: props.scaling,
    logs: kept,
    newVersionAlarms: () => newVersionAlarms(scope, ofAlias, thresholds, timeout),
    counts: () => publishedCounts(ofAlias, thresholds),
    notes: [
      'a step is a share of the batches, drawn batch by batch: a batch that is tried again may go to another version',
    ],
  });
  const mapping = createMapping(scope, deployed.alias, read.arn, quarantine, settings, props);
  const metrics = new StreamingMetrics(ofAlias, stream.streamName, mapping.eventSourceMappingId, read.consumerName);

  const watched: WatchedStream = {
    shared: read.consumerName === undefined,
    foreign: isOfOtherAccount(scope, stream, stream.streamArn),
    endpoint: consumer.endpoint,
    provisioned: deployed.provisioned,
    maxRecordAge: settings.maxRecordAge,
    retentionHours: source._retentionHours,
  };
  const alarms = new InferenceAlarms(scope, 'Alarms', props.alarms);
  addStreamingAlarms(alarms, metrics, thresholds, watched);
  const dashboard = props.dashboard === false ? undefined : new InferenceDashboard(scope, 'Dashboard', alarms);
  if (dashboard !== undefined) {
    addStreamingRows(dashboard, metrics, watched);
  }
  if (deployed.controller !== undefined) {
    watchStagedRollout(alarms, dashboard, deployed.controller.watched);
  }
  return {
    model,
    timeout,
    sizingReasons,
    stream,
    quarantine,
    quarantinePrefix,
    function: consumer.function,
    version,
    rollout: deployed,
    mapping,
    metrics,
    alarms,
    dashboard,
  };
}
