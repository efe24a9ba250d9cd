import type { Rollout, RolloutItem, RolloutProperties, RolloutSettingsOptions } from '../../../lambda/rollout/contract';
import { desire } from '../../../lambda/rollout-controller/desire';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';

export const TARGET = 'fraud:live';
export const CONTROLLER = 'Stack-Controller';

export const OPTIONS: RolloutSettingsOptions = {
  judge: { steps: [5, 100].map((percent) => ({ percent, bakeMinutes: 5 })), metrics: [{ name: 'errors' }] },
  gates: [],
  hooks: {},
  deadlineMinutes: 600,
  metricDelaySeconds: 120,
  asked: 'published',
  maxFailures: 10,
};
export const SETTINGS = { ...OPTIONS, judge: judgeSettings(OPTIONS.judge) };

export function propertiesOf(version: string, change: Partial<RolloutProperties> = {}): RolloutProperties {
  return {
    target: TARGET,
    table: 'rollouts',
    controllerName: CONTROLLER,
    stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:rollout',
    arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fraud:live',
    version,
    settings: JSON.stringify(OPTIONS),
    waitSeconds: '0',
    ...change,
  };
}

/** One whose last wish is this version, as CloudFormation wrote it; undefined for its deletion. */
export function itemOf(version: string | undefined, before?: RolloutItem, time = 0): RolloutItem {
  return desire(TARGET, before, { version, settings: SETTINGS, time, by: 'deployment' }, 'somebody').item;
}

/** The same once a tick has seen it. */
export function rolling(item: RolloutItem, change: Partial<Rollout>): RolloutItem {
  const { attempt, version } = item.desired!;
  return {
    ...item,
    rollout: {
      attempt,
      candidate: version ?? '1',
      settings: SETTINGS,
      phase: 'checking',
      step: -1,
      startedAt: 0,
      phaseSince: 0,
      deadline: 1e12,
      deadlineOver: false,
      checked: false,
      hooksPassed: [],
      approved: [],
      shifts: [],
      litter: [],
      retreated: false,
      ...change,
    },
  };
}
