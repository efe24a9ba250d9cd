import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import {
  EXECUTION_TIMEOUT,
  faultyFleetUpdate,
  type Fleet,
  type FleetUpdate,
  waitsOf,
} from '../checks/rules/endpoint-deployment';
import type { Fault } from '../checks/rules/fault';
import { Rollout, sharesOf } from './rollout';
import type { RolloutPlan } from './rollout-plan';

/** The instances of a variant, with what a rollout costs on them. */
export interface VariantFleet extends Fleet {
  /** Most instances; absent where it is known only at deployment, or there are none. */
  readonly maxInstances?: number;
  /** How long one instance may take until its container answers. */
  readonly startup: Duration;
}

/** Watch over the fully shifted fleet where nothing else is said. */
const FINAL_BAKE = Duration.minutes(10);
/** What SageMaker needs for instances and traffic, beside the start of the containers. */
const PROVISIONING = Duration.minutes(20);
/** An alarm needs a minute of data, CloudWatch some time to have it, SageMaker polls, and then shifts back. */
const TIME_TO_ROLL_BACK = Duration.minutes(5);

/** One instance first where there are several, else the new instance beside the old one. */
export function defaultRollout(fleets: readonly Fleet[]): Rollout {
  return fleets.every(({ serverless, instances }) => !serverless && instances !== undefined && instances >= 2)
    ? Rollout.canary({ instances: 1, bake: FINAL_BAKE })
    : Rollout.allAtOnce({ bake: FINAL_BAKE });
}

/** What the strategy asks of SageMaker, in plain values. */
export function fleetUpdate(rollout: Rollout, fleets: readonly VariantFleet[], alarms: number): FleetUpdate {
  const { kind, step, intervalMinutes, bakeMinutes } = rollout._shift;
  const update = {
    strategy: kind,
    step:
      step === undefined
        ? undefined
        : 'percent' in step
          ? ({ unit: 'percent', value: step.percent } as const)
          : ({ unit: 'instances', value: step.instances } as const),
    waitSeconds: intervalMinutes * 60,
    terminationWaitSeconds: kind === 'rolling' ? 0 : (bakeMinutes ?? FINAL_BAKE.toMinutes()) * 60,
    alarms,
  };
  const startup = Math.max(...fleets.map((fleet) => fleet.startup.toSeconds()));
  const needed = waitsOf({ ...update, timeoutSeconds: 0 }) + startup + PROVISIONING.toSeconds();
  const timeoutSeconds = Math.min(EXECUTION_TIMEOUT.max, Math.max(EXECUTION_TIMEOUT.min, Math.ceil(needed / 60) * 60));
  return { ...update, timeoutSeconds };
}

/** Faults of a rollout on these fleets. */
export function faultyDeployment(rollout: Rollout, fleets: readonly VariantFleet[], alarms: number): Fault[] {
  return [
    ...faultyFleetUpdate(fleetUpdate(rollout, fleets, alarms), fleets),
    ...hooksWithoutPlace(rollout),
    ...compositeAlarms(rollout),
  ];
}

/** The strategy as SageMaker's deployment guardrails take it. */
export function deploymentConfig(
  update: FleetUpdate,
  alarmNames: readonly string[],
): CfnEndpoint.DeploymentConfigProperty {
  const { strategy, step, waitSeconds, terminationWaitSeconds, timeoutSeconds } = update;
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
  const shares = sharesOf(update.strategy, stepPercent(update, fleets));
  const { waitSeconds, timeoutSeconds } = update;
  const afterwards = waitsOf(update);
  const extraInstances = extraOf(update, fleets);
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
    timeToRollBack: TIME_TO_ROLL_BACK,
    ...details,
    notes: [
      'the first deployment is not watched: there is nothing to shift from',
      'SageMaker runs nothing before the shift: the examples of the model are not asked of the new version',
      ...details.notes,
    ],
  };
}

/** Share of one step, on the smallest fleet. */
function stepPercent({ step }: FleetUpdate, fleets: readonly VariantFleet[]): number {
  if (step === undefined) {
    return 100;
  }
  const smallest = Math.min(...fleets.map(({ instances }) => instances ?? Infinity));
  return step.unit === 'percent' || !Number.isFinite(smallest)
    ? step.value
    : Math.min(100, Math.round((step.value * 100) / smallest));
}

/** A second fleet of the same size, or one batch of it. */
function extraOf({ strategy, step }: FleetUpdate, fleets: readonly VariantFleet[]): number | undefined {
  const all = fleets.map(({ maxInstances }) => maxInstances ?? NaN).reduce((sum, each) => sum + each, 0);
  if (Number.isNaN(all)) {
    return undefined;
  }
  if (strategy !== 'rolling' || step === undefined) {
    return all;
  }
  return step.unit === 'percent' ? Math.ceil((step.value * all) / 100) : step.value;
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
