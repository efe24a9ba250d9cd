import { Duration } from 'aws-cdk-lib';
import { METRICS } from '../../lambda/predict/contract';
import type { AliasMetrics } from '../monitoring/alias-metrics';
import { DELAY_MINUTES } from '../rollout/staged-pace';
import type { PublishedCounts } from '../rollout/published-counts';
import { RolloutMetric } from '../rollout/rollout-metric';
import type { ServerlessThresholds } from './serverless-alarms';

/** What a function publishes for each version that answers through the alias; its own handler tells more of what went wrong. */
export function publishedCounts(
  metrics: AliasMetrics,
  { maxLatency }: ServerlessThresholds,
  ownHandler: boolean,
): PublishedCounts {
  const errors = metrics.countByVersion('Errors');
  return {
    requests: { parts: [metrics.countByVersion('Invocations')] },
    duration: metrics.durationByVersion(),
    durationUnit: 'milliseconds',
    maxLatency,
    counts: {
      failures: {
        source: {
          parts: ownHandler
            ? [
                errors,
                metrics.handlerCountByVersion(METRICS.handledServerErrors),
                // Bad input that was thrown is the caller's fault, and counted among the errors.
                { ...metrics.handlerCountByVersion(METRICS.rejectedInvocations), negative: true },
              ]
            : [errors],
        },
      },
      ...(ownHandler
        ? { refusedRequests: { source: { parts: [metrics.handlerCountByVersion(METRICS.clientErrors)] } } }
        : {}),
    },
    defaults: [
      RolloutMetric.failures(),
      RolloutMetric.slowAnswers(),
      ...(ownHandler ? [RolloutMetric.refusedRequests()] : []),
    ],
    delay: Duration.minutes(DELAY_MINUTES),
  };
}
