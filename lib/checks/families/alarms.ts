import type { ResolvedResource, ResolvedTemplate } from '../resolved-template';
import { at, Composed, has, listAt, numberAt, Reference, referenceIn, type Resolved, textAt } from '../resolved-value';
import type { Found, Rule } from '../rule';
import { ASYNC_ONLY, NEVER_ASYNC, PUBLISHED } from './published-metrics';

const ALARMS = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html';
const MISSING = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html';
const PUT = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html';
const SAGEMAKER = 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html';
const ASYNC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html';
const DURATION = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html';

/** A metric that an alarm watches. */
interface Watched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: ReadonlyMap<string, Resolved>;
  readonly statistic?: string;
  readonly period?: number;
}

/** The metrics of an alarm; one whose namespace or name is not known is left out. */
function watchedBy({ properties }: ResolvedResource): Watched[] {
  const simple = has(properties, 'MetricName')
    ? [watched(properties, textAt(properties, 'Statistic') ?? textAt(properties, 'ExtendedStatistic'), properties)]
    : [];
  const queries = listAt(properties, 'Metrics')
    .filter((query) => has(query, 'MetricStat'))
    .map((query) => {
      const stat = at(query, 'MetricStat');
      return watched(at(stat, 'Metric'), textAt(stat, 'Stat'), stat);
    });
  return [...simple, ...queries].filter((metric) => metric !== undefined);
}

function watched(metric: Resolved, statistic: string | undefined, holder: Resolved): Watched | undefined {
  const namespace = textAt(metric, 'Namespace');
  const name = textAt(metric, 'MetricName');
  if (namespace === undefined || name === undefined) {
    return undefined;
  }
  const dimensions = new Map(
    listAt(metric, 'Dimensions').map(
      (dimension) => [textAt(dimension, 'Name') ?? '?', at(dimension, 'Value')] as const,
    ),
  );
  return { namespace, name, dimensions, statistic, period: numberAt(holder, 'Period') };
}

const setOf = ({ dimensions }: Watched): string => [...dimensions.keys()].sort().join(', ');

/** A rule over each metric of each alarm. */
function perMetric(
  definition: Omit<Rule, 'check'>,
  faultOf: (metric: Watched, alarm: ResolvedResource, template: ResolvedTemplate) => string | undefined,
): Rule {
  return {
    ...definition,
    *check(template): Iterable<Found> {
      for (const alarm of template.ofType('AWS::CloudWatch::Alarm')) {
        for (const metric of watchedBy(alarm)) {
          const message = faultOf(metric, alarm, template);
          if (message !== undefined) {
            yield { resource: alarm.logicalId, message };
          }
        }
      }
    },
  };
}

/** A rule over each alarm. */
function perAlarm(
  definition: Omit<Rule, 'check'>,
  faultOf: (alarm: ResolvedResource, template: ResolvedTemplate) => string | undefined,
): Rule {
  return {
    ...definition,
    *check(template): Iterable<Found> {
      for (const alarm of template.ofType('AWS::CloudWatch::Alarm')) {
        const message = faultOf(alarm, template);
        if (message !== undefined) {
          yield { resource: alarm.logicalId, message };
        }
      }
    },
  };
}

/** The endpoint of a metric, and its configuration, where both are in the template. */
function endpointOf(metric: Watched, template: ResolvedTemplate): ResolvedResource | undefined {
  const value = metric.dimensions.get('EndpointName');
  const byReference = template.referred(value ?? undefined, 'AWS::SageMaker::Endpoint');
  return (
    byReference ??
    template
      .ofType('AWS::SageMaker::Endpoint')
      .find(({ properties }) => typeof value === 'string' && textAt(properties, 'EndpointName') === value)
  );
}

function configOf(metric: Watched, template: ResolvedTemplate): ResolvedResource | undefined {
  return template.referred(
    at(endpointOf(metric, template)?.properties, 'EndpointConfigName'),
    'AWS::SageMaker::EndpointConfig',
  );
}

/** Largest value of a simple alarm's metric, where there is one. */
function largest(
  metric: Watched,
  template: ResolvedTemplate,
): { readonly value: number; readonly why: string } | undefined {
  if (metric.namespace === 'AWS/Lambda' && metric.name === 'Duration') {
    const fn = template.referred(metric.dimensions.get('FunctionName'), 'AWS::Lambda::Function');
    const timeout =
      fn === undefined ? undefined : has(fn.properties, 'Timeout') ? numberAt(fn.properties, 'Timeout') : 3;
    return timeout === undefined
      ? undefined
      : { value: timeout * 1000, why: `the function gives up after ${timeout} s` };
  }
  if (metric.namespace === 'AWS/SageMaker' && metric.name === 'ModelLatency') {
    return configOf(metric, template) === undefined ||
      has(configOf(metric, template)!.properties, 'AsyncInferenceConfig')
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
      namespace in PUBLISHED && !(name in PUBLISHED[namespace])
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
      const published = PUBLISHED[metric.namespace]?.[metric.name];
      return published !== undefined &&
        metric.dimensions.size === 0 &&
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
      const published = PUBLISHED[metric.namespace]?.[metric.name];
      if (published === undefined || metric.dimensions.size === 0 || metric.dimensions.has('?')) {
        return undefined;
      }
      const known = published.dimensionSets.some((set) => [...set].sort().join(', ') === setOf(metric));
      return known
        ? undefined
        : `${metric.namespace} does not publish '${metric.name}' by (${setOf(metric)}), but by (${published.dimensionSets.map((set) => set.join(', ')).join('), (')})`;
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
      const statistics = PUBLISHED[metric.namespace]?.[metric.name]?.statistics;
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
      const config = configOf(metric, template);
      return config !== undefined &&
        metric.namespace === 'AWS/SageMaker' &&
        ASYNC_ONLY.has(metric.name) &&
        !has(config.properties, 'AsyncInferenceConfig')
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
      const config = configOf(metric, template);
      return config !== undefined &&
        metric.namespace === 'AWS/SageMaker' &&
        NEVER_ASYNC.has(metric.name) &&
        has(config.properties, 'AsyncInferenceConfig')
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
      const variant = metric.dimensions.get('VariantName');
      const names = listAt(configOf(metric, template)?.properties, 'ProductionVariants').map((each) =>
        textAt(each, 'VariantName'),
      );
      return typeof variant === 'string' && names.length > 0 && !names.includes(undefined) && !names.includes(variant)
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
  perAlarm(
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
  perAlarm(
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
  perAlarm(
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
  perAlarm(
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
  perAlarm(
    {
      id: 'alarm-no-effect',
      severity: 'warning',
      title: 'An alarm tells somebody, or something',
      fix: 'give it an action, or name it in a composite alarm or a rollback',
      see: ALARMS,
    },
    (alarm, template) =>
      ['AlarmActions', 'OKActions', 'InsufficientDataActions'].some((actions) => has(alarm.properties, actions)) ||
      template.resources.some((other) => other !== alarm && mentions(other.properties, alarm.logicalId))
        ? undefined
        : 'the alarm has no action, and nothing in the template looks at it',
  ),
];

/** Whether a value refers to a resource anywhere in it. */
function mentions(value: Resolved, logicalId: string): boolean {
  if (value instanceof Reference || value instanceof Composed) {
    return value instanceof Composed
      ? value.parts.some((part) => part instanceof Reference && part.logicalId === logicalId)
      : referenceIn(value)?.logicalId === logicalId;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.values(value as object).some((inner) => mentions(inner as Resolved, logicalId));
  }
  return false;
}
