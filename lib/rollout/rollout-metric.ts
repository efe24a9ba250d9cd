import type { Duration } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { fraction, integer, mustBeKnown } from '../private/validation';

/** What a minute without data of a metric means. */
export enum MissingCounts {
  /** The metric is not compared for that minute. */
  MISSING = 'missing',
  /** Nothing bad happened: for metrics that are only published when something does. */
  NOT_BREACHING = 'notBreaching',
  /** Every request was bad: for metrics that are always published. */
  BREACHING = 'breaching',
}

/** How one metric counts in the comparison of two versions. */
export interface RolloutMetricOptions {
  /**
   * Whether it may roll back. One that may not holds the step while it looks worse, and then leaves it to `onInconclusive`.
   *
   * @default true
   */
  readonly critical?: boolean;

  /**
   * Whether it is compared and reported only, without any say.
   *
   * @default false
   */
  readonly observeOnly?: boolean;

  /**
   * Bad events of the new version below which nothing is rolled back, at least 1.
   *
   * @default 3
   */
  readonly minEvents?: number;

  /**
   * How many times as bad the new version must be to be rolled back, 1 or more.
   *
   * @default 1.5
   */
  readonly minRatio?: number;

  /**
   * By how much its share of bad events must be larger, 0 to 1.
   *
   * @default 0.001
   */
  readonly minDifference?: number;

  /**
   * Share of bad events from which on a version is bad by itself, 0.001 to 1: when both are, the step is held, and in the final bake, with no
   * old version left to compare with, it rolls back.
   *
   * @default - 0.25; none for quarantined records, of which a batch may have many
   */
  readonly ceiling?: number;
}

/** Options of `RolloutMetric.slowAnswers`. */
export interface SlowAnswersOptions extends RolloutMetricOptions {
  /**
   * A longer time to answer is a bad event.
   *
   * @default - the `maxLatency` of the deployment's alarms
   */
  readonly threshold?: Duration;
}

/** Options of `RolloutMetric.custom`. */
export interface CustomRolloutMetricOptions extends RolloutMetricOptions {
  /** What it is called in reports, such as `declined`. */
  readonly name: string;

  /** Namespace of the CloudWatch metric. */
  readonly namespace: string;

  /** Name of the CloudWatch metric: a count per minute, published for each version. */
  readonly metricName: string;

  /**
   * Dimension whose value is the version: of a function its number, of an endpoint the name of the variant.
   */
  readonly versionDimension: string;

  /**
   * All other dimensions with which it is published.
   *
   * @default - none
   */
  readonly dimensions?: { [name: string]: string };

  /**
   * Statistic that gives the count.
   *
   * @default 'Sum'
   */
  readonly statistic?: string;

  /**
   * Whether the events are good: then fewer of them are worse.
   *
   * @default false
   */
  readonly goodEvents?: boolean;

  /**
   * What a minute without data means.
   *
   * @default MissingCounts.MISSING
   */
  readonly missingCounts?: MissingCounts;
}

/** A count of bad events that is compared between the old and the new version of a rollout. */
export class RolloutMetric {
  /** Requests that failed: errors of the function or the containers, and answers of 500 and more. */
  public static failures(options: RolloutMetricOptions = {}): RolloutMetric {
    return new RolloutMetric('failures', options);
  }

  /** Requests that were answered, but too late. Of a stream: batches. */
  public static slowAnswers(options: SlowAnswersOptions = {}): RolloutMetric {
    return new RolloutMetric('slowAnswers', options);
  }

  /**
   * Requests that were refused as the caller's fault: a version with a stricter schema shows here. By default it cannot roll back, since
   * a stricter schema may be what was wanted.
   */
  public static refusedRequests(options: RolloutMetricOptions = {}): RolloutMetric {
    return new RolloutMetric('refusedRequests', { critical: false, ...options });
  }

  /** Of a stream: batches that were answered in part, so that records come again. */
  public static failedBatches(options: RolloutMetricOptions = {}): RolloutMetric {
    return new RolloutMetric('failedBatches', options);
  }

  /** Of a stream: records that went to quarantine. */
  public static quarantinedRecords(options: RolloutMetricOptions = {}): RolloutMetric {
    return new RolloutMetric('quarantinedRecords', options);
  }

  /** A count of your own, published to CloudWatch for each version and minute. */
  public static custom(options: CustomRolloutMetricOptions): RolloutMetric {
    return new RolloutMetric('custom', options);
  }

  /**
   * Which of the counts it is, as the pattern knows them.
   *
   * @internal
   */
  public readonly _kind: RolloutMetricKind;

  /**
   * What it was told.
   *
   * @internal
   */
  public readonly _options: AnyRolloutMetricOptions;

  private constructor(kind: RolloutMetricKind, options: AnyRolloutMetricOptions) {
    refuse(`RolloutMetric.${kind}`, [
      ...integer('rollout-metric-events', 'minEvents', options.minEvents, { min: 1, max: 1_000_000 }),
      ...fraction('rollout-metric-ratio', 'minRatio', options.minRatio, { min: 1, max: 1000 }),
      ...fraction('rollout-metric-difference', 'minDifference', options.minDifference, { min: 0, max: 1 }),
      ...fraction('rollout-metric-ceiling', 'ceiling', options.ceiling, { min: 0.001, max: 1 }),
      ...mustBeKnown(
        'rollout-metric-threshold',
        'threshold',
        options.threshold,
        'it is told in the unit of the metric',
      ),
      ...withoutVersion(options),
    ]);
    this._kind = kind;
    this._options = options;
  }
}

/**
 * The counts that patterns know.
 *
 * @internal
 */
export type RolloutMetricKind =
  'failures' | 'slowAnswers' | 'refusedRequests' | 'failedBatches' | 'quarantinedRecords' | 'custom';

/**
 * Options of any of them.
 *
 * @internal
 */
export type AnyRolloutMetricOptions = RolloutMetricOptions &
  Partial<Omit<SlowAnswersOptions, keyof RolloutMetricOptions>> &
  Partial<Omit<CustomRolloutMetricOptions, keyof RolloutMetricOptions>>;

function withoutVersion({ versionDimension, dimensions = {} }: AnyRolloutMetricOptions): Fault[] {
  return versionDimension !== undefined && versionDimension in dimensions
    ? [
        {
          id: 'rollout-metric-version',
          message: `'dimensions' has '${versionDimension}', which is the 'versionDimension'`,
          fix: 'leave it out of the dimensions: its value is that of the version',
        },
      ]
    : [];
}
