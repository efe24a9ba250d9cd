import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { MappingSettings } from './mapping-settings';
import type { StreamingInferenceProps } from './streaming-inference-props';

/** What reads the stream and calls the consumer by its alias. */
export function createMapping(
  scope: Construct,
  alias: lambda.IAlias,
  sourceArn: string,
  failures: s3.IBucket,
  settings: MappingSettings,
  props: StreamingInferenceProps,
): lambda.EventSourceMapping {
  return new lambda.EventSourceMapping(scope, 'Mapping', {
    target: alias,
    eventSourceArn: sourceArn,
    startingPosition: props.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
    startingPositionTimestamp:
      props.startingTime === undefined ? undefined : Math.floor(props.startingTime.getTime() / 1000),
    batchSize: settings.batchSize,
    maxBatchingWindow: settings.window,
    parallelizationFactor: settings.parallelizationFactor,
    retryAttempts: settings.retryAttempts,
    maxRecordAge: settings.maxRecordAge,
    reportBatchItemFailures: true,
    // Only an invocation that breaks off is halved: what the consumer answers says where to go on.
    bisectBatchOnError: true,
    filters: props.filters,
    // The bucket gets whole records; a queue or a topic would get their numbers alone.
    onFailure: { bind: () => ({ destination: failures.bucketArn }) },
    supportS3OnFailureDestination: true,
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
  });
}
