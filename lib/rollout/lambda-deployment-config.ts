import type { Fault } from '../checks/bounds/fault';
import { type NativeShift, sharesOf, type TrafficShift } from './traffic-shift';

const CONFIGURATIONS = 'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html';

/** Intervals, in minutes, for which AWS offers a configuration of 10 %. */
const CANARY_INTERVALS: readonly number[] = [5, 10, 15, 30];
const LINEAR_INTERVALS: readonly number[] = [1, 2, 3, 10];

/** Share of the traffic in one increment. */
export function incrementOf({ step }: TrafficShift): number {
  return step === undefined || 'instances' in step ? 100 : step.percent;
}

/** The share on the new version after each step. */
export function lambdaShares(shift: NativeShift): number[] {
  return sharesOf(shift.kind, incrementOf(shift));
}

/** The configuration that AWS offers ready-made for a shift, if there is one. */
export function predefinedConfig(shift: TrafficShift): string | undefined {
  const { kind, intervalMinutes } = shift;
  if (kind === 'allAtOnce') {
    return 'CodeDeployDefault.LambdaAllAtOnce';
  }
  if (incrementOf(shift) !== 10) {
    return undefined;
  }
  if (kind === 'canary' && CANARY_INTERVALS.includes(intervalMinutes)) {
    return `CodeDeployDefault.LambdaCanary10Percent${intervalMinutes}Minutes`;
  }
  if (kind === 'linear' && LINEAR_INTERVALS.includes(intervalMinutes)) {
    return `CodeDeployDefault.LambdaLinear10PercentEvery${intervalMinutes}Minute${intervalMinutes === 1 ? '' : 's'}`;
  }
  return undefined;
}

const HONOURED = 'Rollout.allAtOnce(), Rollout.canary({ percent, ... }) and Rollout.linear({ percent, ... })';

/** What an alias cannot do: it has no instances. */
export function notForAliases({ kind, step }: TrafficShift): Fault[] {
  if (kind === 'rolling') {
    return [
      {
        id: 'lambda-rolling',
        message: "'rollout' is rolling, which replaces instances, and AWS Lambda has none",
        fix: `use one of ${HONOURED}`,
        see: CONFIGURATIONS,
      },
    ];
  }
  if (step !== undefined && 'instances' in step) {
    return [
      {
        id: 'lambda-instances',
        message: "'rollout' shifts by 'instances', and AWS Lambda has none",
        fix: "say by 'percent' how much of the traffic shifts",
        see: CONFIGURATIONS,
      },
    ];
  }
  return [];
}

/** CodeDeploy ends a Lambda deployment at the moment of the full shift, so there is nothing that could watch it. */
export function watchAfterFullShift({ bakeMinutes = 0 }: TrafficShift): Fault[] {
  if (bakeMinutes === 0) {
    return [];
  }
  return [
    {
      id: 'lambda-bake-after-full-shift',
      message: `'rollout' asks to watch the new version for ${bakeMinutes} minutes with all traffic on it, and CodeDeploy for AWS Lambda ends with the full shift`,
      fix: `use Rollout.canary({ percent, bake: Duration.minutes(${bakeMinutes}) }) or Rollout.linear(...), which watch before the full shift, or Rollout.allAtOnce() without 'bake'`,
      see: CONFIGURATIONS,
    },
  ];
}

/** What a native rollout on Lambda does not do, for the plan. */
export function limitsOf({ kind }: TrafficShift): string[] {
  const limits = [
    'the first deployment is neither tested nor watched: there is nothing to shift from',
    'the fully shifted version is not watched: roll back later by deploying the old model version',
  ];
  return kind === 'allAtOnce'
    ? ['only the smoke test can stop it: alarms have no data before the shift', ...limits]
    : limits;
}
