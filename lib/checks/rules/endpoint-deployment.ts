import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  has,
  isMissing,
  isObject,
  listAt,
  numberAt,
  Reference,
  type Resolved,
  textAt,
} from '../template/resolved-value';
import type { Found, Rule, RuleDefinition } from './rule';
import {
  type Deployment,
  batchSize,
  belowInstance,
  canarySize,
  deployments,
  isServerless,
  linearStep,
  nameOf,
  outside,
  shareOf,
  timeout,
  typeOf,
  waits,
} from './deployments';

const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html';
const EXCLUSIONS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html';
const TRAFFIC = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html';
const BLUE_GREEN = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html';
const ROLLING = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html';
const ROLLBACK = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html';

/** A rule over each endpoint that says how it is updated. */
function rule(
  definition: RuleDefinition,
  faultOf: (deployment: Deployment, template: ResolvedTemplate) => string | undefined,
): Rule {
  return {
    ...definition,
    *check(template): Iterable<Found> {
      for (const deployment of deployments(template)) {
        const message = faultOf(deployment, template);
        if (message !== undefined) {
          yield { resource: deployment.id, message };
        }
      }
    },
  };
}

function alarmOf(alarm: Resolved, template: ResolvedTemplate): ResolvedResource | undefined {
  return template.referred(at(alarm, 'AlarmName'), 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
}

/** How a SageMaker endpoint is updated. */
export const ENDPOINT_DEPLOYMENT_RULES: readonly Rule[] = [
  rule(
    {
      id: 'endpoint-two-policies',
      severity: 'error',
      title: 'An endpoint is updated blue/green or rolling, not both',
      fix: 'keep BlueGreenUpdatePolicy or RollingUpdatePolicy',
      see: GUARDRAILS,
    },
    ({ blueGreen, rolling }) =>
      isObject(blueGreen) && isObject(rolling)
        ? 'both BlueGreenUpdatePolicy and RollingUpdatePolicy are given'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-canary-without-size',
      severity: 'error',
      title: 'A canary has a size',
      fix: 'give CanarySize, at most half of the instances',
      see: TRAFFIC,
    },
    (deployment) =>
      typeOf(deployment) === 'CANARY' && !has(canarySize(deployment))
        ? 'traffic shifts by CANARY, and CanarySize is missing'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-canary-size',
      severity: 'error',
      title: 'A canary is at most half of the instances',
      fix: 'lower CanarySize to at most 50 %',
      see: GUARDRAILS,
    },
    (deployment) =>
      typeOf(deployment) === 'CANARY'
        ? outside(shareOf(canarySize(deployment), deployment.variants), 0, 50, 'CanarySize')
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-linear-without-size',
      severity: 'error',
      title: 'A linear shift has a step size',
      fix: 'give LinearStepSize, 10 to 50 %',
      see: TRAFFIC,
    },
    (deployment) =>
      typeOf(deployment) === 'LINEAR' && !has(linearStep(deployment))
        ? 'traffic shifts by LINEAR, and LinearStepSize is missing'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-linear-size',
      severity: 'error',
      title: 'A linear step is 10 to 50 % of the instances',
      fix: 'set LinearStepSize to 10 to 50 %',
      see: TRAFFIC,
    },
    (deployment) =>
      typeOf(deployment) === 'LINEAR'
        ? outside(shareOf(linearStep(deployment), deployment.variants), 10, 50, 'LinearStepSize')
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-rolling-size',
      severity: 'error',
      title: 'A batch of a rolling update is 5 to 50 % of the instances',
      fix: 'set MaximumBatchSize to 5 to 50 %',
      see: ROLLING,
    },
    (deployment) => outside(shareOf(batchSize(deployment), deployment.variants), 5, 50, 'MaximumBatchSize'),
  ),
  rule(
    {
      id: 'endpoint-step-below-instance',
      severity: 'error',
      title: 'A step of a rollout is at least one instance',
      fix: 'raise the share, or the number of instances',
      see: GUARDRAILS,
    },
    (deployment) =>
      belowInstance(canarySize(deployment), deployment.variants, 'CanarySize') ??
      belowInstance(linearStep(deployment), deployment.variants, 'LinearStepSize') ??
      belowInstance(batchSize(deployment), deployment.variants, 'MaximumBatchSize'),
  ),
  rule(
    {
      id: 'endpoint-rolling-variants',
      severity: 'error',
      title: 'Only an endpoint with one variant is updated rolling',
      fix: 'use a blue/green policy',
      see: EXCLUSIONS,
    },
    ({ rolling, variants }) =>
      isObject(rolling) && variants.length > 1
        ? `a rolling update of an endpoint with ${variants.length} variants`
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-serverless-shift',
      severity: 'error',
      title: 'A serverless variant has no instances by which traffic could shift',
      fix: 'shift all at once',
      see: EXCLUSIONS,
    },
    (deployment) =>
      deployment.variants.some(isServerless) &&
      (isObject(deployment.rolling) || ['CANARY', 'LINEAR'].includes(typeOf(deployment) ?? ''))
        ? 'a gradual rollout of a serverless variant'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-inf1-shift',
      severity: 'error',
      title: 'SageMaker ignores how an endpoint on Inf1 should be updated',
      fix: 'use instances of the family ml.inf2',
      see: EXCLUSIONS,
    },
    ({ variants }) => {
      const inf1 = variants.find((variant) => textAt(variant, 'InstanceType')?.startsWith('ml.inf1.') === true);
      return inf1 === undefined
        ? undefined
        : `${nameOf(inf1)} runs on ${textAt(inf1, 'InstanceType')}: all traffic shifts at once, and nothing is rolled back`;
    },
  ),
  rule(
    {
      id: 'endpoint-waits-beyond-timeout',
      severity: 'error',
      title: 'The waits of a rollout are over before SageMaker gives it up',
      fix: 'raise MaximumExecutionTimeoutInSeconds (600 to 28800), or wait less',
      see: BLUE_GREEN,
    },
    (deployment) => {
      const all = waits(deployment);
      const limit = timeout(deployment);
      return all !== undefined && limit !== undefined && all >= limit
        ? `the waits add up to ${all} seconds, and MaximumExecutionTimeoutInSeconds is ${limit}`
        : undefined;
    },
  ),
  rule(
    {
      id: 'endpoint-wait-range',
      severity: 'error',
      title: 'Waits of a rollout are at most an hour',
      fix: 'set the waits to 0 to 3600 seconds',
      see: BLUE_GREEN,
    },
    ({ routing, blueGreen, rolling }) => {
      const long = [
        [
          'WaitIntervalInSeconds',
          numberAt(routing, 'WaitIntervalInSeconds') ?? numberAt(rolling, 'WaitIntervalInSeconds'),
        ],
        ['TerminationWaitInSeconds', numberAt(blueGreen, 'TerminationWaitInSeconds')],
      ].find(([, seconds]) => seconds !== undefined && (Number(seconds) < 0 || Number(seconds) > 3600));
      return long === undefined ? undefined : `${long[0]} is ${long[1]} seconds, allowed is 0 to 3600`;
    },
  ),
  rule(
    {
      id: 'endpoint-timeout-range',
      severity: 'error',
      title: 'An update of an endpoint may take 10 minutes to 8 hours',
      fix: 'set MaximumExecutionTimeoutInSeconds to 600 to 28800',
      see: BLUE_GREEN,
    },
    (deployment) => {
      const limit = timeout(deployment);
      return limit !== undefined && (limit < 600 || limit > 28_800)
        ? `MaximumExecutionTimeoutInSeconds is ${limit}, allowed is 600 to 28800`
        : undefined;
    },
  ),
  rule(
    {
      id: 'endpoint-no-final-bake',
      severity: 'warning',
      title: 'The old instances are kept until an alarm can have seen the new ones with all traffic',
      fix: 'set TerminationWaitInSeconds to some minutes',
      see: BLUE_GREEN,
    },
    ({ blueGreen, alarms }) =>
      isObject(blueGreen) &&
      alarms.length > 0 &&
      (numberAt(blueGreen, 'TerminationWaitInSeconds') ?? 0) === 0 &&
      (!has(blueGreen, 'TerminationWaitInSeconds') || numberAt(blueGreen, 'TerminationWaitInSeconds') === 0)
        ? 'alarms are watched, and TerminationWaitInSeconds is 0'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-no-rollback-alarm',
      severity: 'warning',
      title: 'A gradual rollout has alarms that roll it back',
      fix: 'name alarms in AutoRollbackConfiguration',
      see: ROLLBACK,
    },
    (deployment) =>
      isMissing(deployment.config, 'AutoRollbackConfiguration', 'Alarms') &&
      (isObject(deployment.rolling) || ['CANARY', 'LINEAR'].includes(typeOf(deployment) ?? ''))
        ? 'traffic shifts step by step, and no alarm could stop it'
        : undefined,
  ),
  rule(
    {
      id: 'endpoint-rollback-alarm-count',
      severity: 'error',
      title: 'A rollout watches at most ten alarms',
      fix: 'combine some of them in one metric-math alarm',
      see: ROLLBACK,
    },
    ({ alarms }) => (alarms.length > 10 ? `${alarms.length} alarms, allowed are 10` : undefined),
  ),
  rule(
    {
      id: 'endpoint-rollback-alarm-arn',
      severity: 'error',
      title: 'Rollback alarms are given by name',
      fix: 'use Ref, which gives the name, not the ARN',
      see: ROLLBACK,
    },
    ({ alarms }, template) => {
      const byArn = alarms.find((alarm) => {
        const name = at(alarm, 'AlarmName');
        return (
          (typeof name === 'string' && name.startsWith('arn:')) ||
          (name instanceof Reference && name.attribute === 'Arn' && alarmOf(alarm, template) !== undefined)
        );
      });
      return byArn === undefined ? undefined : 'an alarm is given by its ARN: SageMaker finds none of that name';
    },
  ),
  rule(
    {
      id: 'endpoint-rollback-composite',
      severity: 'warning',
      title: 'SageMaker is not documented to watch composite alarms',
      fix: 'name the alarms that it is made of',
      see: ROLLBACK,
    },
    ({ alarms }, template) => {
      const composite = alarms
        .map((alarm) => alarmOf(alarm, template))
        .find((alarm) => alarm?.type === 'AWS::CloudWatch::CompositeAlarm');
      return composite === undefined ? undefined : `${composite.logicalId} is a composite alarm`;
    },
  ),
  rule(
    {
      id: 'endpoint-rollback-both-fleets',
      severity: 'warning',
      title: 'Rollback alarms watch the new instances alone',
      fix: 'give the alarm the dimension EndpointConfigName, so that an endpoint that is already red can be mended',
      see: GUARDRAILS,
    },
    ({ alarms }, template) => {
      const both = alarms.map((alarm) => alarmOf(alarm, template)).find((alarm) => watchesBothFleets(alarm));
      return both === undefined
        ? undefined
        : `${both.logicalId} sees old and new instances alike: while it is red, no update gets through`;
    },
  ),
];

function watchesBothFleets(alarm: ResolvedResource | undefined): boolean {
  const names = listAt(alarm?.properties, 'Dimensions').map((dimension) => textAt(dimension, 'Name'));
  return (
    textAt(alarm?.properties, 'Namespace') === 'AWS/SageMaker' &&
    names.includes('EndpointName') &&
    !names.includes('EndpointConfigName')
  );
}
