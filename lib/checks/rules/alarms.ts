import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { has, numberAt, textAt } from '../template/resolved-value';
import { endpointConfigOf, isAsync, variantNames } from './endpoints';
import { knowsNamespace, publishedMetric } from './published-metrics';
import { ASYNC_ONLY, NEVER_ASYNC } from './published-sagemaker-metrics';
import { perResource, type Rule } from './rule';
import { ALARM, endpointOf, perMetric, type Watched, watchedBy } from './watched-metric';

const ALARMS = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html';
const MISSING = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html';
const PUT = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html';
const SAGEMAKER = 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html';
const ASYNC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html';
const DURATION = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html';

/** Largest value of a simple alarm's metric, where there is one. */
function largest(
  metric: Watched,
  template: ResolvedTemplate,
): { readonly value: number; readonly why: string } | undefined {
  if (metric.namespace === 'AWS/Lambda' && metric.name === 'Duration') {
    const fn = template.referred(metric.dimensions?.get('FunctionName'), 'AWS::Lambda::Function');
    const timeout =
      fn === undefined ? undefined : has(fn.properties, 'Timeout') ? numberAt(fn.properties, 'Timeout') : 3;
    return timeout === undefined
      ? undefined
      : { value: timeout * 1000, why: `the function gives up after ${timeout} s` };
  }
  if (metric.namespace === 'AWS/SageMaker' && metric.name === 'ModelLatency') {
    const config = endpointConfigOf(endpointOf(metric, template));
    return config === undefined || isAsync(config)
      ? undefined
      : {
          value: 480_000_000,
          why: 'SageMaker gives up after 60 s, and after 8 minutes of a stream; the unit is microseconds',
        };
  }
  if (metric.namespace === 'AWS/Lambda' && metric.name === 'ProvisionedConcurrencyUtilization') {
    return { value: 1, why: 'it is a share from 0 to 1' };
  }
  return ['MemoryUtilization', 'DiskUtilization'].includes(metric.name) &&
    metric.namespace === '/aws/sagemaker/Endpoints'
    ? { value: 100, why: 'it is a percentage' }
    : undefined;
}

const isMath = ({ properties }: ResolvedResource): boolean => has(properties, 'Metrics');
const EXCEEDS = /^GreaterThan/;

/** Alarms that never fire, fire always, or whose silence says nothing. */
export const ALARM_RULES: readonly Rule[] = [
  perMetric(
    {
      id: 'alarm-metric-unknown',
      severity: 'error',
      title: 'An alarm watches a metric that its service publishes',
      fix: 'use the name of the service’s documentation; capitals count',
      see: ALARMS,
    },
    ({ namespace, name }) =>
      knowsNamespace(namespace) && publishedMetric(namespace, name) === undefined
        ? `${namespace} publishes no metric '${name}', so the alarm never sees data`
        : undefined,
  ),
  perMetric(
    {
      id: 'alarm-without-dimensions',
      severity: 'error',
      title: 'An alarm names what it watches',
      fix: 'give the dimensions under which the service publishes the metric',
      see: ALARMS,
    },
    (metric) => {
      const published = publishedMetric(metric.namespace, metric.name);
      return published !== undefined &&
        metric.dimensions?.size === 0 &&
        !published.dimensionSets.some((set) => set.length === 0)
        ? `${metric.namespace} publishes '${metric.name}' only by ${published.dimensionSets[0].join(' and ')}, and the alarm has no dimensions: it never sees data`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-dimensions',
      severity: 'error',
      title: 'An alarm has exactly the dimensions under which its metric is published',
      fix: 'use one of the sets of dimensions of the service’s documentation, no more and no fewer',
      see: ALARMS,
    },
    (metric) => {
      const published = publishedMetric(metric.namespace, metric.name);
      if (published === undefined || metric.dimensions === undefined || metric.dimensions.size === 0) {
        return undefined;
      }
      const given = [...metric.dimensions.keys()].sort().join(', ');
      return published.dimensionSets.some((set) => [...set].sort().join(', ') === given)
        ? undefined
        : `${metric.namespace} does not publish '${metric.name}' by (${given}), but by (${published.dimensionSets.map((set) => set.join(', ')).join('), (')})`;
    },
  ),
  perMetric(
    {
      id: 'alarm-statistic',
      severity: 'error',
      title: 'An alarm uses a statistic that exists of its metric',
      fix: 'use a statistic that the service lists',
      see: SAGEMAKER,
    },
    (metric) => {
      const statistics = publishedMetric(metric.namespace, metric.name)?.statistics;
      return statistics === undefined || metric.statistic === undefined || statistics.test(metric.statistic)
        ? undefined
        : `there is no ${metric.statistic} of '${metric.name}'`;
    },
  ),
  perMetric(
    {
      id: 'alarm-async-metric',
      severity: 'error',
      title: 'A real-time endpoint publishes no backlog',
      fix: 'watch Invocations, ModelLatency or ConcurrentRequestsPerModel',
      see: ASYNC,
    },
    (metric, _, template) => {
      const config = endpointConfigOf(endpointOf(metric, template));
      return config !== undefined &&
        metric.namespace === 'AWS/SageMaker' &&
        ASYNC_ONLY.has(metric.name) &&
        !isAsync(config)
        ? `'${metric.name}' is published by asynchronous endpoints alone, and this one is not`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-realtime-metric',
      severity: 'error',
      title: 'An asynchronous endpoint publishes no invocations',
      fix: 'watch ApproximateBacklogSize, ApproximateAgeOfOldestRequest or InvocationFailures',
      see: ASYNC,
    },
    (metric, _, template) => {
      const config = endpointConfigOf(endpointOf(metric, template));
      return config !== undefined &&
        metric.namespace === 'AWS/SageMaker' &&
        NEVER_ASYNC.has(metric.name) &&
        isAsync(config)
        ? `'${metric.name}' is not published by asynchronous endpoints`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-unknown-variant',
      severity: 'error',
      title: 'An alarm names a variant that the endpoint has',
      fix: 'use the VariantName of the endpoint configuration; AllTraffic is a name and no wildcard',
      see: SAGEMAKER,
    },
    (metric, _, template) => {
      const variant = metric.dimensions?.get('VariantName');
      const names = variantNames(endpointConfigOf(endpointOf(metric, template)));
      return typeof variant === 'string' && names?.includes(variant) === false
        ? `the endpoint has no variant '${variant}', but ${names.map((name) => `'${name}'`).join(', ')}`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-microseconds',
      severity: 'warning',
      title: 'SageMaker publishes latencies in microseconds',
      fix: 'give the threshold in microseconds: 200 ms are 200000',
      see: SAGEMAKER,
    },
    ({ namespace, name }, alarm) => {
      const threshold = numberAt(alarm.properties, 'Threshold');
      return namespace === 'AWS/SageMaker' &&
        /^(ModelLatency|OverheadLatency|FirstChunk\w*Latency|ModelSetupTime)$/.test(name) &&
        !isMath(alarm) &&
        threshold !== undefined &&
        threshold > 0 &&
        threshold < 1000
        ? `'${name}' is in microseconds, so the threshold of ${threshold} is less than a millisecond`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-threshold-unreachable',
      severity: 'error',
      title: 'The metric of an alarm can exceed its threshold',
      fix: 'lower the threshold',
      see: DURATION,
    },
    (metric, alarm, template) => {
      const threshold = numberAt(alarm.properties, 'Threshold');
      const bound =
        isMath(alarm) || !EXCEEDS.test(textAt(alarm.properties, 'ComparisonOperator') ?? '')
          ? undefined
          : largest(metric, template);
      const inclusive = textAt(alarm.properties, 'ComparisonOperator') === 'GreaterThanOrEqualToThreshold';
      return bound !== undefined &&
        threshold !== undefined &&
        metric.statistic !== 'Sum' &&
        metric.statistic !== 'SampleCount' &&
        (inclusive ? threshold > bound.value : threshold >= bound.value)
        ? `'${metric.name}' never exceeds ${threshold}: ${bound.why}`
        : undefined;
    },
  ),
  perResource(
    ALARM,
    {
      id: 'alarm-missing-data',
      severity: 'warning',
      title: 'An alarm says what missing data means',
      fix: 'set TreatMissingData: notBreaching for errors, breaching for a heartbeat',
      see: MISSING,
    },
    ({ properties }) =>
      has(properties, 'TreatMissingData')
        ? undefined
        : 'TreatMissingData is not set: without data the alarm is neither red nor green',
  ),
  perResource(
    ALARM,
    {
      id: 'alarm-datapoints',
      severity: 'error',
      title: 'An alarm wants no more bad periods than it looks at',
      fix: 'lower DatapointsToAlarm, or raise EvaluationPeriods',
      see: PUT,
    },
    ({ properties }) => {
      const wanted = numberAt(properties, 'DatapointsToAlarm');
      const looked = numberAt(properties, 'EvaluationPeriods');
      return wanted !== undefined && looked !== undefined && wanted > looked
        ? `DatapointsToAlarm is ${wanted}, EvaluationPeriods is ${looked}`
        : undefined;
    },
  ),
  perResource(
    ALARM,
    {
      id: 'alarm-period',
      severity: 'error',
      title: 'The period of an alarm is 10, 20, 30 or a multiple of 60 seconds',
      fix: 'set Period to 60 or a multiple of it',
      see: PUT,
    },
    (alarm) => {
      const bad = watchedBy(alarm)
        .map(({ period }) => period)
        .find((period) => period !== undefined && ![10, 20, 30].includes(period) && (period % 60 !== 0 || period <= 0));
      return bad === undefined ? undefined : `the period is ${bad} seconds`;
    },
  ),
  perResource(
    ALARM,
    {
      id: 'alarm-window',
      severity: 'error',
      title: 'An alarm looks back a day at most, or a week with periods of an hour and more',
      fix: 'look at fewer periods',
      see: PUT,
    },
    (alarm) => {
      const periods = watchedBy(alarm).flatMap(({ period }) => (period === undefined ? [] : [period]));
      const count = numberAt(alarm.properties, 'EvaluationPeriods');
      const longest = Math.max(0, ...periods);
      const limit = longest >= 3600 ? 7 * 86_400 : 86_400;
      return count !== undefined && longest * count > limit
        ? `${count} periods of ${longest} seconds are ${count * longest} seconds, allowed are ${limit}`
        : undefined;
    },
  ),
  perResource(
    ALARM,
    {
      id: 'alarm-no-effect',
      severity: 'warning',
      title: 'An alarm tells somebody, or something',
      fix: 'give it an action, or name it in a composite alarm or a rollback',
      see: ALARMS,
    },
    (alarm, template) =>
      ['AlarmActions', 'OKActions', 'InsufficientDataActions'].some((actions) => has(alarm.properties, actions)) ||
      template.isMentioned(alarm)
        ? undefined
        : 'the alarm has no action, and nothing in the template looks at it',
  ),
];
