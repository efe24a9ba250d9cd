import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** How urgent an alarm is. */
export enum AlarmSeverity {
  /** Callers are affected now: part of the alarm that pages somebody. */
  CRITICAL = 'critical',
  /** Something to look at in working hours. */
  WARNING = 'warning',
}

/** What an inference deployment watches, and whom it tells. The same for every pattern. */
export interface AlarmSettings {
  /**
   * What happens when any critical alarm goes off, once for all of them.
   *
   * @default - nobody is told; the alarms are still there, on the dashboard and for rollbacks
   */
  readonly pageActions?: cloudwatch.IAlarmAction[];

  /**
   * What happens when a warning goes off, for each of them.
   *
   * @default - nobody is told
   */
  readonly warningActions?: cloudwatch.IAlarmAction[];

  /**
   * Address of the runbook, added to the description of every alarm.
   *
   * @default - none
   */
  readonly runbookUrl?: string;

  /**
   * Share of failed requests, 0.0001 to 0.999, above which callers count as affected. A new version is rolled back
   * above the same share.
   *
   * @default 0.05
   */
  readonly maxErrorRatio?: number;

  /**
   * The 99th percentile of the time to answer above which the service counts as slow. A new version is rolled back
   * above the same time.
   *
   * @default - half of the longest time that a request may take
   */
  readonly maxLatency?: Duration;

  /**
   * Requests per minute below which no ratio and no percentile is judged: a single failure at night is not an outage.
   * During a rollout this counts the requests of the new version alone, so a canary of 5 % needs twenty times as many
   * in all; with less traffic it cannot be rolled back by its own errors, only by the smoke test.
   *
   * @default 20
   */
  readonly minSamples?: number;

  /**
   * Time without a single request after which somebody should look, in whole minutes up to 24 hours.
   *
   * @default - no such alarm; a caller that stopped calling is not noticed
   */
  readonly noTrafficFor?: Duration;
}
