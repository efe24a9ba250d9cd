import { type Duration, Tokenization } from 'aws-cdk-lib';
import type { CountPart, CountSource } from '../../lambda/rollout-target/contract';
import type { MetricOptions } from '../../lambda/rollout-judge/contract';
import type { Fault } from '../checks/bounds/fault';
import type { RolloutMetric, RolloutMetricKind } from './rollout-metric';

/** What a deployment publishes for each version and minute, by which versions can be compared. */
export interface PublishedCounts {
  readonly requests: CountSource;
  /** Time to answer; a trimmed count of it is that of slow answers. */
  readonly duration: Omit<CountPart, 'statistic' | 'negative'>;
  /** In which unit that is published. */
  readonly durationUnit: 'milliseconds' | 'microseconds';
  /** Beyond which an answer is slow, unless the metric says otherwise. */
  readonly maxLatency: Duration;
  /** The other counts, with what is told of them unless the user does. */
  readonly counts: Partial<Record<RolloutMetricKind, PublishedCount>>;
  /** What is compared when nothing is said. */
  readonly defaults: readonly RolloutMetric[];
  /** Time until the counts of a minute do not change any more. */
  readonly delay: Duration;
}

export interface PublishedCount {
  readonly source: CountSource;
  readonly options?: Partial<MetricOptions>;
}

/** A metric as the judge is told of it, and where its counts come from. */
export interface BoundMetric {
  readonly judged: MetricOptions;
  readonly source: CountSource;
}

/** Metrics that the deployment does not publish. */
export function unpublished(metrics: readonly RolloutMetric[], { counts }: PublishedCounts): Fault[] {
  const known = ['slowAnswers', ...Object.keys(counts)];
  return metrics
    .filter(({ _kind }) => _kind !== 'custom' && !known.includes(_kind))
    .map(({ _kind }) => ({
      id: 'rollout-metric-unpublished',
      message: `'analysis.metrics' has RolloutMetric.${_kind}(), which this deployment does not publish`,
      fix: `use one of ${known.map((kind) => `RolloutMetric.${kind}()`).join(', ')}, or RolloutMetric.custom() for a count of your own`,
    }));
}

export function bindMetric(metric: RolloutMetric, published: PublishedCounts): BoundMetric {
  const { _kind: kind, _options: options } = metric;
  const { critical, observeOnly, minRatio, minDifference, minEvents, ceiling } = options;
  const told = { critical, observeOnly, minBad: minEvents, minRatio, minDifference, ceiling };
  const asTold = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  switch (kind) {
    case 'slowAnswers':
      return {
        // Nothing above the threshold may be no data.
        judged: { name: kind, missingData: 'notBreaching', ...asTold },
        source: { parts: [{ ...published.duration, statistic: slowerThan(options.threshold, published) }] },
      };
    case 'custom':
      return {
        judged: {
          name: options.name!,
          missingData: options.missingCounts ?? 'missing',
          ...(options.goodEvents === true ? { direction: 'decrease' as const } : {}),
          ...asTold,
        },
        source: {
          parts: [
            {
              namespace: options.namespace!,
              metricName: options.metricName!,
              statistic: options.statistic ?? 'Sum',
              dimensions: options.dimensions ?? {},
              versionDimension: options.versionDimension!,
            },
          ],
        },
      };
    default: {
      const { source, options: usual } = published.counts[kind]!;
      return { judged: { name: kind, ...usual, ...asTold }, source };
    }
  }
}

/**
 * A trimmed count: how many answers took longer.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
function slowerThan(threshold: Duration | undefined, { maxLatency, durationUnit }: PublishedCounts): string {
  const milliseconds = (threshold ?? maxLatency).toMilliseconds();
  return `TC(${Tokenization.stringifyNumber(durationUnit === 'milliseconds' ? milliseconds : milliseconds * 1000)}:)`;
}
