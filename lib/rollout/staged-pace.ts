import type { StagedRolloutOptions } from './staged-options';

const DEFAULT_STEPS: readonly number[] = [5, 20, 50, 100];
const DEFAULT_BAKE_MINUTES = 10;
const DEFAULT_EXTENSION = 3;

/** Minutes after which the counts of a minute do not change any more: CloudWatch has them, and what came by a log as well. */
export const DELAY_MINUTES = 2;
/** Minutes after a change of shares that are not compared: requests of both shares are in them. */
const WARMUP_MINUTES = 1;

/** The steps of a staged rollout in time. */
export interface StagedPace {
  readonly shares: readonly number[];
  /** Of each step: watched at least, and at most. */
  readonly bakes: readonly number[];
  readonly longestBakes: readonly number[];
  /** Until the first minute of a step has been compared. */
  readonly lagMinutes: number;
  /** Of all steps, when each passes at once, and when each is extended as far as it may. */
  readonly shortestMinutes: number;
  readonly longestMinutes: number;
  readonly deadlineMinutes: number;
}

/** When which step begins, defaults filled in. */
export function stagedPace({ steps, bake, finalBake, analysis, deadline }: StagedRolloutOptions): StagedPace {
  const shares = steps ?? DEFAULT_STEPS;
  const each = bake?.toMinutes() ?? DEFAULT_BAKE_MINUTES;
  const bakes = shares.map((_, place) => (place === shares.length - 1 ? (finalBake?.toMinutes() ?? each) : each));
  const extension = analysis?.extension ?? DEFAULT_EXTENSION;
  const longestBakes = bakes.map((minutes) => minutes * extension);
  const lagMinutes = DELAY_MINUTES + WARMUP_MINUTES;
  const shortestMinutes = sum(bakes) + shares.length * lagMinutes;
  return {
    shares,
    bakes,
    longestBakes,
    lagMinutes,
    shortestMinutes,
    longestMinutes: sum(longestBakes) + shares.length * lagMinutes,
    deadlineMinutes: deadline?.toMinutes() ?? 3 * shortestMinutes + 60,
  };
}

function sum(minutes: readonly number[]): number {
  return minutes.reduce((total, each) => total + each, 0);
}
