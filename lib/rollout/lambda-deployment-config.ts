import type { Fault } from '../checks/rules/fault';
import type { TrafficShift } from './rollout';

const CONFIGURATIONS = 'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html';

/** Intervals, in minutes, for which AWS offers a configuration of 10 %. */
const CANARY_INTERVALS: readonly number[] = [5, 10, 15, 30];
const LINEAR_INTERVALS: readonly number[] = [1, 2, 3, 10];

/** The configuration that AWS offers ready-made for a shift, if there is one. */
export function predefinedConfig({ kind, shares, intervalMinutes }: TrafficShift): string | undefined {
  if (kind === 'allAtOnce') {
    return 'CodeDeployDefault.LambdaAllAtOnce';
  }
  if (shares[0] !== 10) {
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

/** CodeDeploy ends a Lambda deployment at the moment of the full shift, so there is nothing that could watch it. */
export function watchAfterFullShift({ bakeMinutes }: TrafficShift): Fault[] {
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
