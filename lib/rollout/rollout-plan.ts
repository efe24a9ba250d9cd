import type { Duration } from 'aws-cdk-lib';

/** Under this type a rollout plan lies in the assembly's metadata, for tools that read it. */
export const ROLLOUT_PLAN_METADATA = 'cdk-inference-patterns:rollout-plan';

/** One step of a rollout. */
export interface RolloutStep {
  /** Share of the traffic on the new version from this step on, in percent. */
  readonly percent: number;

  /** When the step starts at the earliest, counted from the moment at which the new version is ready. */
  readonly startsAfter: Duration;

  /**
   * When the step starts at the latest; later than that the rollout is given up and rolled back.
   *
   * @default - the same as `startsAfter`: nothing has to be waited for
   */
  readonly startsBy?: Duration;

  /**
   * Instances that are paid for beside those that serve anyway, at most.
   *
   * @default 0
   */
  readonly extraInstances?: number;
}

/** What will happen when a new version is deployed, readable before it does. */
export interface RolloutPlan {
  /** The strategy in words, such as `canary 5 % for 10 minutes`. */
  readonly strategy: string;

  /** What runs before the first step. */
  readonly before: string[];

  /** The steps, in order; the last has all traffic. */
  readonly steps: RolloutStep[];

  /** From the first step to the end of the watch, without the time that hooks and new instances take. */
  readonly duration: Duration;

  /** From the moment at which an alarm goes off until the old version has all traffic again, at most. */
  readonly timeToRollBack: Duration;

  /** What rolls the new version back. */
  readonly watches: string[];

  /** What the strategy cannot do. */
  readonly notes: string[];
}

/** A plan as plain data, its durations in minutes. */
export function renderPlan(plan: RolloutPlan) {
  return {
    strategy: plan.strategy,
    before: plan.before,
    steps: plan.steps.map(({ percent, startsAfter, startsBy, extraInstances }) => ({
      percent,
      startsAfterMinutes: wholeMinutes(startsAfter),
      ...(startsBy === undefined ? {} : { startsByMinutes: wholeMinutes(startsBy) }),
      ...(extraInstances === undefined ? {} : { extraInstances }),
    })),
    durationMinutes: wholeMinutes(plan.duration),
    timeToRollBackMinutes: wholeMinutes(plan.timeToRollBack),
    watches: plan.watches,
    notes: plan.notes,
  };
}

function wholeMinutes(duration: Duration): number {
  return Math.ceil(duration.toMinutes({ integral: false }));
}

/** A plan as `renderPlan` gives it. */
export type RenderedPlan = ReturnType<typeof renderPlan>;
