import { Duration, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { LAMBDA_SHIFT_MINUTES, linearShares, linearShiftTooLong, TRAFFIC_INCREMENT } from '../checks/rules/code-deploy';
import type { Fault } from '../checks/rules/fault';
import { refuse } from '../private/errors';
import { integer, minutes } from '../private/validation';
import type { RolloutPlan } from './rollout-plan';

/** What every rollout can be told. */
export interface RolloutOptions {
  /**
   * Whether the model's examples are asked of a new version before it gets traffic. A wrong answer stops the rollout
   * with no caller having met the new version.
   *
   * @default true
   */
  readonly smokeTest?: boolean;

  /**
   * A function of your own that is run before traffic shifts, instead of the smoke test. It must report its verdict
   * with `PutLifecycleEventHookExecutionStatus` within an hour; the permission is granted to a function of this app.
   *
   * @default - the smoke test
   * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
   */
  readonly beforeTraffic?: lambda.IFunction;

  /**
   * A function of your own that is run after all traffic has shifted; its verdict is reported as above.
   *
   * @default - none
   */
  readonly afterTraffic?: lambda.IFunction;

  /**
   * Further alarms that roll the deployment back. They see old and new version alike unless their dimensions name the
   * new one: an alarm that is red before the rollout starts blocks the very version that would mend it.
   *
   * @default - only the alarms on the new version's errors and latency
   */
  readonly rollbackAlarms?: cloudwatch.IAlarm[];
}

/** Options of `Rollout.allAtOnce`. */
export interface AllAtOnceRolloutOptions extends RolloutOptions {
  /**
   * How long the new version is watched with all traffic on it, before the old one is given up.
   *
   * @default - no watch. AWS Lambda cannot watch after the full shift, so a pattern on Lambda refuses this.
   */
  readonly bake?: Duration;
}

/** Options of `Rollout.canary`. */
export interface CanaryRolloutOptions extends RolloutOptions {
  /** Share of the traffic that the new version gets first, 1 to 99 percent. */
  readonly percent: number;

  /** How long the new version is watched at that share, in whole minutes, before all traffic shifts. */
  readonly bake: Duration;
}

/** Options of `Rollout.linear`. */
export interface LinearRolloutOptions extends RolloutOptions {
  /** Share of the traffic that is added at each step, 1 to 99 percent. */
  readonly percent: number;

  /** Time between two steps, in whole minutes. */
  readonly every: Duration;
}

/**
 * How a new version takes over from the old one. The same strategy means the same in every pattern; a pattern that
 * cannot honour one refuses it at synthesis and names those it can.
 */
export abstract class Rollout {
  /** All traffic shifts at once, after the smoke test. */
  public static allAtOnce(options: AllAtOnceRolloutOptions = {}): Rollout {
    refuse('Rollout.allAtOnce', minutes('rollout-bake', 'bake', options.bake, LAMBDA_SHIFT_MINUTES));
    return new AllAtOnceRollout(options);
  }

  /** A share of the traffic shifts, is watched, then the rest follows. */
  public static canary(options: CanaryRolloutOptions): Rollout {
    refuse('Rollout.canary', [
      ...integer('rollout-percent', 'percent', options.percent, TRAFFIC_INCREMENT),
      ...minutes('rollout-bake', 'bake', options.bake, LAMBDA_SHIFT_MINUTES),
    ]);
    return new CanaryRollout(options);
  }

  /** Traffic shifts in equal steps. */
  public static linear(options: LinearRolloutOptions): Rollout {
    const bounds = [
      ...mustBeKnown('percent', options.percent),
      ...mustBeKnown('every', options.every),
      ...integer('rollout-percent', 'percent', options.percent, TRAFFIC_INCREMENT),
      ...minutes('rollout-interval', 'every', options.every, LAMBDA_SHIFT_MINUTES),
    ];
    refuse(
      'Rollout.linear',
      bounds.length > 0 ? bounds : linearShiftTooLong(options.percent, options.every.toMinutes()),
    );
    return new LinearRollout(options);
  }

  /** What the rollout was told. */
  public readonly options: RolloutOptions;

  protected constructor(options: RolloutOptions) {
    this.options = options;
  }

  /** The words with which the rollout was asked for, such as `canary 5 % for 10 minutes`. */
  public abstract readonly description: string;

  /**
   * How traffic shifts, as data: each pattern binds this to what its service offers.
   *
   * @internal
   */
  public abstract get _shift(): TrafficShift;
}

/** Steps are counted at synthesis. */
function mustBeKnown(subject: string, value: number | Duration): Fault[] {
  const unknown = value instanceof Duration ? value.isUnresolved() : Token.isUnresolved(value);
  return unknown
    ? [
        {
          id: 'rollout-unknown-steps',
          message: `'${subject}' is known only at deployment, and the steps are planned before`,
          fix: `give '${subject}' as a plain value`,
        },
      ]
    : [];
}

/** For the words of a strategy. */
function inWords(value: number): string {
  return Token.isUnresolved(value) ? '(set at deployment)' : String(value);
}

/**
 * Traffic over time. Shares are in percent; the last is 100.
 *
 * @internal
 */
export interface TrafficShift {
  readonly kind: 'allAtOnce' | 'canary' | 'linear';
  readonly shares: readonly number[];
  /** Time between two shares, in minutes. */
  readonly intervalMinutes: number;
  /** Watch after the last share, in minutes. */
  readonly bakeMinutes: number;
}

/**
 * The plan of a shift.
 *
 * @internal
 */
export function planOf(
  rollout: Rollout,
  details: Pick<RolloutPlan, 'before' | 'watches' | 'notes' | 'timeToRollBack'>,
): RolloutPlan {
  const { shares, intervalMinutes, bakeMinutes } = rollout._shift;
  return {
    strategy: rollout.description,
    steps: shares.map((percent, step) => ({ percent, startsAfter: Duration.minutes(step * intervalMinutes) })),
    duration: Duration.minutes((shares.length - 1) * intervalMinutes + bakeMinutes),
    ...details,
  };
}

class AllAtOnceRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: AllAtOnceRolloutOptions) {
    super(options);
    const bake = options.bake?.toMinutes() ?? 0;
    this.description = bake === 0 ? 'all at once' : `all at once, watched for ${bake} minutes`;
    this._shift = { kind: 'allAtOnce', shares: [100], intervalMinutes: 0, bakeMinutes: bake };
  }
}

class CanaryRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: CanaryRolloutOptions) {
    super(options);
    const bake = options.bake.toMinutes();
    this.description = `canary ${inWords(options.percent)} % for ${inWords(bake)} minutes`;
    this._shift = { kind: 'canary', shares: [options.percent, 100], intervalMinutes: bake, bakeMinutes: 0 };
  }
}

class LinearRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: LinearRolloutOptions) {
    super(options);
    const every = options.every.toMinutes();
    this.description = `linear ${options.percent} % every ${every} minutes`;
    this._shift = { kind: 'linear', shares: linearShares(options.percent), intervalMinutes: every, bakeMinutes: 0 };
  }
}
