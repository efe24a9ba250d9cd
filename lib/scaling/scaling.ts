import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Duration } from 'aws-cdk-lib';
import { type Fault } from '../checks/rules/fault';
import { refuse } from '../private/errors';
import { fraction, integer } from '../private/validation';

/** A change of capacity at given times. */
export interface ScheduledCapacity {
  /** When, such as `Schedule.cron({ hour: '7', minute: '0' })`. */
  readonly schedule: appscaling.Schedule;

  /** Least capacity from then on. */
  readonly min: number;

  /** Most capacity from then on. */
  readonly max: number;
}

/** Options of `Scaling.provisionedConcurrency`. */
export interface ProvisionedConcurrencyOptions {
  /** Environments that are always ready, at least 1. They are paid for while they idle. */
  readonly min: number;

  /**
   * Environments that are ready at the peak.
   *
   * @default - the same as `min`: a fixed number, without scaling
   */
  readonly max?: number;

  /**
   * Share of the ready environments that should be busy, 0.1 to 0.9.
   *
   * @default 0.7
   */
  readonly targetUtilization?: number;

  /**
   * Changes of `min` and `max` at given times, by a name for each.
   *
   * @default - none
   */
  readonly schedules?: { [name: string]: ScheduledCapacity };

  /**
   * Pause after scaling in before the next scaling in.
   *
   * @default - 5 minutes, the service's own
   */
  readonly scaleInCooldown?: Duration;
}

/** How a deployment follows its traffic, by the metric that its mode really publishes. */
export abstract class Scaling {
  /**
   * Environments of a Lambda function that are ready before a request comes, so that no caller waits for a cold start
   * (but for a model that is fetched from S3: the first request of each environment waits for that).
   *
   * AWS Lambda refuses to change the number while an alias splits its traffic: during a gradual rollout it stays as it
   * was, and scaling goes on afterwards.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
   */
  public static provisionedConcurrency(options: ProvisionedConcurrencyOptions): Scaling {
    const max = options.max ?? options.min;
    const faults: Fault[] = [
      ...integer('scaling-min', 'min', options.min, { min: 1, max: 1_000_000 }),
      ...integer('scaling-max', 'max', options.max, { min: 1, max: 1_000_000 }),
      ...fraction('scaling-target', 'targetUtilization', options.targetUtilization, { min: 0.1, max: 0.9 }),
      ...minOverMax('', options.min, max),
      ...Object.entries(options.schedules ?? {}).flatMap(([name, { min, max: most }]) => [
        ...integer('scaling-min', `schedules.${name}.min`, min, { min: 0, max: 1_000_000 }),
        ...integer('scaling-max', `schedules.${name}.max`, most, { min: 0, max: 1_000_000 }),
        ...minOverMax(`schedules.${name}.`, min, most),
      ]),
    ];
    refuse('Scaling.provisionedConcurrency', faults);
    return new ProvisionedConcurrency({ ...options, max });
  }

  /**
   * The provisioned concurrency that was asked for, if this is of that kind.
   *
   * @internal
   */
  public abstract get _provisionedConcurrency(): ProvisionedConcurrencyOptions | undefined;
}

class ProvisionedConcurrency extends Scaling {
  constructor(public readonly _provisionedConcurrency: ProvisionedConcurrencyOptions) {
    super();
  }
}

function minOverMax(prefix: string, min: number, max: number): Fault[] {
  // A comparison with a token is false, so values known only at deployment pass.
  if (!(min > max && min >= 0 && max >= 0)) {
    return [];
  }
  return [
    {
      id: 'scaling-min-over-max',
      message: `'${prefix}min' is ${min}, more than '${prefix}max', which is ${max}`,
      fix: `set '${prefix}max' to ${min} or more`,
    },
  ];
}
