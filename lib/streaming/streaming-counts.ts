import { Duration } from 'aws-cdk-lib';
import { METRICS } from '../../lambda/stream/contract';
import type { AliasMetrics } from '../monitoring/alias-metrics';
import type { PublishedCounts } from '../rollout/published-counts';
import { RolloutMetric } from '../rollout/rollout-metric';
import { DELAY_MINUTES } from '../rollout/staged-pace';
import type { StreamingThresholds } from './streaming-alarms';

/** What a consumer publishes for each version. Requests are batches: a version that breaks off counts no records. */
export function publishedCounts(consumer: AliasMetrics, { maxLatency }: StreamingThresholds): PublishedCounts {
  return {
    requests: { parts: [consumer.countByVersion('Invocations')] },
    duration: consumer.durationByVersion(),
    durationUnit: 'milliseconds',
    maxLatency,
    counts: {
      failures: { source: { parts: [consumer.countByVersion('Errors')] } },
      failedBatches: { source: { parts: [consumer.handlerCountByVersion(METRICS.failedBatches)] } },
      quarantinedRecords: {
        source: { parts: [consumer.handlerCountByVersion(METRICS.quarantined)] },
        // A batch may have many of them.
        options: { ceiling: null },
      },
    },
    defaults: [
      RolloutMetric.failures(),
      RolloutMetric.failedBatches(),
      RolloutMetric.slowAnswers(),
      RolloutMetric.quarantinedRecords(),
    ],
    delay: Duration.minutes(DELAY_MINUTES),
  };
}
