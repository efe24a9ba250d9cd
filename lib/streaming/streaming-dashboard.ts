import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lambda/stream/contract';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { WatchedStream } from './streaming-alarms';
import type { StreamingMetrics } from './streaming-metrics';

/** The rows of a consumer: what comes in and goes out, how late, how fast, what fails, what is full, which version. */
export function addStreamingRows(
  dashboard: InferenceDashboard,
  metrics: StreamingMetrics,
  { shared, foreign, endpoint, provisioned }: WatchedStream,
): void {
  const { SUM, AVERAGE, MAXIMUM } = cloudwatch.Stats;
  const { consumer } = metrics;
  dashboard.addRow({
    title: 'Records',
    graphs: [
      foreign
        ? { title: 'out of the stream, per minute', metrics: [metrics.ofMapping('PolledEventCount')] }
        : { title: 'into the stream, per minute', metrics: [metrics.ofStream('IncomingRecords', SUM)] },
      {
        title: 'done, per minute',
        metrics: [metrics.ofConsumer(METRICS.predictions), metrics.ofConsumer(METRICS.quarantined)],
      },
      {
        title: 'given up and dropped',
        metrics: [
          metrics.ofMapping('OnFailureDestinationDeliveredEventCount'),
          metrics.ofMapping('DroppedEventCount'),
          metrics.ofMapping('FilteredOutEventCount'),
        ],
      },
    ],
  });
  dashboard.addRow({
    title: 'Lag',
    graphs: [
      { title: 'of the consumer, ms', metrics: [metrics.lag()] },
      ...(foreign
        ? []
        : [{ title: `of ${shared ? 'all readers of the stream' : 'its fan-out'}, ms`, metrics: [metrics.age()] }]),
    ],
  });
  dashboard.addRow({
    title: 'Batches',
    graphs: [
      { title: 'records of a batch', metrics: [metrics.ofConsumer(METRICS.batchSize, AVERAGE)] },
      {
        title: `in the ${endpoint ? 'endpoint' : 'model'}, ms`,
        metrics: ['p50', 'p99'].map((p) => metrics.ofConsumer(METRICS.modelTime, p).with({ label: p })),
      },
      {
        title: 'time for a batch, ms',
        metrics: ['p50', 'p99'].map((p) => consumer.ofAlias('Duration', p, { label: p })),
      },
    ],
  });
  dashboard.addRow({
    title: 'Failures',
    graphs: [
      {
        title: 'batches',
        metrics: [metrics.ofConsumer(METRICS.failedBatches), consumer.ofAlias('Errors', SUM)],
      },
      { title: 'of sinks', metrics: [metrics.ofConsumer(METRICS.sinkFailures)] },
    ],
  });
  dashboard.addRow({
    title: 'Saturation',
    graphs: [
      {
        title: 'throttled',
        metrics: [
          consumer.ofAlias('Throttles', SUM),
          ...(foreign ? [] : [metrics.ofStream('WriteProvisionedThroughputExceeded', SUM)]),
          ...(shared && !foreign ? [metrics.ofStream('ReadProvisionedThroughputExceeded', SUM)] : []),
          ...(endpoint ? [metrics.ofConsumer(METRICS.endpointThrottles)] : []),
        ],
      },
      { title: 'concurrent executions', metrics: [consumer.ofFunction('ConcurrentExecutions', MAXIMUM)] },
      ...(provisioned
        ? [
            {
              title: 'provisioned environments in use, share',
              metrics: [consumer.ofAlias('ProvisionedConcurrencyUtilization', MAXIMUM)],
            },
          ]
        : []),
    ],
  });
  dashboard.addRow({
    title: 'Newest version',
    graphs: [
      { title: 'batches', metrics: [consumer.ofNewVersion('Invocations', SUM)] },
      {
        title: 'failures',
        metrics: [
          consumer.ofNewVersion('Errors', SUM),
          consumer.ofHandlerInNewVersion(METRICS.failedBatches, SUM),
          consumer.ofHandlerInNewVersion(METRICS.quarantined, SUM),
        ],
      },
      { title: 'p99 of the time for a batch, ms', metrics: [consumer.ofNewVersion('Duration', 'p99')] },
    ],
  });
}
