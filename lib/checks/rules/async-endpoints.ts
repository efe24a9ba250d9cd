import type { ResolvedResource } from '../template/resolved-template';
import { at, isMissing, isObject, listAt, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { isAsync, variantsOf } from './endpoints';
import { perResource, type Rule, type RuleDefinition } from './rule';
import { SCALABLE_TARGET, scaledVariant } from './scaled-variant';

const OUTPUT = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AsyncInferenceOutputConfig.html';
const AUTOSCALE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html';
const MONITOR = 'https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html';
const SHADOW = 'https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html';
const VARIANTS = 'https://github.com/aws/aws-cdk-rfcs/blob/main/text/0431-sagemaker-l2-endpoint.md';
const CONFIG = 'AWS::SageMaker::EndpointConfig';
const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';
const WAKES = 'HasBacklogWithoutCapacity';

const output = ({ properties }: ResolvedResource): Resolved => at(properties, 'AsyncInferenceConfig', 'OutputConfig');

/** A rule over each configuration that is asynchronous for certain. */
function rule(definition: RuleDefinition, faultOf: (config: ResolvedResource) => string | undefined): Rule {
  return perResource([CONFIG], definition, (config) =>
    isObject(at(config.properties, 'AsyncInferenceConfig')) ? faultOf(config) : undefined,
  );
}

/** The policies of a scaled number, or undefined where it is not known of one of them whose it is. */
function policiesOf(target: ResolvedResource): readonly ResolvedResource[] | undefined {
  const policies = target.template.everywhere(POLICY);
  const whose = (policy: ResolvedResource): ResolvedResource | undefined =>
    policy.template.referred(at(policy.properties, 'ScalingTargetId'), SCALABLE_TARGET);
  return policies.some((policy) => whose(policy) === undefined)
    ? undefined
    : policies.filter((policy) => whose(policy) === target);
}

/** Endpoints that take their requests from S3 and put the answers there. */
export const ASYNC_ENDPOINT_RULES: readonly Rule[] = [
  rule(
    {
      id: 'async-variants',
      severity: 'error',
      title: 'An asynchronous endpoint has one variant',
      fix: 'keep one of ProductionVariants, and serve the others from an endpoint of their own',
      see: VARIANTS,
    },
    (config) => {
      const variants = variantsOf(config);
      return variants.length > 1 ? `AsyncInferenceConfig is given for ${variants.length} variants` : undefined;
    },
  ),
  rule(
    {
      id: 'async-serverless',
      severity: 'error',
      title: 'An asynchronous endpoint runs on instances',
      fix: 'leave AsyncInferenceConfig out, or give InstanceType in place of ServerlessConfig',
      see: VARIANTS,
    },
    (config) =>
      variantsOf(config).some((variant) => isObject(at(variant, 'ServerlessConfig')))
        ? 'AsyncInferenceConfig is given for a serverless variant'
        : undefined,
  ),
  rule(
    {
      id: 'async-shadow',
      severity: 'error',
      title: 'An asynchronous endpoint has no shadow variant',
      fix: 'leave ShadowProductionVariants out, or AsyncInferenceConfig',
      see: SHADOW,
    },
    ({ properties }) =>
      listAt(properties, 'ShadowProductionVariants').length > 0
        ? 'ShadowProductionVariants is given together with AsyncInferenceConfig'
        : undefined,
  ),
  rule(
    {
      id: 'async-failures-vanish',
      severity: 'warning',
      title: 'Somebody is told of an asynchronous request that fails',
      fix: 'give NotificationConfig.ErrorTopic, or S3FailurePath and look there',
      see: OUTPUT,
    },
    (config) =>
      isMissing(output(config), 'S3FailurePath') && isMissing(output(config), 'NotificationConfig', 'ErrorTopic')
        ? 'OutputConfig has neither S3FailurePath nor NotificationConfig.ErrorTopic: whoever waits for a result waits for ever'
        : undefined,
  ),
  rule(
    {
      id: 'async-failures-among-results',
      severity: 'warning',
      title: 'Failures lie apart from results',
      fix: 'give S3FailurePath a prefix of its own, which does not begin with that of S3OutputPath',
      see: OUTPUT,
    },
    (config) => {
      const [results, failures] = ['S3OutputPath', 'S3FailurePath'].map((path) => prefix(at(output(config), path)));
      return results !== undefined && failures?.startsWith(results) === true
        ? 'S3FailurePath lies within S3OutputPath: whatever reads new results reads the failures, too'
        : undefined;
    },
  ),
  perResource(
    [SCALABLE_TARGET],
    {
      id: 'async-sleeps-on',
      severity: 'warning',
      title: 'An endpoint without instances wakes for the first request',
      fix: `add a policy with PolicyType StepScaling, and an alarm on ${WAKES} that calls it`,
      see: AUTOSCALE,
    },
    (target, template) => {
      const { config } = scaledVariant(target, template);
      const policies = policiesOf(target);
      if (config === undefined || !isAsync(config) || numberAt(target.properties, 'MinCapacity') !== 0) {
        return undefined;
      }
      return policies !== undefined &&
        policies.length > 0 &&
        policies.every(({ properties }) => textAt(properties, 'PolicyType') === 'TargetTrackingScaling')
        ? 'MinCapacity is 0, and only target tracking moves it: a request waits until the backlog is above TargetValue'
        : undefined;
    },
  ),
  perResource(
    [POLICY],
    {
      id: 'async-backlog-dimensions',
      severity: 'error',
      title: 'The backlog is counted for an endpoint, not for a variant',
      fix: 'give the dimension EndpointName alone',
      see: MONITOR,
    },
    ({ properties }) => {
      const metric = at(properties, 'TargetTrackingScalingPolicyConfiguration', 'CustomizedMetricSpecification');
      const names = listAt(metric, 'Dimensions').map((dimension) => textAt(dimension, 'Name'));
      return textAt(metric, 'Namespace') === 'AWS/SageMaker' &&
        textAt(metric, 'MetricName')?.startsWith('ApproximateBacklogSize') === true &&
        (isMissing(metric, 'Dimensions') || names.some((name) => name !== undefined && name !== 'EndpointName'))
        ? `${textAt(metric, 'MetricName')} is asked for with the dimensions ${names.join(', ') || 'of none'}, and has no data there`
        : undefined;
    },
  ),
  perResource(
    ['AWS::CloudWatch::Alarm'],
    {
      id: 'async-wake-threshold',
      severity: 'error',
      title: 'An alarm that wakes an endpoint can fire',
      fix: 'use GreaterThanOrEqualToThreshold with a Threshold of 1',
      see: AUTOSCALE,
    },
    ({ properties }) => {
      const threshold = numberAt(properties, 'Threshold');
      const operator = textAt(properties, 'ComparisonOperator');
      const outOfReach =
        threshold !== undefined &&
        ((operator === 'GreaterThanThreshold' && threshold >= 1) ||
          (operator === 'GreaterThanOrEqualToThreshold' && threshold > 1));
      return textAt(properties, 'MetricName') === WAKES &&
        ['Average', 'Minimum', 'Maximum'].includes(textAt(properties, 'Statistic') ?? '') &&
        outOfReach
        ? `${WAKES} is 0 or 1, never ${operator === 'GreaterThanThreshold' ? 'above' : 'at least'} ${threshold}`
        : undefined;
    },
  ),
];

/** Where objects are put, with a slash at the end, or undefined where only the deployment knows. */
function prefix(location: Resolved): string | undefined {
  return typeof location === 'string' ? `${location.replace(/\/+$/, '')}/` : undefined;
}
