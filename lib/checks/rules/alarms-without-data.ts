import type { Hardware } from '../bounds/hardware';
import { instanceCatalogue } from '../catalogue/instance-catalogue';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, isObject, listAt, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { endpointConfigOf, variantsOf } from './endpoints';
import { MAPPING_METRICS } from './published-metrics';
import type { Rule } from './rule';
import { endpointOf, perMetric, type Watched } from './watched-metric';

const REST = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html';
const SAGEMAKER = 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html';

/** Whether a setting is certainly off: absent, or false. */
const isOff = (value: Resolved, ...path: readonly string[]): boolean =>
  isMissing(value, ...path) || [false, 'false'].includes(at(value, ...path) as boolean | string);

/** The stage that a metric of an API names. */
function stageOf({ dimensions }: Watched, template: ResolvedTemplate): ResolvedResource | undefined {
  const [name, type] = [dimensions?.get('Stage'), 'AWS::ApiGateway::Stage'];
  const [httpType, apiId] = ['AWS::ApiGatewayV2::Stage', dimensions?.get('ApiId')];
  const referred = template.referred(name, type, httpType);
  if (referred !== undefined) {
    return referred;
  }
  const sameName = template
    .everywhere(type, httpType)
    .filter(({ properties }) => name !== undefined && textAt(properties, 'StageName') === name);
  return sameName.find((stage) =>
    stage.type === httpType
      ? template.referred(at(stage.properties, 'ApiId')) !== undefined &&
        template.referred(at(stage.properties, 'ApiId')) === template.referred(apiId)
      : apiNameOf(stage) !== undefined && apiNameOf(stage) === dimensions?.get('ApiName'),
  );
}

function apiNameOf(stage: ResolvedResource): string | undefined {
  const api = stage.template.referred(at(stage.properties, 'RestApiId'), 'AWS::ApiGateway::RestApi');
  return textAt(api?.properties, 'Name');
}

/** Whether a stage certainly publishes nothing by method. */
function withoutDetail({ type, properties }: ResolvedResource): boolean {
  if (type === 'AWS::ApiGatewayV2::Stage') {
    return (
      isOff(properties, 'DefaultRouteSettings', 'DetailedMetricsEnabled') && isMissing(properties, 'RouteSettings')
    );
  }
  const settings = listAt(properties, 'MethodSettings');
  return (
    (isMissing(properties, 'MethodSettings') || Array.isArray(at(properties, 'MethodSettings'))) &&
    settings.every((each) => isObject(each) && isOff(each, 'MetricsEnabled'))
  );
}

/** What would have to be switched on for a metric to exist, in the words of CloudFormation. */
function switchedOff(metric: Watched, template: ResolvedTemplate): string | undefined {
  const { namespace, name, dimensions } = metric;
  if (namespace === 'AWS/ApiGateway' && dimensions?.has('Method') === true) {
    const stage = stageOf(metric, template);
    return stage !== undefined && withoutDetail(stage)
      ? stage.type === 'AWS::ApiGateway::Stage'
        ? `MetricsEnabled in MethodSettings of '${stage.logicalId}'`
        : `DetailedMetricsEnabled in DefaultRouteSettings of '${stage.logicalId}'`
      : undefined;
  }
  if (namespace === 'AWS/Kinesis' && dimensions?.has('ShardId') === true) {
    const stream = template.referred(dimensions.get('StreamName'), 'AWS::Kinesis::Stream');
    const metrics = at(stream?.properties, 'DesiredShardLevelMetrics');
    const wanted = Array.isArray(metrics) ? (metrics as readonly Resolved[]) : [];
    return stream !== undefined &&
      (isMissing(stream.properties, 'DesiredShardLevelMetrics') || Array.isArray(metrics)) &&
      wanted.every((each) => typeof each === 'string' && each !== name && each !== 'ALL')
      ? `${name} in DesiredShardLevelMetrics of '${stream.logicalId}'`
      : undefined;
  }
  if (namespace === 'AWS/Lambda' && MAPPING_METRICS.includes(name)) {
    const mapping = template.referred(dimensions?.get('EventSourceMappingUUID'), 'AWS::Lambda::EventSourceMapping');
    return mapping !== undefined && isMissing(mapping.properties, 'MetricsConfig', 'Metrics')
      ? `EventCount in MetricsConfig.Metrics of '${mapping.logicalId}'`
      : undefined;
  }
  return undefined;
}

/** The instances of the variant that a metric is about, where the catalogue knows them. */
function hardwareOf(metric: Watched, template: ResolvedTemplate): Hardware | undefined {
  const variant = variantsOf(endpointConfigOf(endpointOf(metric, template))).find(
    (each) => textAt(each, 'VariantName') === metric.dimensions?.get('VariantName'),
  );
  return instanceCatalogue().get(textAt(variant, 'InstanceType') ?? '');
}

/** How far a sum of utilisations goes, and of what. */
function sumOf(
  metric: Watched,
  template: ResolvedTemplate,
): { readonly count: number; readonly what: string; readonly type: string } | undefined {
  const hardware = metric.namespace === '/aws/sagemaker/Endpoints' ? hardwareOf(metric, template) : undefined;
  if (hardware === undefined) {
    return undefined;
  }
  const [count, what] =
    metric.name === 'CPUUtilization'
      ? [hardware.vcpus, 'processors']
      : /^GPU(Memory)?Utilization$/.test(metric.name) && hardware.accelerator === 'GPU'
        ? [hardware.accelerators, 'GPUs']
        : [0, ''];
  return count === 0 ? undefined : { count, what, type: hardware.name };
}

/** A threshold that is exceeded upwards. */
function upperThreshold({ properties }: ResolvedResource): number | undefined {
  return !has(properties, 'Metrics') && textAt(properties, 'ComparisonOperator')?.startsWith('GreaterThan') === true
    ? numberAt(properties, 'Threshold')
    : undefined;
}

/** Alarms on what is not published as things are set, or on another scale than their author thinks. */
export const ALARM_DATA_RULES: readonly Rule[] = [
  perMetric(
    {
      id: 'alarm-metric-off',
      severity: 'error',
      title: 'A metric that has to be switched on is switched on',
      fix: 'switch it on, or watch the metric without that dimension',
      see: REST,
    },
    (metric, _, template) => {
      const missing = switchedOff(metric, template);
      return missing === undefined
        ? undefined
        : `${metric.namespace} publishes '${metric.name}' by (${[...metric.dimensions!.keys()].join(', ')}) only with ${missing}`;
    },
  ),
  perMetric(
    {
      id: 'alarm-gpu-of-processor',
      severity: 'error',
      title: 'Only instances with a GPU publish how much of it is used',
      fix: 'watch CPUUtilization, or use an instance type with a GPU',
      see: SAGEMAKER,
    },
    (metric, _, template) => {
      const hardware = hardwareOf(metric, template);
      return metric.namespace === '/aws/sagemaker/Endpoints' &&
        metric.name.startsWith('GPU') &&
        hardware !== undefined &&
        hardware.accelerator !== 'GPU'
        ? `${hardware.name} has no GPU, so '${metric.name}' never has data`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-utilization-scale',
      severity: 'warning',
      title: 'The utilisation of several processors or GPUs is compared with their sum',
      fix: 'multiply the threshold by the number of processors, or of GPUs',
      see: SAGEMAKER,
    },
    (metric, alarm, template) => {
      const sum = sumOf(metric, template);
      const threshold = upperThreshold(alarm);
      // Less than half of the sum: nobody means that who has 100 in mind.
      return sum !== undefined && threshold !== undefined && threshold <= 100 && threshold < 50 * sum.count
        ? `'${metric.name}' of ${sum.type} goes up to ${100 * sum.count}, the sum of its ${sum.count} ${sum.what}; ${threshold} is ${Number((threshold / sum.count).toFixed(1))} % of them`
        : undefined;
    },
  ),
  perMetric(
    {
      id: 'alarm-utilization-unreachable',
      severity: 'error',
      title: 'A threshold of utilisation is within what the instance has',
      fix: 'lower the threshold: each processor, or GPU, counts up to 100',
      see: SAGEMAKER,
    },
    (metric, alarm, template) => {
      const sum = sumOf(metric, template);
      const threshold = upperThreshold(alarm);
      return sum !== undefined &&
        threshold !== undefined &&
        metric.statistic !== 'Sum' &&
        metric.statistic !== 'SampleCount' &&
        threshold >= 100 * sum.count + (textAt(alarm.properties, 'ComparisonOperator')?.includes('OrEqual') ? 0.001 : 0)
        ? `'${metric.name}' of ${sum.type}, with ${sum.count} ${sum.what}, never exceeds ${threshold}`
        : undefined;
    },
  ),
];
