import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { type Construct } from 'constructs';
import { METRICS } from '../../lambda/predict/contract';
import type { Fault } from '../checks/bounds/fault';
import { faultyAlarms } from '../monitoring/alarm-faults';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { guardedStatistic } from '../monitoring/guarded-metric';
import { ALARM_PERIOD, type InferenceAlarms } from '../monitoring/inference-alarms';
import { integer } from '../private/validation';
import type { ServerlessAlarmSettings } from './serverless-alarm-settings';
import type { AliasMetrics } from '../monitoring/alias-metrics';
import { failureRatio } from './failure-ratio';

/** The thresholds of one deployment, defaults filled in. */
export interface ServerlessThresholds {
  readonly maxErrorRatio: number;
  readonly maxLatency: Duration;
  readonly minSamples: number;
  /** Absent where the limit is 0, or known only at deployment, when no share of it can be computed. */
  readonly concurrency?: number;
  readonly noTrafficFor?: Duration;
  readonly runbookUrl?: string;
}

const NEAR_LIMIT = 0.8;
const P99 = 'p99 of the time to answer, ms';

/** Fills in defaults, and judges what was given. */
export function thresholdsOf(
  settings: ServerlessAlarmSettings,
  timeout: Duration,
  reservedConcurrency?: number,
): ServerlessThresholds {
  return {
    maxErrorRatio: settings.maxErrorRatio ?? 0.05,
    maxLatency: settings.maxLatency ?? Duration.millis(timeout.toMilliseconds() / 2),
    minSamples: settings.minSamples ?? 20,
    concurrency: shareOf(reservedConcurrency ?? settings.accountConcurrency ?? 1000),
    noTrafficFor: settings.noTrafficFor,
    runbookUrl: settings.runbookUrl,
  };
}

function shareOf(limit: number): number | undefined {
  return Token.isUnresolved(limit) || limit === 0 ? undefined : NEAR_LIMIT * limit;
}

export function faultyThresholds(settings: ServerlessAlarmSettings, timeout: Duration): Fault[] {
  return [
    ...faultyAlarms(settings, timeout),
    ...integer('alarm-account-concurrency', 'alarms.accountConcurrency', settings.accountConcurrency, {
      min: 1,
      max: 1_000_000,
    }),
  ];
}

/** The alarms on the whole deployment. */
export function addServerlessAlarms(
  alarms: InferenceAlarms,
  metrics: AliasMetrics,
  thresholds: ServerlessThresholds,
  parts: {
    readonly ownHandler: boolean;
    readonly provisioned: boolean;
    readonly failedEvents?: sqs.IQueue;
    readonly ownDestination: boolean;
  },
): void {
  const invocations = metrics.ofAlias('Invocations', cloudwatch.Stats.SUM);
  alarms.add('ErrorRatio', {
    severity: AlarmSeverity.CRITICAL,
    description: `More than ${percent(thresholds.maxErrorRatio)} of the requests fail through the service's own fault. Look at the function's log for MODEL_ERROR, then roll back the model version.`,
    metric: failureRatio(
      {
        invocations,
        errors: metrics.ofAlias('Errors', cloudwatch.Stats.SUM),
        handled: parts.ownHandler ? metrics.ofHandler(METRICS.handledServerErrors, cloudwatch.Stats.SUM) : undefined,
        rejected: parts.ownHandler ? metrics.ofHandler(METRICS.rejectedInvocations, cloudwatch.Stats.SUM) : undefined,
      },
      thresholds.minSamples,
    ),
    threshold: thresholds.maxErrorRatio,
  });
  alarms.add('Throttles', {
    severity: AlarmSeverity.CRITICAL,
    description:
      'Requests are turned away because the concurrency limit is reached. Raise the reserved concurrency or the account quota.',
    metric: metrics.ofAlias('Throttles', cloudwatch.Stats.SUM),
    threshold: 0,
  });
  alarms.add('Latency', {
    severity: AlarmSeverity.CRITICAL,
    description: `One request in a hundred takes longer than ${thresholds.maxLatency.toMilliseconds()} ms. Compare ModelLatency with Latency: the model, or what is around it.`,
    metric: guardedStatistic(metrics.ofAlias('Duration', 'p99'), invocations, thresholds.minSamples, P99),
    threshold: thresholds.maxLatency.toMilliseconds(),
  });
  if (thresholds.concurrency !== undefined) {
    alarms.add('Concurrency', {
      severity: AlarmSeverity.WARNING,
      description:
        'Four fifths of the allowed concurrency are in use. Raise the limit before requests are turned away.',
      metric: metrics.ofFunction('ConcurrentExecutions', cloudwatch.Stats.MAXIMUM),
      threshold: thresholds.concurrency,
    });
  }
  if (parts.provisioned) {
    alarms.add('Spillover', {
      severity: AlarmSeverity.WARNING,
      description:
        'Requests find no provisioned environment free and wait for a cold start. Raise the provisioned concurrency.',
      metric: metrics.ofAlias('ProvisionedConcurrencySpilloverInvocations', cloudwatch.Stats.SUM),
      threshold: 0,
    });
  }
  if (parts.failedEvents !== undefined) {
    alarms.add('FailedEvents', {
      severity: AlarmSeverity.WARNING,
      description:
        'Asynchronous requests failed for good and lie in the failure queue. Mend the cause, then send them again.',
      metric: parts.failedEvents.metricApproximateNumberOfMessagesVisible({
        period: ALARM_PERIOD,
        statistic: cloudwatch.Stats.MAXIMUM,
      }),
      threshold: 0,
      evaluationPeriods: 1,
    });
  }
  if (parts.ownDestination) {
    alarms.add('UndeliveredFailures', {
      severity: AlarmSeverity.CRITICAL,
      description:
        'Asynchronous requests that failed for good could not be sent to the failure destination, and are lost. Look whether the destination exists, and whether the function may write to it and use its key.',
      metric: metrics.ofFunction('DestinationDeliveryFailures', cloudwatch.Stats.SUM),
      threshold: 0,
      evaluationPeriods: 1,
    });
  }
  if (thresholds.noTrafficFor !== undefined) {
    alarms.add('NoTraffic', {
      severity: AlarmSeverity.WARNING,
      description: `No request for ${thresholds.noTrafficFor.toMinutes()} minutes. Ask whoever calls this service.`,
      // One period as long as the silence: no data at all is the very thing to notice.
      metric: metrics.ofAlias('Invocations', cloudwatch.Stats.SUM, { period: thresholds.noTrafficFor }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

/**
 * The alarms that roll a new version back. They watch that version alone: an alarm that also sees the old one is red
 * before the rollout starts whenever there is something to mend.
 */
export function newVersionAlarms(
  scope: Construct,
  metrics: AliasMetrics,
  thresholds: ServerlessThresholds,
  ownHandler: boolean,
): cloudwatch.Alarm[] {
  const runbook = thresholds.runbookUrl === undefined ? '' : ` Runbook: ${thresholds.runbookUrl}`;
  const invocations = metrics.ofNewVersion('Invocations', cloudwatch.Stats.SUM);
  // One bad minute is enough to act: the guard on the number of requests keeps single failures out. The two minutes before
  // are judged again, since the handler's own metrics come through its log and may be late.
  const oneMinute = {
    evaluationPeriods: 3,
    datapointsToAlarm: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  };
  return [
    new cloudwatch.Alarm(scope, 'NewVersionErrors', {
      ...oneMinute,
      alarmDescription:
        `Rolls back: more than ${percent(thresholds.maxErrorRatio)} of at least ${thresholds.minSamples} requests per minute fail on the new version.` +
        runbook,
      metric: failureRatio(
        {
          invocations,
          errors: metrics.ofNewVersion('Errors', cloudwatch.Stats.SUM),
          handled: ownHandler
            ? metrics.ofHandlerInNewVersion(METRICS.handledServerErrors, cloudwatch.Stats.SUM)
            : undefined,
          rejected: ownHandler
            ? metrics.ofHandlerInNewVersion(METRICS.rejectedInvocations, cloudwatch.Stats.SUM)
            : undefined,
        },
        thresholds.minSamples,
      ),
      threshold: thresholds.maxErrorRatio,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    }),
    new cloudwatch.Alarm(scope, 'NewVersionLatency', {
      ...oneMinute,
      alarmDescription:
        `Rolls back: one in a hundred of at least ${thresholds.minSamples} requests per minute takes longer than ${thresholds.maxLatency.toMilliseconds()} ms on the new version.` +
        runbook,
      metric: guardedStatistic(metrics.ofNewVersion('Duration', 'p99'), invocations, thresholds.minSamples, P99),
      threshold: thresholds.maxLatency.toMilliseconds(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    }),
  ];
}

function percent(ratio: number): string {
  return Token.isUnresolved(ratio) ? 'the allowed share' : `${Number((ratio * 100).toFixed(2))} %`;
}
