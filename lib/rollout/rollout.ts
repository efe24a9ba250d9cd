import { type Duration, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { LAMBDA_SHIFT_MINUTES, linearShiftTooLong, TRAFFIC_INCREMENT } from '../checks/bounds/code-deploy';
import type { Fault, Range } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { integer, minutes, mustBeKnown } from '../private/validation';
import type { StagedRolloutOptions } from './staged-options';
import type { StepSize, TrafficShift } from './traffic-shift';

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
   * @default - 10 minutes on an endpoint; AWS Lambda cannot watch after the full shift and refuses this
   */
  readonly bake?: Duration;
}

/** Options of `Rollout.canary`. */
export interface CanaryRolloutOptions extends RolloutOptions {
  /**
   * Share of the traffic that the new version gets first, in percent: 1 to 99 on AWS Lambda, up to 50 on an endpoint,
   * where it is a share of the instances and must come to at least one of them.
   *
   * @default - `instances` says how much
   */
  readonly percent?: number;

  /**
   * How many instances of an endpoint get traffic first, in place of `percent`; at most half of them.
   *
   * @default - `percent` says how much
   */
  readonly instances?: number;

  /**
   * How long the new version is watched at that share, in whole minutes, before all traffic shifts.
   *
   * @default - refused where a service shifts traffic; a batch judges its first partition when that is scored, however long it takes
   */
  readonly bake?: Duration;

  /**
   * How long the new version is watched with all traffic on it before the old one is given up, in whole minutes.
   *
   * @default - 10 minutes on an endpoint; AWS Lambda cannot watch after the full shift and refuses this
   */
  readonly finalBake?: Duration;
}

/** Options of `Rollout.linear`. */
export interface LinearRolloutOptions extends RolloutOptions {
  /**
   * Share of the traffic that is added at each step, in percent: 1 to 99 on AWS Lambda, 10 to 50 on an endpoint.
   *
   * @default - `instances` says how much
   */
  readonly percent?: number;

  /**
   * How many instances of an endpoint are added at each step, in place of `percent`: a tenth to half of them.
   *
   * @default - `percent` says how much
   */
  readonly instances?: number;

  /** Time between two steps, in whole minutes. */
  readonly every: Duration;

  /**
   * How long the new version is watched with all traffic on it before the old one is given up, in whole minutes.
   *
   * @default - 10 minutes on an endpoint; AWS Lambda cannot watch after the full shift and refuses this
   */
  readonly finalBake?: Duration;
}

/** Options of `Rollout.rolling`. */
export interface RollingRolloutOptions extends RolloutOptions {
  /**
   * Share of the instances that are replaced at a time, 5 to 50 percent, and at least one of them.
   *
   * @default - `instances` says how many
   */
  readonly percent?: number;

  /**
   * How many instances are replaced at a time, in place of `percent`; at most half of them.
   *
   * @default - `percent` says how many
   */
  readonly instances?: number;

  /** How long each batch is watched before the next, in whole minutes. */
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
      ...faultyStep(options),
      ...minutes('rollout-bake', 'bake', options.bake, LAMBDA_SHIFT_MINUTES),
      ...minutes('rollout-final-bake', 'finalBake', options.finalBake, WATCH_MINUTES),
    ]);
    return new CanaryRollout(options);
  }

  /** Traffic shifts in equal steps. */
  public static linear(options: LinearRolloutOptions): Rollout {
    const { percent } = options;
    const bounds = [
      ...unknownSteps(options),
      ...faultyStep(options),
      ...minutes('rollout-interval', 'every', options.every, LAMBDA_SHIFT_MINUTES),
      ...minutes('rollout-final-bake', 'finalBake', options.finalBake, WATCH_MINUTES),
    ];
    refuse(
      'Rollout.linear',
      bounds.length > 0 || percent === undefined ? bounds : linearShiftTooLong(percent, options.every.toMinutes()),
    );
    return new LinearRollout(options);
  }

  /**
   * The instances of an endpoint are replaced batch by batch, so that few are paid for twice. Old and new version serve
   * side by side in between, and nothing is watched after the last batch but for its own wait.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html
   */
  public static rolling(options: RollingRolloutOptions): Rollout {
    refuse('Rollout.rolling', [
      ...unknownSteps(options),
      ...faultyStep(options),
      ...minutes('rollout-interval', 'every', options.every, WATCH_MINUTES),
    ]);
    return new RollingRollout(options);
  }

  /**
   * Traffic grows by steps of any size, such as 5-20-50-100 %. In each the new version is compared with the old one, minute by minute and
   * under the same traffic: it goes on, waits, or rolls back within a minute or two of the verdict, and says why with numbers.
   *
   * A controller of the deployment's own shifts the traffic (a state machine, a function, a table and a bucket for the evidence, together
   * some cents a month while nothing is rolled out), and owns the alias or the endpoint: neither is a resource of the template. With
   * `inference-patterns rollout` it is watched, paused, resumed, promoted and aborted.
   *
   * Honoured by `ServerlessInference`, `StreamingInference` and `RealtimeEndpoint`.
   */
  public static staged(options: StagedRolloutOptions = {}): Rollout {
    // Loaded when there is one: an app that has none does not wait for it.
    const { faultyStages } = require('./staged-faults') as typeof import('./staged-faults');
    refuse('Rollout.staged', faultyStages(options));
    return new StagedRollout(options);
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

  /**
   * What a staged rollout was told; undefined for those that AWS services offer.
   *
   * @internal
   */
  public get _staged(): StagedRolloutOptions | undefined {
    return undefined;
  }
}

/** Watches that SageMaker offers are at most an hour long. */
const WATCH_MINUTES: Range = { min: 0, max: 60 };

/** A step has one size, in one unit. */
function faultyStep({ percent, instances }: { readonly percent?: number; readonly instances?: number }): Fault[] {
  if ((percent === undefined) === (instances === undefined)) {
    return [
      {
        id: 'rollout-step',
        message:
          percent === undefined
            ? "neither 'percent' nor 'instances' is given"
            : "both 'percent' and 'instances' are given",
        fix: "say by one of them how much shifts at a time: 'percent' of the traffic, or 'instances' of an endpoint",
      },
    ];
  }
  return [
    ...integer('rollout-percent', 'percent', percent, TRAFFIC_INCREMENT),
    ...integer('rollout-instances', 'instances', instances, { min: 1, max: 1000 }),
  ];
}

/** Steps are counted at synthesis. */
function unknownSteps(options: {
  readonly percent?: number;
  readonly instances?: number;
  readonly every: Duration;
}): Fault[] {
  return (['percent', 'instances', 'every'] as const).flatMap((prop) =>
    mustBeKnown('rollout-unknown-steps', prop, options[prop], 'the steps are planned before'),
  );
}

/** For the words of a strategy. */
function inWords(value: number): string {
  return Token.isUnresolved(value) ? '(set at deployment)' : String(value);
}

class AllAtOnceRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: AllAtOnceRolloutOptions) {
    super(options);
    const bake = options.bake?.toMinutes();
    this.description = bake === undefined ? 'all at once' : `all at once, watched for ${bake} minutes`;
    this._shift = { kind: 'allAtOnce', intervalMinutes: 0, bakeMinutes: bake };
  }
}

class CanaryRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: CanaryRolloutOptions) {
    super(options);
    const bake = options.bake?.toMinutes();
    this.description = `canary ${stepInWords(options)}${bake === undefined ? '' : ` for ${inWords(bake)} minutes`}`;
    this._shift = {
      kind: 'canary',
      step: stepOf(options),
      intervalMinutes: bake ?? 0,
      bakeMinutes: options.finalBake?.toMinutes(),
    };
  }
}

class LinearRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: LinearRolloutOptions) {
    super(options);
    const every = options.every.toMinutes();
    this.description = `linear ${stepInWords(options)} every ${every} minutes`;
    this._shift = {
      kind: 'linear',
      step: stepOf(options),
      intervalMinutes: every,
      bakeMinutes: options.finalBake?.toMinutes(),
    };
  }
}

class RollingRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(options: RollingRolloutOptions) {
    super(options);
    const every = options.every.toMinutes();
    this.description = `rolling ${stepInWords(options)} every ${every} minutes`;
    this._shift = { kind: 'rolling', step: stepOf(options), intervalMinutes: every };
  }
}

class StagedRollout extends Rollout {
  public readonly description: string;
  public readonly _shift: TrafficShift;

  constructor(private readonly staged: StagedRolloutOptions) {
    super({ smokeTest: staged.smokeTest, rollbackAlarms: staged.rollbackAlarms });
    const { stagedPace } = require('./staged-pace') as typeof import('./staged-pace');
    const { shares, bakes } = stagedPace(staged);
    this.description = `staged ${shares.join('-')} %, each step watched for ${[...new Set(bakes)].join(' or ')} minutes or more`;
    this._shift = { kind: 'staged', intervalMinutes: bakes[0] };
  }

  public override get _staged(): StagedRolloutOptions {
    return this.staged;
  }
}

function stepOf({ percent, instances }: { readonly percent?: number; readonly instances?: number }): StepSize {
  return percent === undefined ? { instances: instances! } : { percent };
}

function stepInWords({ percent, instances }: { readonly percent?: number; readonly instances?: number }): string {
  if (percent !== undefined) {
    return `${inWords(percent)} %`;
  }
  return instances === 1 ? '1 instance' : `${inWords(instances!)} instances`;
}
