import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { isAsync, variantNames, variantsOf } from './endpoints';
import { perResource, type Rule } from './rule';
import { SCALABLE_TARGET, scaledVariant } from './scaled-variant';

const TARGET = 'https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html';
const POLICY = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html';
const UPDATE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html';
const ASYNC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html';
const TARGETS = [SCALABLE_TARGET];
const POLICIES = ['AWS::ApplicationAutoScaling::ScalingPolicy'];
const INSTANCES = 'sagemaker:variant:DesiredInstanceCount';

/** Metrics that Application Auto Scaling knows by name, by the dimension that they scale. */
const PREDEFINED: Readonly<Record<string, readonly string[]>> = {
  [INSTANCES]: ['SageMakerVariantInvocationsPerInstance', 'SageMakerVariantConcurrentRequestsPerModelHighResolution'],
  'sagemaker:inference-component:DesiredCopyCount': [
    'SageMakerInferenceComponentInvocationsPerCopy',
    'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
  ],
  'sagemaker:variant:DesiredProvisionedConcurrency': ['SageMakerVariantProvisionedConcurrencyUtilization'],
  'lambda:function:ProvisionedConcurrency': ['LambdaProvisionedConcurrencyUtilization'],
};

function targetOf(policy: ResolvedResource, template: ResolvedTemplate): ResolvedResource | undefined {
  return template.referred(at(policy.properties, 'ScalingTargetId'), ...TARGETS);
}

const tracking = ({ properties }: ResolvedResource): Resolved =>
  at(properties, 'TargetTrackingScalingPolicyConfiguration');

/** How a number follows its traffic. */
export const SCALING_RULES: readonly Rule[] = [
  perResource(
    TARGETS,
    {
      id: 'scaling-min-over-max',
      severity: 'error',
      title: 'The least of a scaled number is not above the most',
      fix: 'raise MaxCapacity, or lower MinCapacity',
      see: TARGET,
    },
    ({ properties }) => {
      const min = numberAt(properties, 'MinCapacity');
      const max = numberAt(properties, 'MaxCapacity');
      return min !== undefined && max !== undefined && min > max
        ? `MinCapacity is ${min}, MaxCapacity is ${max}`
        : undefined;
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'scaling-realtime-zero',
      severity: 'error',
      title: 'A variant of a real-time endpoint has at least one instance',
      fix: 'set MinCapacity to 1; asynchronous endpoints and inference components can be scaled to zero',
      see: POLICY,
    },
    (target, template) => {
      const { config } = scaledVariant(target, template);
      return config !== undefined && !isAsync(config) && numberAt(target.properties, 'MinCapacity') === 0
        ? 'MinCapacity is 0, and the endpoint is not asynchronous'
        : undefined;
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'scaling-unknown-variant',
      severity: 'error',
      title: 'A scaled variant is one that the endpoint has',
      fix: 'use the VariantName of the endpoint configuration',
      see: TARGET,
    },
    (target, template) => {
      const { config, variant } = scaledVariant(target, template);
      const names = variantNames(config);
      return variant !== undefined && names?.includes(variant) === false
        ? `the endpoint has no variant '${variant}', but ${names.map((name) => `'${name}'`).join(', ')}`
        : undefined;
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'scaling-burstable',
      severity: 'error',
      title: 'Instances that live on credits are not scaled',
      fix: 'use another family, such as ml.m5',
      see: POLICY,
    },
    (target, template) => {
      const { config, variant } = scaledVariant(target, template);
      const type = variantsOf(config)
        .filter((each) => textAt(each, 'VariantName') === variant)
        .map((each) => textAt(each, 'InstanceType'))
        .find((name) => name?.startsWith('ml.t2.') === true || name?.startsWith('ml.t3.') === true);
      return type === undefined ? undefined : `the variant '${variant}' runs on ${type}`;
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'scaling-without-policy',
      severity: 'warning',
      title: 'Something moves a number that can be scaled',
      fix: 'give it a policy or a schedule',
      see: TARGET,
    },
    (target, template) => {
      const moved = template
        .ofType(...POLICIES)
        .some(
          (policy) =>
            targetOf(policy, template) === target ||
            (isMissing(policy.properties, 'ScalingTargetId') && has(policy.properties, 'ResourceId')),
        );
      return moved || !isMissing(target.properties, 'ScheduledActions')
        ? undefined
        : 'no policy and no schedule moves it';
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'scaling-not-retained',
      severity: 'warning',
      title: 'A deployment keeps the number of instances that scaling has reached',
      fix: 'set RetainAllVariantProperties on the endpoint, with DesiredWeight in ExcludeRetainedVariantProperties',
      see: UPDATE,
    },
    (target, template) => {
      const { endpoint } = scaledVariant(target, template);
      return endpoint !== undefined &&
        textAt(target.properties, 'ScalableDimension') === INSTANCES &&
        (isMissing(endpoint.properties, 'RetainAllVariantProperties') ||
          at(endpoint.properties, 'RetainAllVariantProperties') === false)
        ? 'each deployment sets the number back to InitialInstanceCount'
        : undefined;
    },
  ),
  perResource(
    POLICIES,
    {
      id: 'scaling-metric-of-other-target',
      severity: 'error',
      title: 'A policy uses a metric of what it scales',
      fix: 'use one of the predefined metrics of that target',
      see: POLICY,
    },
    (policy, template) => {
      const metric = textAt(tracking(policy), 'PredefinedMetricSpecification', 'PredefinedMetricType');
      const dimension =
        textAt(targetOf(policy, template)?.properties, 'ScalableDimension') ??
        textAt(policy.properties, 'ScalableDimension');
      const known = dimension === undefined ? undefined : PREDEFINED[dimension];
      return metric !== undefined && known !== undefined && !known.includes(metric)
        ? `${metric} is not a metric of ${dimension}, but ${known.join(' or ')}`
        : undefined;
    },
  ),
  perResource(
    POLICIES,
    {
      id: 'scaling-realtime-metric-of-async',
      severity: 'error',
      title: 'An asynchronous endpoint is scaled by its backlog',
      fix: 'track ApproximateBacklogSizePerInstance with the dimension EndpointName',
      see: ASYNC,
    },
    (policy, template) => {
      const target = targetOf(policy, template);
      const config = target === undefined ? undefined : scaledVariant(target, template).config;
      return config !== undefined &&
        isAsync(config) &&
        textAt(tracking(policy), 'PredefinedMetricSpecification', 'PredefinedMetricType') ===
          'SageMakerVariantInvocationsPerInstance'
        ? 'asynchronous endpoints publish no InvocationsPerInstance, so nothing ever scales'
        : undefined;
    },
  ),
  perResource(
    POLICIES,
    {
      id: 'scaling-async-metric-of-realtime',
      severity: 'error',
      title: 'A real-time endpoint has no backlog to scale by',
      fix: 'track invocations per instance or concurrent requests',
      see: POLICY,
    },
    (policy, template) => {
      const target = targetOf(policy, template);
      const config = target === undefined ? undefined : scaledVariant(target, template).config;
      const metric = textAt(tracking(policy), 'CustomizedMetricSpecification', 'MetricName');
      return config !== undefined && !isAsync(config) && metric?.includes('Backlog') === true
        ? `${metric} is published by asynchronous endpoints alone, so nothing ever scales`
        : undefined;
    },
  ),
];
