import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRICS } from '../../lambda/stream/contract';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import type { AliasMetrics } from '../monitoring/alias-metrics';
import { guardedRatio, guardedStatistic } from '../monitoring/guarded-metric';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { MappingSettings } from './mapping-settings';
import type { StreamingAlarmSettings } from './streaming-alarm-settings';
import { failedBatches, failedBatchesOfNewVersion, recordsNotRead, type StreamingMetrics } from './streaming-metrics';

/** The thresholds of one consumer, defaults filled in. */
export interface StreamingThresholds {
  readonly maxErrorRatio: number;
  readonly maxLatency: Duration;
  readonly maxLag: Duration;
  readonly maxQuarantinedRatio: number;
  readonly minSamples: number;
  readonly noTrafficFor?: Duration;
  readonly runbookUrl?: string;
}

/** A batch that takes all of its time comes again in part: this much of it is slow. */
const SLOW = 0.75;
/** Of the time after which records are given up, or are gone. */
const NEAR = 0.8;
/** Batches in a minute below which a percentile says nothing. */
const MIN_BATCHES = 3;
const P99 = 'p99 of the time for a batch, ms';
const AT_ONCE = { evaluationPeriods: 1, datapointsToAlarm: 1 } as const;
/** A single invocation that breaks off is no sign; the next one of a new version may be minutes later, as it has a share of the batches only. */
const BREAKS = 2;
const LOOK_BACK = 10;
/** One batch may keep a shard from being read for a quarter of an hour, and a record may come at the end of such a period. */
const UNREAD = { minutes: 15, periods: 2 } as const;

/** Fills in defaults. */
export function thresholdsOf(
  settings: StreamingAlarmSettings,
  timeout: Duration,
  { window, maxRecordAge }: MappingSettings,
): StreamingThresholds {
  return {
    maxErrorRatio: settings.maxErrorRatio ?? 0.05,
    maxLatency: settings.maxLatency ?? Duration.millis(Math.round(SLOW * timeout.toMilliseconds())),
    maxLag:
      settings.maxLag ??
      Duration.seconds(Math.min(window.toSeconds() + 60, Math.floor(NEAR * maxRecordAge.toSeconds()))),
    maxQuarantinedRatio: settings.maxQuarantinedRatio ?? 0.05,
    minSamples: settings.minSamples ?? 20,
    noTrafficFor: settings.noTrafficFor,
    runbookUrl: settings.runbookUrl,
  };
}

/** What of a deployment there is to watch. */
export interface WatchedStream {
  /** The consumer shares the throughput of the stream with others. */
  readonly shared: boolean;
  /** The stream is another account's, and so are its metrics. */
  readonly foreign: boolean;
  readonly endpoint: boolean;
  readonly provisioned: boolean;
  readonly maxRecordAge: Duration;
  /** Absent where it is known only at deployment. */
  readonly retentionHours?: number;
}

/** The alarms on the whole deployment. */
export function addStreamingAlarms(
  alarms: InferenceAlarms,
  metrics: StreamingMetrics,
  thresholds: StreamingThresholds,
  watched: WatchedStream,
): void {
  addLagAlarms(alarms, metrics, thresholds, watched);
  addFailureAlarms(alarms, metrics, thresholds);
  addThrottleAlarms(alarms, metrics, watched);
  if (thresholds.noTrafficFor !== undefined) {
    alarms.add('NoRecords', {
      ...AT_ONCE,
      severity: AlarmSeverity.WARNING,
      description: `No record for ${thresholds.noTrafficFor.toMinutes()} minutes: ask the producers, and look whether the event source mapping is enabled.`,
      // One period as long as the silence: no data at all is the very thing to notice.
      metric: metrics.ofMapping('PolledEventCount', { period: thresholds.noTrafficFor }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

function addLagAlarms(
  alarms: InferenceAlarms,
  metrics: StreamingMetrics,
  { maxLag }: StreamingThresholds,
  { foreign, maxRecordAge, retentionHours }: WatchedStream,
): void {
  alarms.add('Lag', {
    severity: AlarmSeverity.CRITICAL,
    description: `Records are older than ${maxLag.toSeconds()} s when they are predicted. Look at FailedBatches and Throttles first; where there are none, raise 'parallelizationFactor' or the number of shards.`,
    metric: metrics.lag(),
    threshold: maxLag.toMilliseconds(),
  });
  alarms.add('GivingUpAhead', {
    severity: AlarmSeverity.CRITICAL,
    description: `Records are nearly ${maxRecordAge.toHumanString()} old, after which they are given up and leave their order. Mend what holds up the shard.`,
    metric: metrics.lag(),
    threshold: NEAR * maxRecordAge.toMilliseconds(),
  });
  if (!foreign) {
    alarms.add('NotRead', {
      severity: AlarmSeverity.CRITICAL,
      // Nobody who reads, no age of what is read: all alarms on it are silent then.
      description: `Records came for ${UNREAD.minutes * UNREAD.periods} minutes, and none was read: they are lost when the stream forgets them. Look whether the event source mapping is enabled, and what its LastProcessingResult says.`,
      metric: recordsNotRead(metrics, Duration.minutes(UNREAD.minutes)),
      threshold: 0,
      evaluationPeriods: UNREAD.periods,
    });
  }
  if (retentionHours !== undefined) {
    alarms.add('DataLossAhead', {
      severity: AlarmSeverity.CRITICAL,
      description: `Records are nearly ${retentionHours} hours old, after which the stream forgets them. Raise the retention of the stream now, then look why nobody reads.`,
      metric: foreign ? metrics.lag() : metrics.age(),
      threshold: NEAR * Duration.hours(retentionHours).toMilliseconds(),
      evaluationPeriods: 3,
    });
  }
}

function addFailureAlarms(
  alarms: InferenceAlarms,
  metrics: StreamingMetrics,
  { maxErrorRatio, maxLatency, maxQuarantinedRatio, minSamples }: StreamingThresholds,
): void {
  const { consumer } = metrics;
  alarms.add('FailedBatches', {
    severity: AlarmSeverity.CRITICAL,
    description: `More than ${percent(maxErrorRatio)} of the batches fail, and are tried again while their shards wait. The log of the function says why: a sink, the endpoint, or the time.`,
    metric: failedBatches(metrics),
    threshold: maxErrorRatio,
  });
  alarms.add('ConsumerErrors', {
    severity: AlarmSeverity.WARNING,
    description:
      'Invocations of the consumer break off: it runs out of memory or time, or cannot start. Look at the end of its log.',
    metric: consumer.ofAlias('Errors', cloudwatch.Stats.SUM),
    threshold: 0,
  });
  alarms.add('SlowBatches', {
    severity: AlarmSeverity.WARNING,
    description: `One batch in a hundred takes longer than ${maxLatency.toMilliseconds()} ms. Compare it with the model time on the dashboard: the model, or the sinks.`,
    metric: guardedStatistic(
      consumer.ofAlias('Duration', 'p99'),
      consumer.ofAlias('Invocations', cloudwatch.Stats.SUM),
      MIN_BATCHES,
      P99,
    ),
    threshold: maxLatency.toMilliseconds(),
  });
  alarms.add('Quarantined', {
    severity: AlarmSeverity.WARNING,
    description: `More than ${percent(maxQuarantinedRatio)} of the records go to quarantine. Look at the reasons there, mend the producer or the model, then 'inference-patterns replay quarantine'.`,
    metric: guardedRatio(
      metrics.ofConsumer(METRICS.quarantined),
      metrics.ofConsumer(METRICS.records),
      minSamples,
      'share of quarantined records',
    ),
    threshold: maxQuarantinedRatio,
  });
  alarms.add('SinkFailures', {
    severity: AlarmSeverity.WARNING,
    description: 'A sink takes predictions only in part, and their records come again. Look at its capacity.',
    metric: metrics.ofConsumer(METRICS.sinkFailures),
    threshold: 0,
  });
  alarms.add('GivenUp', {
    ...AT_ONCE,
    severity: AlarmSeverity.CRITICAL,
    // Of a bucket that several consumers share each has a place of its own.
    description: `Batches were given up and lie in the quarantine bucket, below ${metrics.keptBelow}. Mend the cause, then 'inference-patterns replay failed'.`,
    metric: metrics.ofMapping('OnFailureDestinationDeliveredEventCount'),
    threshold: 0,
  });
  alarms.add('Dropped', {
    ...AT_ONCE,
    severity: AlarmSeverity.CRITICAL,
    description:
      "Records were dropped without a trace but that they are still in the stream: 'inference-patterns replay stream' puts them through again before the stream forgets them.",
    metric: metrics.ofMapping('DroppedEventCount'),
    threshold: 0,
  });
  alarms.add('UndeliveredFailures', {
    ...AT_ONCE,
    severity: AlarmSeverity.CRITICAL,
    description:
      "Batches that were given up could not be kept in the quarantine bucket. Look whether the function may write there, then 'inference-patterns replay stream'.",
    metric: consumer.ofFunction('DestinationDeliveryFailures', cloudwatch.Stats.SUM),
    threshold: 0,
  });
}

function addThrottleAlarms(
  alarms: InferenceAlarms,
  metrics: StreamingMetrics,
  { shared, foreign, endpoint, provisioned }: WatchedStream,
): void {
  const { SUM } = cloudwatch.Stats;
  const warn = (id: string, metric: cloudwatch.IMetric, description: string): void =>
    void alarms.add(id, { severity: AlarmSeverity.WARNING, description, metric, threshold: 0 });
  alarms.add('Throttles', {
    severity: AlarmSeverity.CRITICAL,
    description:
      'Batches wait because the concurrency limit is reached. Raise the reserved concurrency or the account quota.',
    metric: metrics.consumer.ofAlias('Throttles', SUM),
    threshold: 0,
  });
  if (!foreign) {
    warn(
      'WriteThrottles',
      metrics.ofStream('WriteProvisionedThroughputExceeded', SUM),
      'The stream refuses records of its producers. Add shards, or let it work on demand; a producer that does not try again loses them.',
    );
  }
  if (shared && !foreign) {
    warn(
      'ReadThrottles',
      metrics.ofStream('ReadProvisionedThroughputExceeded', SUM),
      'Readers of the stream are slowed down. Add shards, or use enhanced fan-out.',
    );
  }
  if (endpoint) {
    warn(
      'EndpointThrottles',
      metrics.ofConsumer(METRICS.endpointThrottles),
      'The endpoint refuses requests, and the consumer sends fewer. Let the endpoint scale out sooner or further.',
    );
  }
  if (provisioned) {
    warn(
      'Spillover',
      metrics.consumer.ofAlias('ProvisionedConcurrencySpilloverInvocations', SUM),
      'Batches find no provisioned environment free and wait for a cold start. Raise the provisioned concurrency.',
    );
  }
}

/** The alarms that roll a new version back. They watch that version alone. */
export function newVersionAlarms(
  scope: Construct,
  consumer: AliasMetrics,
  { maxErrorRatio, maxLatency, maxQuarantinedRatio, minSamples, runbookUrl }: StreamingThresholds,
  timeout: Duration,
): cloudwatch.Alarm[] {
  const { SUM } = cloudwatch.Stats;
  const runbook = runbookUrl === undefined ? '' : ` Runbook: ${runbookUrl}`;
  // One bad minute is enough to act. The two minutes before are judged again, since the consumer's own metrics come through its log.
  const alarm = (
    id: string,
    what: string,
    metric: cloudwatch.IMetric,
    threshold: number,
    { evaluationPeriods, datapointsToAlarm } = { evaluationPeriods: 3, datapointsToAlarm: 1 },
  ): cloudwatch.Alarm =>
    new cloudwatch.Alarm(scope, id, {
      alarmDescription: `Rolls back: ${what} on the new version.${runbook}`,
      metric,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  // A batch that runs into its time-out takes so long that a thin stream has no second one in the same minute.
  const minutes = LOOK_BACK + 2 * Math.ceil(timeout.toSeconds() / 60);
  return [
    alarm(
      'NewVersionFailedBatches',
      `more than ${percent(maxErrorRatio)} of the batches per minute, and at least 2, fail`,
      failedBatchesOfNewVersion(consumer),
      maxErrorRatio,
    ),
    alarm(
      'NewVersionBreaksOff',
      `batches break off in ${BREAKS} of ${minutes} minutes`,
      consumer.ofNewVersion('Errors', SUM),
      0,
      { evaluationPeriods: minutes, datapointsToAlarm: BREAKS },
    ),
    alarm(
      'NewVersionQuarantined',
      `more than ${percent(maxQuarantinedRatio)} of at least ${Tokenization.stringifyNumber(minSamples)} records per minute go to quarantine`,
      guardedRatio(
        consumer.ofHandlerInNewVersion(METRICS.quarantined, SUM),
        consumer.ofHandlerInNewVersion(METRICS.records, SUM),
        minSamples,
        'share of quarantined records',
      ),
      maxQuarantinedRatio,
    ),
    alarm(
      'NewVersionSlowBatches',
      `one in a hundred of at least ${MIN_BATCHES} batches per minute takes longer than ${maxLatency.toMilliseconds()} ms`,
      guardedStatistic(
        consumer.ofNewVersion('Duration', 'p99'),
        consumer.ofNewVersion('Invocations', SUM),
        MIN_BATCHES,
        P99,
      ),
      maxLatency.toMilliseconds(),
    ),
  ];
}

function percent(ratio: number): string {
  return Token.isUnresolved(ratio) ? 'the allowed share' : `${Number((ratio * 100).toFixed(2))} %`;
}
