import {
  EXECUTION_TIMEOUT,
  excludedFleets,
  faultyFinalWait,
  faultyStep,
  faultyWait,
  tooManyRollbackAlarms,
  unwatchedAfterShift,
  waitsBeyondTimeout,
} from '../bounds/endpoint-deployment';
import { type Fault, outOfRange } from '../bounds/fault';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, isObject, listAt, Reference, type Resolved, textAt } from '../template/resolved-value';
import { type EndpointUpdate, endpointUpdate, stepsAreKnown } from './endpoint-update';
import { ENDPOINT } from './endpoints';
import { type Faults, perResource, type Rule, type RuleDefinition } from './rule';

const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html';
const EXCLUSIONS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html';
const TRAFFIC = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html';
const BLUE_GREEN = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html';
const ROLLING = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html';
const ROLLBACK = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html';

/** A rule over each endpoint that says how it is updated. */
function rule(
  definition: RuleDefinition,
  faultsOf: (update: EndpointUpdate, template: ResolvedTemplate) => Faults,
): Rule {
  return perResource([ENDPOINT], definition, (endpoint, template) => {
    const update = endpointUpdate(endpoint, template);
    return update === undefined ? undefined : faultsOf(update, template);
  });
}

/** What SageMaker cannot do with the variants, or with the size of a step, of which one rule is about each. */
function rolloutRule(definition: RuleDefinition): Rule {
  return rule(definition, (update) => rolloutFaults(update).filter(({ id }) => id === definition.id));
}

function rolloutFaults({ strategy, step, alarms, fleets, called }: EndpointUpdate): readonly Fault[] {
  if (strategy === undefined) {
    return [];
  }
  const excluded = excludedFleets({ strategy, alarms: alarms.length }, fleets, called);
  return excluded.length > 0 ? excluded : fleets.flatMap((fleet) => faultyStep({ strategy, step }, fleet, called));
}

const isGradual = ({ strategy }: EndpointUpdate): boolean =>
  strategy === 'canary' || strategy === 'linear' || strategy === 'rolling';

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
    ({ strategy, blueGreen }) =>
      strategy === 'canary' && isMissing(blueGreen, 'TrafficRoutingConfiguration', 'CanarySize')
        ? 'traffic shifts by CANARY, and CanarySize is missing'
        : undefined,
  ),
  rolloutRule({
    id: 'endpoint-canary-size',
    severity: 'error',
    title: 'A canary is at most half of the instances',
    fix: 'lower CanarySize to at most 50 %',
    see: GUARDRAILS,
  }),
  rule(
    {
      id: 'endpoint-linear-without-size',
      severity: 'error',
      title: 'A linear shift has a step size',
      fix: 'give LinearStepSize, 10 to 50 %',
      see: TRAFFIC,
    },
    ({ strategy, blueGreen }) =>
      strategy === 'linear' && isMissing(blueGreen, 'TrafficRoutingConfiguration', 'LinearStepSize')
        ? 'traffic shifts by LINEAR, and LinearStepSize is missing'
        : undefined,
  ),
  rolloutRule({
    id: 'endpoint-linear-size',
    severity: 'error',
    title: 'A linear step is 10 to 50 % of the instances',
    fix: 'set LinearStepSize to 10 to 50 %',
    see: TRAFFIC,
  }),
  rolloutRule({
    id: 'endpoint-rolling-size',
    severity: 'error',
    title: 'A batch of a rolling update is 5 to 50 % of the instances',
    fix: 'set MaximumBatchSize to 5 to 50 %',
    see: ROLLING,
  }),
  rolloutRule({
    id: 'endpoint-step-below-instance',
    severity: 'error',
    title: 'A step of a rollout is at least one instance',
    fix: 'raise the share, or the number of instances',
    see: GUARDRAILS,
  }),
  rolloutRule({
    id: 'endpoint-rolling-variants',
    severity: 'error',
    title: 'Only an endpoint with one variant is updated rolling',
    fix: 'use a blue/green policy',
    see: EXCLUSIONS,
  }),
  rolloutRule({
    id: 'endpoint-serverless-shift',
    severity: 'error',
    title: 'A serverless variant has no instances by which traffic could shift',
    fix: 'shift all at once',
    see: EXCLUSIONS,
  }),
  rolloutRule({
    id: 'endpoint-inf1-shift',
    severity: 'error',
    title: 'SageMaker ignores how an endpoint on Inf1 should be updated',
    fix: 'use instances of the family ml.inf2',
    see: EXCLUSIONS,
  }),
  rule(
    {
      id: 'endpoint-waits-beyond-timeout',
      severity: 'error',
      title: 'The waits of a rollout are over before SageMaker gives it up',
      fix: 'raise MaximumExecutionTimeoutInSeconds (at most 28800), take larger steps, or wait less',
      see: BLUE_GREEN,
    },
    (update) => {
      const { strategy, step, wait, finalWait, timeout, fleets } = update;
      return strategy === undefined ||
        wait === undefined ||
        finalWait === undefined ||
        timeout === undefined ||
        !stepsAreKnown(update)
        ? undefined
        : waitsBeyondTimeout(
            { strategy, step, waitSeconds: wait, terminationWaitSeconds: finalWait, timeoutSeconds: timeout },
            fleets,
          );
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
    ({ wait = 0, finalWait = 0, called }) => [
      ...faultyWait(called.wait, wait),
      ...faultyFinalWait(called.finalWait, finalWait),
    ],
  ),
  rule(
    {
      id: 'endpoint-timeout-range',
      severity: 'error',
      title: 'An update of an endpoint may take 10 minutes to 8 hours',
      fix: 'set MaximumExecutionTimeoutInSeconds to 600 to 28800',
      see: BLUE_GREEN,
    },
    ({ timeout = EXECUTION_TIMEOUT.min }) =>
      outOfRange('endpoint-timeout-range', 'MaximumExecutionTimeoutInSeconds', timeout, EXECUTION_TIMEOUT),
  ),
  rule(
    {
      id: 'endpoint-no-final-bake',
      severity: 'warning',
      title: 'The old instances are kept until an alarm can have seen the new ones with all traffic',
      fix: 'set TerminationWaitInSeconds to some minutes',
      see: BLUE_GREEN,
    },
    ({ strategy, finalWait, alarms }) =>
      strategy === undefined || finalWait === undefined
        ? undefined
        : unwatchedAfterShift({ strategy, terminationWaitSeconds: finalWait, alarms: alarms.length }),
  ),
  rule(
    {
      id: 'endpoint-no-rollback-alarm',
      severity: 'warning',
      title: 'A gradual rollout has alarms that roll it back',
      fix: 'name alarms in AutoRollbackConfiguration',
      see: ROLLBACK,
    },
    (update) =>
      isGradual(update) && isMissing(update.config, 'AutoRollbackConfiguration', 'Alarms')
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
    ({ alarms }) => tooManyRollbackAlarms(alarms.length),
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
