import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { invocationTimeNeverReached, RATIO, SAMPLES } from '../checks/bounds/alarm';
import type { Fault } from '../checks/bounds/fault';
import type { InstanceSpec } from '../model/instance-type';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { guardedRatio, guardedStatistic } from '../monitoring/guarded-metric';
import { ALARM_PERIOD, type InferenceAlarms } from '../monitoring/inference-alarms';
import { fraction, integer, judge, minutes, mustBeKnown, seconds } from '../private/validation';
import type { EndpointAlarmSettings } from './endpoint-alarm-settings';
import type { VariantMetrics } from './variant-metrics';

/** The thresholds of one endpoint, defaults filled in. */
export interface EndpointThresholds {
  readonly maxErrorRatio: number;
  readonly maxClientErrorRatio: number;
  readonly maxLatency: Duration;
  readonly maxOverheadLatency: Duration;
  readonly maxUtilizationPercent: number;
  readonly minSamples: number;
  readonly noTrafficFor?: Duration;
  readonly runbookUrl?: string;
}

/** What is watched of one variant. */
export interface WatchedVariant {
  readonly name: string;
  /** Goes before the ids of its alarms; empty for the variant that an endpoint starts with. */
  readonly prefix: string;
  readonly metrics: VariantMetrics;
  /** Absent where the capacity is serverless, or the type is not known. */
  readonly instance?: InstanceSpec;
  /** Whether there are instances, known or not. */
  readonly onInstances: boolean;
  /** Most instances, where their number follows the traffic. */
  readonly scaledTo?: number;
  /** Under the other name that the variant may serve by: traffic of either is traffic. */
  readonly beside?: VariantMetrics;
  /** No traffic to this one says nothing. */
  readonly silent?: boolean;
}

/** Above this SageMaker stops capturing data, and little is left for a larger model. */
const MAX_DISK_PERCENT = 75;
const MAX_GPU_MEMORY_PERCENT = 98;
const A_DAY: number = Duration.days(1).toMinutes();

export function endpointThresholds(settings: EndpointAlarmSettings, timeout: Duration): EndpointThresholds {
  return {
    maxErrorRatio: settings.maxErrorRatio ?? 0.05,
    maxClientErrorRatio: settings.maxClientErrorRatio ?? 0.25,
    maxLatency: settings.maxLatency ?? Duration.millis((settings.longestStream ?? timeout).toMilliseconds() / 2),
    maxOverheadLatency: settings.maxOverheadLatency ?? Duration.seconds(1),
    maxUtilizationPercent: settings.maxUtilizationPercent ?? 90,
    minSamples: settings.minSamples ?? 20,
    noTrafficFor: settings.noTrafficFor,
    runbookUrl: settings.runbookUrl,
  };
}

export function faultyEndpointThresholds(settings: EndpointAlarmSettings, timeout: Duration): readonly Fault[] {
  return [
    ...fraction('alarm-error-ratio', 'alarms.maxErrorRatio', settings.maxErrorRatio, RATIO),
    ...fraction('alarm-error-ratio', 'alarms.maxClientErrorRatio', settings.maxClientErrorRatio, RATIO),
    ...integer('alarm-samples', 'alarms.minSamples', settings.minSamples, SAMPLES),
    ...fraction('alarm-utilization', 'alarms.maxUtilizationPercent', settings.maxUtilizationPercent, {
      min: 1,
      max: 100,
      unit: '%',
    }),
    ...(
      ['maxLatency', 'maxOverheadLatency', 'maxUtilizationPercent', 'noTrafficFor', 'longestStream'] as const
    ).flatMap((prop) =>
      mustBeKnown(
        'alarm-unknown',
        `alarms.${prop}`,
        settings[prop],
        'its alarm is computed before, in the unit of AWS',
      ),
    ),
    ...seconds('alarm-longest-stream', 'alarms.longestStream', settings.longestStream, { min: 1, max: 480 }),
    ...latencyFaults(settings, settings.longestStream ?? timeout),
    ...minutes('alarm-no-traffic', 'alarms.noTrafficFor', settings.noTrafficFor, { min: 1, max: A_DAY }),
  ];
}

function latencyFaults({ maxLatency, maxOverheadLatency }: EndpointAlarmSettings, timeout: Duration): readonly Fault[] {
  if (timeout.isUnresolved()) {
    return maxLatency === undefined
      ? [
          {
            id: 'alarm-latency-unknown',
            message: "'timeout' is known only at deployment, so half of it cannot be the bound for the latency",
            fix: "set 'alarms.maxLatency'",
          },
        ]
      : [];
  }
  return Object.entries({ maxLatency, maxOverheadLatency }).flatMap(([prop, given]) =>
    judge(given, (bound) =>
      invocationTimeNeverReached(
        prop,
        bound.toMilliseconds({ integral: false }),
        timeout.toMilliseconds({ integral: false }),
      ),
    ),
  );
}

/** The alarms on one variant, for as long as it serves. */
export function addVariantAlarms(alarms: InferenceAlarms, variant: WatchedVariant, bounds: EndpointThresholds): void {
  const { SUM, AVERAGE } = cloudwatch.Stats;
  const { name, prefix, metrics } = variant;
  const { minSamples } = bounds;
  const invocations = metrics.ofVariant('Invocations', SUM);

  alarms.add(`${prefix}ErrorRatio`, {
    severity: AlarmSeverity.CRITICAL,
    description: `More than ${percent(bounds.maxErrorRatio)} of the requests to variant ${name} fail with a 5xx. Look at the container's log, then roll back the model version.`,
    metric: guardedRatio(
      metrics.ofVariant('Invocation5XXErrors', SUM),
      invocations,
      minSamples,
      'share of failed requests',
    ),
    threshold: bounds.maxErrorRatio,
  });
  alarms.add(`${prefix}ClientErrorRatio`, {
    severity: AlarmSeverity.WARNING,
    description: `More than ${percent(bounds.maxClientErrorRatio)} of the requests to variant ${name} are refused with a 4xx: a caller that changed its format, or more requests than the model takes at a time.`,
    metric: guardedRatio(
      metrics.ofVariant('Invocation4XXErrors', SUM),
      invocations,
      minSamples,
      'share of refused requests',
    ),
    threshold: bounds.maxClientErrorRatio,
  });
  latencyAlarms(alarms, variant, bounds, invocations);
  alarms.add(`${prefix}OverheadLatency`, {
    severity: AlarmSeverity.WARNING,
    description: `SageMaker adds more than ${bounds.maxOverheadLatency.toMilliseconds()} ms to the requests of variant ${name}, on average. Large payloads, or the first requests after a pause.`,
    // SageMaker publishes no percentiles of it.
    metric: guardedStatistic(metrics.ofVariant('OverheadLatency', AVERAGE), invocations, minSamples, 'overhead, us'),
    threshold: inMicroseconds(bounds.maxOverheadLatency),
  });
  if (variant.onInstances) {
    utilizationAlarms(alarms, variant, bounds.maxUtilizationPercent);
  }
  if (variant.scaledTo !== undefined && !Token.isUnresolved(variant.scaledTo)) {
    atMaximum(alarms, variant, variant.scaledTo, invocations);
  }
  if (bounds.noTrafficFor !== undefined && variant.silent !== true) {
    alarms.add(`${prefix}NoTraffic`, {
      severity: AlarmSeverity.WARNING,
      description: `No request to variant ${name} for ${bounds.noTrafficFor.toMinutes()} minutes. Ask whoever calls this service.`,
      metric: requestsIn(bounds.noTrafficFor, variant),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

function requestsIn(period: Duration, { metrics, beside }: WatchedVariant): cloudwatch.IMetric {
  const requests = metrics.ofVariant('Invocations', cloudwatch.Stats.SUM, { period });
  return beside === undefined
    ? requests
    : new cloudwatch.MathExpression({
        expression: 'FILL(one, 0) + FILL(other, 0)',
        usingMetrics: { one: requests, other: beside.ofVariant('Invocations', cloudwatch.Stats.SUM, { period }) },
        period,
        label: 'requests',
      });
}

/** The slowest hundredth may take the whole bound, the slowest tenth three quarters, a typical request half of it. */
function latencyAlarms(
  alarms: InferenceAlarms,
  { name, prefix, metrics }: WatchedVariant,
  { maxLatency, minSamples }: EndpointThresholds,
  invocations: cloudwatch.IMetric,
): void {
  const bounds = [
    { statistic: 'p99', share: 1, who: 'One request in a hundred', severity: AlarmSeverity.CRITICAL },
    { statistic: 'p90', share: 0.75, who: 'One request in ten', severity: AlarmSeverity.WARNING },
    { statistic: 'p50', share: 0.5, who: 'Every other request', severity: AlarmSeverity.WARNING },
  ];
  for (const { statistic, share, who, severity } of bounds) {
    alarms.add(`${prefix}Latency${statistic.toUpperCase()}`, {
      severity,
      description: `${who} to variant ${name} takes longer than ${maxLatency.toMilliseconds() * share} ms inside the container. Look whether the instances are full, then at what the requests ask for.`,
      metric: guardedStatistic(
        metrics.ofVariant('ModelLatency', statistic),
        invocations,
        minSamples,
        `${statistic} of the time inside the container, us`,
      ),
      threshold: inMicroseconds(maxLatency) * share,
    });
  }
}

/** SageMaker sums the utilisation over processors and over GPUs: with four GPUs it goes up to 400. */
function utilizationAlarms(
  alarms: InferenceAlarms,
  { name, prefix, metrics, instance }: WatchedVariant,
  maxPercent: number,
): void {
  const full = (metricName: string, id: string, threshold: number, what: string, fix: string): void => {
    alarms.add(`${prefix}${id}`, {
      severity: AlarmSeverity.WARNING,
      description: `${what} of variant ${name} ${what.endsWith('s') ? 'are' : 'is'} nearly full. ${fix}`,
      metric: metrics.ofInstances(metricName, cloudwatch.Stats.AVERAGE),
      threshold,
      evaluationPeriods: 10,
      datapointsToAlarm: 10,
    });
  };
  const more = 'Raise the number of instances, or lower the target of the scaling.';
  full('MemoryUtilization', 'Memory', maxPercent, 'The memory', 'Use a larger instance type.');
  full(
    'DiskUtilization',
    'Disk',
    MAX_DISK_PERCENT,
    'The disk',
    'Above 75 % data capture stops. Give it a larger volume.',
  );
  if (instance === undefined) {
    return; // Nobody knows of how many processors the sums are.
  }
  full('CPUUtilization', 'Cpu', maxPercent * instance.vcpus, 'The processors', more);
  if (instance.gpuMemory !== undefined) {
    const gpus = instance.acceleratorCount;
    full('GPUUtilization', 'Gpu', maxPercent * gpus, 'The GPUs', more);
    full('GPUMemoryUtilization', 'GpuMemory', MAX_GPU_MEMORY_PERCENT * gpus, "The GPUs' memory", 'Use larger GPUs.');
  }
}

/**
 * SageMaker publishes no number of instances, but each request counts as one, and as one n-th per instance: the quotient is n.
 */
function atMaximum(
  alarms: InferenceAlarms,
  { name, prefix, metrics }: WatchedVariant,
  max: number,
  invocations: cloudwatch.IMetric,
): void {
  alarms.add(`${prefix}AtMaximum`, {
    severity: AlarmSeverity.WARNING,
    description: `Variant ${name} has been at its maximum of ${max} instances for 15 minutes: more traffic makes it slow. Raise 'max', and the account's quota with it.`,
    metric: new cloudwatch.MathExpression({
      expression: 'IF(perInstance > 0, requests / perInstance, 0)',
      usingMetrics: {
        requests: invocations,
        perInstance: metrics.ofVariant('InvocationsPerInstance', cloudwatch.Stats.SUM),
      },
      period: ALARM_PERIOD,
      label: 'instances',
    }),
    // Rounding and a change of the number within a minute must not hide it.
    threshold: max - 0.5,
    evaluationPeriods: 15,
    datapointsToAlarm: 12,
  });
}

/** How many alarms roll back the new fleet of one variant. */
export const NEW_FLEET_ALARMS = 2;

/** The alarms that roll a new fleet back. They watch that fleet alone, so an endpoint that is red can be mended. */
export function newFleetAlarms(
  scope: Construct,
  { name, metrics }: WatchedVariant,
  endpointConfigName: string,
  bounds: EndpointThresholds,
): cloudwatch.Alarm[] {
  const { SUM } = cloudwatch.Stats;
  const { minSamples, maxLatency } = bounds;
  const runbook = bounds.runbookUrl === undefined ? '' : ` Runbook: ${bounds.runbookUrl}`;
  const enough = `at least ${Tokenization.stringifyNumber(minSamples)} requests per minute`;
  const invocations = metrics.ofFleet(endpointConfigName, 'Invocations', SUM);
  const oneMinute = {
    // One bad minute is enough to act; the two before are judged again, since metrics may be late.
    evaluationPeriods: 3,
    datapointsToAlarm: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
  };
  return [
    new cloudwatch.Alarm(scope, 'NewFleetErrors', {
      ...oneMinute,
      alarmDescription: `Rolls back: more than ${percent(bounds.maxErrorRatio)} of ${enough} fail on the new instances of variant ${name}.${runbook}`,
      metric: guardedRatio(
        metrics.ofFleet(endpointConfigName, 'Invocation5XXErrors', SUM),
        invocations,
        minSamples,
        'share of failed requests',
      ),
      threshold: bounds.maxErrorRatio,
    }),
    new cloudwatch.Alarm(scope, 'NewFleetLatency', {
      ...oneMinute,
      alarmDescription: `Rolls back: one in a hundred of ${enough} takes longer than ${maxLatency.toMilliseconds()} ms on the new instances of variant ${name}.${runbook}`,
      metric: guardedStatistic(
        metrics.ofFleet(endpointConfigName, 'ModelLatency', 'p99'),
        invocations,
        minSamples,
        'p99 of the time inside the container, us',
      ),
      threshold: inMicroseconds(maxLatency),
    }),
  ];
}

/** SageMaker publishes times in microseconds. */
function inMicroseconds(duration: Duration): number {
  return duration.toMilliseconds() * 1000;
}

function percent(ratio: number): string {
  return Token.isUnresolved(ratio) ? 'the allowed share' : `${Number((ratio * 100).toFixed(2))} %`;
}
