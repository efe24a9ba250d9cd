import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { RolloutMetric } from './rollout-metric';

/** What becomes of a step that was extended and whose requests still say too little. */
export enum OnInconclusive {
  /** The rollout pauses at the share that it has, people are told, and somebody decides by `inference-patterns rollout`. */
  PAUSE = 'pause',
  /** All traffic goes back to the old version. */
  ROLLBACK = 'rollback',
  /** The next step begins, unless anything looks worse than before: a version that nobody calls is then shipped unseen. */
  PROMOTE = 'promote',
}

/**
 * Functions of your own that are asked whether the rollout goes on. Each is called with
 * `{ id, target, moment, step, candidate, baseline }` and answers `{ "status": "passed" | "failed" | "wait", "text": ... }`.
 * `failed`, or an error that it throws, rolls back; `wait` asks again after a while. A function that does not answer within 40 seconds
 * is asked again with the same `id`.
 */
export interface RolloutHooks {
  /**
   * Asked before the new version gets any traffic.
   *
   * @default - none
   */
  readonly before?: lambda.IFunction;

  /**
   * Asked in each step, as soon as it has its share, before the next one.
   *
   * @default - none
   */
  readonly step?: lambda.IFunction;

  /**
   * Asked after the final bake, before the old version is given up.
   *
   * @default - none
   */
  readonly after?: lambda.IFunction;
}

/** Traffic and trouble as they are expected, by which the synthesis can tell whether the steps are able to show a regression. */
export interface ExpectedTraffic {
  /** Requests a minute, of all versions together; of a stream its batches. */
  readonly requestsPerMinute: number;

  /**
   * Share of requests that fail today, above 0 and below 1.
   *
   * @default 0.005
   */
  readonly errorRate?: number;

  /**
   * How many times as many failures the rollout must find, above 1.
   *
   * @default 3
   */
  readonly timesAsBad?: number;
}

/** How the new version is compared with the old one, minute by minute, under the same traffic. */
export interface RolloutAnalysis {
  /**
   * What is compared, each a count of bad events among the requests of a minute.
   *
   * @default - what the pattern publishes: failures, answers slower than its alarm's `maxLatency`, and requests that were refused (of a
   * stream: batches that failed, slow ones, and quarantined records)
   */
  readonly metrics?: RolloutMetric[];

  /**
   * Chance that a version as good as the old one is rolled back by the comparison, over the whole rollout, 0.0001 to 0.05. However often it
   * is looked at, it is no more.
   *
   * @default 0.01
   */
  readonly falseRollback?: number;

  /**
   * So many times as bad as the old version is still accepted, 1 to 10.
   *
   * @default 1
   */
  readonly toleratedRatio?: number;

  /**
   * Requests that the new version must have served in a step before the next one, at least 1.
   *
   * @default - 100 in the first step, 300 in the second, 600 in each further one
   */
  readonly minRequests?: number;

  /**
   * A step with too few requests goes on to so many times its bake, 1 to 100, before `onInconclusive` applies.
   *
   * @default 3
   */
  readonly extension?: number;

  /**
   * Whether one minute of many failures (20 or more, a quarter of the requests, five times as many as of the old version) rolls back at
   * once, without a second look.
   *
   * @default true
   */
  readonly fastRollback?: boolean;

  /**
   * How long the step is held while both versions are bad, in whole minutes, a day at most, before it is rolled back: the cause is likely elsewhere.
   *
   * @default Duration.minutes(15)
   */
  readonly maxHold?: Duration;

  /**
   * Whether an old version that is bad as well is no reason to hold: what ships is likely the remedy.
   *
   * @default false
   */
  readonly unhealthyBaseline?: boolean;

  /**
   * What traffic is expected: with it, the synthesis warns when the steps are too short, or get too little of it, to find a regression.
   *
   * @default - not known: a rollout with too little traffic ends with `onInconclusive`
   */
  readonly expected?: ExpectedTraffic;
}

/** Options of `Rollout.staged`. */
export interface StagedRolloutOptions {
  /**
   * Shares of the traffic that the new version gets, one after the other, in percent: whole numbers that grow to 100, 20 at most.
   *
   * @default [5, 20, 50, 100]
   */
  readonly steps?: number[];

  /**
   * How long each step is watched at least, in whole minutes: 3 or more, as counts are complete only after some minutes.
   *
   * @default Duration.minutes(10)
   */
  readonly bake?: Duration;

  /**
   * How long the last step is watched, with all traffic on the new version and the old one still there at full size, in whole minutes.
   *
   * @default - the same as `bake`
   */
  readonly finalBake?: Duration;

  /**
   * How the versions are compared.
   *
   * @default - failures, slow answers and refused requests, with one false rollback in a hundred rollouts
   */
  readonly analysis?: RolloutAnalysis;

  /**
   * What becomes of a step whose requests say too little. Nothing is ever promoted because there was no traffic, unless this says so.
   *
   * @default OnInconclusive.PAUSE
   */
  readonly onInconclusive?: OnInconclusive;

  /**
   * Shares that begin only after somebody has approved them by `inference-patterns rollout approve`; each is one of `steps`.
   *
   * @default - none
   */
  readonly approvals?: number[];

  /**
   * Functions of your own that have a say.
   *
   * @default - none
   */
  readonly hooks?: RolloutHooks;

  /**
   * Alarms that roll back at any time, whatever the comparison says. They see old and new version alike unless their dimensions name one:
   * such an alarm, red before the rollout, blocks the version that would mend it.
   *
   * @default - none: the comparison decides
   */
  readonly rollbackAlarms?: cloudwatch.IAlarm[];

  /**
   * How long the rollout may take in all, without the time in which it is paused. When it is over, the rollout pauses, or goes back where
   * `onInconclusive` says so.
   *
   * @default - three times the time of all steps, and an hour
   */
  readonly deadline?: Duration;

  /**
   * Whether the model's examples are asked of a new version before it gets traffic. A wrong answer ends the rollout with no caller having
   * met the new version.
   *
   * @default true
   */
  readonly smokeTest?: boolean;

  /**
   * Whether `cdk deploy` waits for the end of the rollout, and fails with its reasons when it goes back. CloudFormation waits an hour at
   * most, so the steps with all their extensions must fit.
   *
   * @default false - the deployment is over when the rollout has begun; events, messages and alarms tell how it ends
   */
  readonly waitForRollout?: boolean;

  /**
   * Topic that is told of what people want to know of a rollout, beside the events of all transitions on the default event bus. The
   * controller is allowed to publish, and to use the topic's key if that is known here.
   *
   * @default - events alone
   */
  readonly topic?: sns.ITopic;

  /**
   * How long a rollout may be paused, or wait for an approval, before an alarm tells, in whole minutes.
   *
   * @default Duration.hours(4)
   */
  readonly maxPause?: Duration;
}
