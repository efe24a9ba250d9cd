import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lambda/stream/contract';
import type { AliasMetrics } from '../monitoring/alias-metrics';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';
import { GIVEN_UP } from './quarantine';

/**
 * The metrics of a stream and of what reads it, with exactly the dimension sets under which they are published; those of the function
 * are of its alias.
 *
 * @see https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
 */
export class StreamingMetrics {
  constructor(
    public readonly consumer: AliasMetrics,
    private readonly streamName: string,
    private readonly mappingId: string,
    private readonly consumerName: string | undefined,
  ) {}

  /** Published by Kinesis for the stream, whoever writes and reads. */
  public ofStream(metricName: string, statistic: string): cloudwatch.Metric {
    return metric('AWS/Kinesis', metricName, statistic, { StreamName: this.streamName });
  }

  /** Age of the last record that was read: of the registered consumer, or of all who share the stream's throughput. */
  public age(): cloudwatch.Metric {
    return this.consumerName === undefined
      ? this.ofStream('GetRecords.IteratorAgeMilliseconds', cloudwatch.Stats.MAXIMUM)
      : metric('AWS/Kinesis', 'SubscribeToShardEvent.MillisBehindLatest', cloudwatch.Stats.MAXIMUM, {
          StreamName: this.streamName,
          ConsumerName: this.consumerName,
        });
  }

  /** Age of the last record of a batch when the consumer gets it. */
  public lag(): cloudwatch.Metric {
    return this.consumer.ofAlias('IteratorAge', cloudwatch.Stats.MAXIMUM);
  }

  /** Counted by the event source mapping. */
  public ofMapping(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return metric('AWS/Lambda', metricName, cloudwatch.Stats.SUM, { EventSourceMappingUUID: this.mappingId }, options);
  }

  /** Where AWS Lambda keeps what this mapping gave up: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
  public get keptBelow(): string {
    return `${GIVEN_UP}${this.mappingId}/`;
  }

  /** Published by the consumer, all versions together. */
  public ofConsumer(metricName: string, statistic: string = cloudwatch.Stats.SUM): cloudwatch.Metric {
    return this.consumer.ofHandler(metricName, statistic);
  }
}

function metric(
  namespace: string,
  metricName: string,
  statistic: string,
  dimensionsMap: { [name: string]: string },
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, statistic, period: ALARM_PERIOD, dimensionsMap, ...options });
}

/**
 * Share of batches that failed, or 0 below so many failures in a period. AWS Lambda counts those that broke off, the consumer those
 * that it answered in part; one that it threw away is counted by both, so the larger count is taken.
 */
export function failedBatchRatio(
  counts: {
    readonly batches: cloudwatch.IMetric;
    readonly errors: cloudwatch.IMetric;
    readonly failed: cloudwatch.IMetric;
  },
  minFailures: number,
): cloudwatch.MathExpression {
  const failures = 'IF(FILL(errors, 0) > FILL(failed, 0), FILL(errors, 0), FILL(failed, 0))';
  return new cloudwatch.MathExpression({
    expression: `IF(${failures} >= ${minFailures}, ${failures} / batches, 0)`,
    usingMetrics: { ...counts },
    period: ALARM_PERIOD,
    label: 'share of failed batches',
  });
}

/** The batches of a deployment that failed, all versions together. */
export function failedBatches({ consumer }: StreamingMetrics): cloudwatch.MathExpression {
  const { SUM } = cloudwatch.Stats;
  return failedBatchRatio(
    {
      batches: consumer.ofAlias('Invocations', SUM),
      errors: consumer.ofAlias('Errors', SUM),
      failed: consumer.ofHandler(METRICS.failedBatches, SUM),
    },
    1,
  );
}

/** Those of the newest version. A single failure is no sign of a bad one. */
export function failedBatchesOfNewVersion(consumer: AliasMetrics): cloudwatch.MathExpression {
  const { SUM } = cloudwatch.Stats;
  return failedBatchRatio(
    {
      batches: consumer.ofNewVersion('Invocations', SUM),
      errors: consumer.ofNewVersion('Errors', SUM),
      failed: consumer.ofHandlerInNewVersion(METRICS.failedBatches, SUM),
    },
    2,
  );
}

/** Records that came in a period in which the mapping read none at all, nor said so. */
export function recordsNotRead(metrics: StreamingMetrics, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: 'IF(FILL(polled, 0) > 0, 0, written)',
    usingMetrics: {
      written: metrics.ofStream('IncomingRecords', cloudwatch.Stats.SUM).with({ period }),
      polled: metrics.ofMapping('PolledEventCount', { period }),
    },
    period,
    label: 'records that nobody reads',
  });
}
