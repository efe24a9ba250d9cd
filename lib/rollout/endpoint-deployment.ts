import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import {
  EXECUTION_TIMEOUT,
  faultyFleetUpdate,
  type Fleet,
  type FleetUpdate,
  MOST_AT_A_TIME,
  waitsOf,
} from '../checks/bounds/endpoint-deployment';
import type { Fault } from '../checks/bounds/fault';
import { mustBeKnown } from '../private/validation';
import { Rollout } from './rollout';
import type { RolloutPlan } from './rollout-plan';
import { nativeShift, sharesOf, withoutBake } from './traffic-shift';

/** The instances of a variant, with what a rollout costs on them. */
export interface VariantFleet extends Fleet {
  /** How long one instance may take until its container answers. */
  readonly startup: Duration;
}

/** Watch over the fully shifted fleet where nothing else is said. */
const FINAL_BAKE = Duration.minutes(10);
/** What SageMaker needs for instances and traffic, beside the start of the containers. */
const PROVISIONING = Duration.minutes(20);
/** An alarm needs a minute of data, CloudWatch some time to have it, SageMaker polls, and then shifts back. */
const TIME_TO_SHIFT_BACK = Duration.minutes(5);

/** One instance first where there are several, else the new instance beside the old one. */
export function defaultRollout(fleets: readonly Fleet[]): Rollout {
  return fleets.every(({ serverless, instances }) => !serverless && instances !== undefined && instances >= 2)
    ? Rollout.canary({ instances: 1, bake: FINAL_BAKE })
    : Rollout.allAtOnce({ bake: FINAL_BAKE });
}

/** What the strategy asks of SageMaker, in plain values. */
export function fleetUpdate(rollout: Rollout, fleets: readonly VariantFleet[], alarms: number): FleetUpdate {
  const { kind, intervalMinutes, bakeMinutes } = nativeShift(rollout);
  const size = sizeOf(rollout);
  const update = {
    strategy: kind,
    step: size && { unit: size.unit, value: Token.isUnresolved(size.value) ? undefined : size.value },
    waitSeconds: intervalMinutes * 60,
    terminationWaitSeconds: kind === 'rolling' ? 0 : (bakeMinutes ?? FINAL_BAKE.toMinutes()) * 60,
    startSeconds: startOf(fleets).toSeconds(),
    alarms,
  };
  const needed = waitsOf({ ...update, timeoutSeconds: 0 }, fleets) + update.startSeconds;
  const timeoutSeconds = Math.min(EXECUTION_TIMEOUT.max, Math.max(EXECUTION_TIMEOUT.min, Math.ceil(needed / 60) * 60));
  return { ...update, timeoutSeconds };
}

/** Until new instances get traffic: the slowest variant's. */
function startOf(fleets: readonly VariantFleet[]): Duration {
  return PROVISIONING.plus(Duration.seconds(Math.max(...fleets.map(({ startup }) => startup.toSeconds()))));
}

/** Size of a step, which may be known only at deployment. */
function sizeOf({
  _shift: { step },
}: Rollout): { readonly unit: 'percent' | 'instances'; readonly value: number } | undefined {
  if (step === undefined) {
    return undefined;
  }
  return 'percent' in step ? { unit: 'percent', value: step.percent } : { unit: 'instances', value: step.instances };
}

/** Faults of a rollout on these fleets. */
export function faultyDeployment(rollout: Rollout, fleets: readonly VariantFleet[], alarms: number): Fault[] {
  const unknown = unknownTimes(rollout);
  return [
    ...unknown,
    ...withoutBake(rollout._shift),
    ...(unknown.length > 0 ? [] : faultyFleetUpdate(fleetUpdate(rollout, fleets, alarms), fleets)),
    ...hooksWithoutPlace(rollout),
    ...compositeAlarms(rollout),
  ];
}

/** SageMaker wants seconds, and to be told how long all of it may take: both are computed. */
function unknownTimes({ _shift: { kind, intervalMinutes, bakeMinutes } }: Rollout): Fault[] {
  const why = 'how long the whole update may take is computed before';
  const id = 'endpoint-unknown-times';
  return [
    ...mustBeKnown(id, kind === 'canary' ? 'bake' : 'every', intervalMinutes, why),
    ...mustBeKnown(id, kind === 'allAtOnce' ? 'bake' : 'finalBake', bakeMinutes, why),
  ];
}

/** The strategy as SageMaker's deployment guardrails take it. */
export function deploymentConfig(
  rollout: Rollout,
  fleets: readonly VariantFleet[],
  alarmNames: readonly string[],
): CfnEndpoint.DeploymentConfigProperty {
  const step = sizeOf(rollout);
  const { strategy, waitSeconds, terminationWaitSeconds, timeoutSeconds } = fleetUpdate(
    rollout,
    fleets,
    alarmNames.length,
  );
  const autoRollbackConfiguration = { alarms: alarmNames.map((alarmName) => ({ alarmName })) };
  const size = step && { type: step.unit === 'percent' ? 'CAPACITY_PERCENT' : 'INSTANCE_COUNT', value: step.value };
  if (strategy === 'rolling') {
    return {
      autoRollbackConfiguration,
      rollingUpdatePolicy: {
        maximumBatchSize: size!,
        waitIntervalInSeconds: waitSeconds,
        maximumExecutionTimeoutInSeconds: timeoutSeconds,
      },
    };
  }
  return {
    autoRollbackConfiguration,
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: {
        type: TYPES[strategy],
        // The API wants it for every type, whatever the schema says.
        waitIntervalInSeconds: waitSeconds,
        ...(strategy === 'canary' ? { canarySize: size } : {}),
        ...(strategy === 'linear' ? { linearStepSize: size } : {}),
      },
      terminationWaitInSeconds: terminationWaitSeconds,
      maximumExecutionTimeoutInSeconds: timeoutSeconds,
    },
  };
}

const TYPES = { allAtOnce: 'ALL_AT_ONCE', canary: 'CANARY', linear: 'LINEAR' } as const;

/** What will happen to these fleets, step by step. */
export function deploymentPlan(
  rollout: Rollout,
  fleets: readonly VariantFleet[],
  details: Pick<RolloutPlan, 'watches' | 'notes'>,
): RolloutPlan {
  const update = fleetUpdate(rollout, fleets, details.watches.length);
  const shares = sharesOf(update.strategy, stepPercent(rollout, fleets));
  const { strategy, waitSeconds, timeoutSeconds } = update;
  const afterwards = waitsOf(update, fleets);
  const extraInstances = extraOf(rollout, fleets);
  return {
    strategy: rollout.description,
    before: ['the new instances pass their health checks'],
    steps: shares.map((percent, index) => ({
      percent,
      startsAfter: Duration.seconds(index * waitSeconds),
      startsBy: Duration.seconds(timeoutSeconds - afterwards + index * waitSeconds),
      extraInstances,
    })),
    duration: Duration.seconds(afterwards),
    // The old instances of a batch are gone, and have to be started again.
    timeToRollBack: strategy === 'rolling' ? TIME_TO_SHIFT_BACK.plus(startOf(fleets)) : TIME_TO_SHIFT_BACK,
    watches: details.watches,
    notes: [
      'the first deployment is not watched: there is nothing to shift from',
      'SageMaker runs nothing before the shift: the examples of the model are not asked of the new version',
      ...limitsOf(rollout, fleets),
      ...details.notes,
    ],
  };
}

function limitsOf(rollout: Rollout, fleets: readonly VariantFleet[]): string[] {
  const byCount = sizeOf(rollout)?.unit === 'instances';
  const unknown = fleets.some(({ serverless, instances }) => !serverless && instances === undefined);
  const growing = fleets.some(({ instances, maxInstances }) => instances !== maxInstances);
  return [
    ...(byCount && (unknown || growing)
      ? [
          `the shares are those of ${unknown ? 'the fewest steps that are allowed' : 'the fewest instances'}: with more instances a step is a smaller share, and there may be more of them`,
        ]
      : []),
    ...(fleets.some(({ serverless }) => serverless)
      ? ['AWS documents the watch and the rollback for instances only: do not rely on it for a serverless endpoint']
      : []),
  ];
}

/** Share of one step, on the smallest fleet. */
function stepPercent(rollout: Rollout, fleets: readonly VariantFleet[]): number {
  const size = sizeOf(rollout);
  if (size === undefined) {
    return 100;
  }
  if (size.unit === 'percent') {
    return size.value;
  }
  const smallest = Math.min(...fleets.map(({ instances }) => instances ?? Infinity));
  return Number.isFinite(smallest) && !Token.isUnresolved(size.value)
    ? Math.min(100, Math.round((size.value * 100) / smallest))
    : MOST_AT_A_TIME;
}

/** A second fleet of the same size, or one batch of it; undefined where that is known only at deployment. */
function extraOf(rollout: Rollout, fleets: readonly VariantFleet[]): number | undefined {
  const size = sizeOf(rollout);
  const all = fleets.map(({ maxInstances }) => maxInstances ?? NaN).reduce((sum, each) => sum + each, 0);
  if (rollout._shift.kind !== 'rolling' || size === undefined) {
    return Number.isNaN(all) ? undefined : all;
  }
  if (size.unit === 'instances') {
    return size.value;
  }
  return Number.isNaN(all) ? undefined : Math.ceil((size.value * all) / 100);
}

/** SageMaker's guardrails run no function of anybody. */
function hooksWithoutPlace({ options }: Rollout): Fault[] {
  const given = [
    ...(options.smokeTest === true ? ['smokeTest'] : []),
    ...(options.beforeTraffic === undefined ? [] : ['beforeTraffic']),
    ...(options.afterTraffic === undefined ? [] : ['afterTraffic']),
  ];
  return given.map((hook) => ({
    id: 'endpoint-rollout-hook',
    message: `'rollout' has '${hook}', and SageMaker runs nothing before or after it shifts traffic`,
    fix: `leave '${hook}' out; what is wrong shows in the rollback alarms`,
    see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html',
  }));
}

/** No page says that SageMaker's rollback understands composite alarms, and one that is ignored rolls nothing back. */
function compositeAlarms({ options }: Rollout): Fault[] {
  return (options.rollbackAlarms ?? [])
    .filter((alarm) => alarm instanceof cloudwatch.CompositeAlarm)
    .map((alarm) => ({
      id: 'endpoint-composite-alarm',
      message: `'rollbackAlarms' has the composite alarm '${alarm.node.path}', which SageMaker is not documented to watch`,
      fix: 'give the alarms that it is made of, at most ten',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html',
    }));
}
