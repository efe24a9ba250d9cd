import type { HookMoment, RolloutSettingsOptions } from '../../lambda/rollout/contract';
import { DEFAULTS } from '../../lambda/rollout-judge/contract';
import type { BoundMetric } from './published-counts';
import type { RolloutHooks, StagedRolloutOptions } from './staged-options';
import { stagedPace } from './staged-pace';

/** So many calls that fail in a row go back: by then about as many minutes have passed. */
const MAX_FAILURES = 20;

/** What the controller is told of a rollout. */
export function stagedSettings(
  options: StagedRolloutOptions,
  metrics: readonly BoundMetric[],
  target: {
    readonly delaySeconds: number;
    readonly asked: 'published' | 'staged';
    /** As the target's description has it. */
    readonly capacity: unknown;
  },
): RolloutSettingsOptions {
  const { analysis = {}, approvals = [], hooks = {} } = options;
  const { shares, bakes, longestBakes, deadlineMinutes } = stagedPace(options);
  const { minRequests } = DEFAULTS;
  return {
    judge: {
      steps: shares.map((percent, place) => ({
        percent,
        bakeMinutes: bakes[place],
        maxBakeMinutes: longestBakes[place],
        minRequests: analysis.minRequests ?? minRequests[Math.min(place, minRequests.length - 1)],
      })),
      metrics: metrics.map(({ judged }) => judged),
      ...(analysis.falseRollback === undefined ? {} : { alpha: analysis.falseRollback }),
      ...(analysis.toleratedRatio === undefined ? {} : { toleratedRatio: analysis.toleratedRatio }),
      ...(analysis.fastRollback === false ? { fastPath: null } : {}),
      ...(analysis.maxHold === undefined ? {} : { maxHoldMinutes: analysis.maxHold.toMinutes() }),
      ...(analysis.unhealthyBaseline === undefined ? {} : { allowUnhealthyBaseline: analysis.unhealthyBaseline }),
      ...(options.onInconclusive === undefined ? {} : { onInconclusive: options.onInconclusive }),
    },
    gates: approvals.map((percent) => shares.indexOf(percent)).sort((one, other) => one - other),
    hooks: hookArns(hooks),
    deadlineMinutes,
    metricDelaySeconds: target.delaySeconds,
    asked: target.asked,
    capacity: target.capacity,
    maxFailures: MAX_FAILURES,
  };
}

function hookArns(hooks: RolloutHooks): Partial<Record<HookMoment, string>> {
  const given = (['before', 'step', 'after'] as const).flatMap((moment) => {
    const hook = hooks[moment];
    return hook === undefined ? [] : [[moment, hook.functionArn] as const];
  });
  return Object.fromEntries(given);
}
