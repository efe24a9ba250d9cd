import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Duration, TimeZone } from 'aws-cdk-lib';
import { type Fault } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { fraction, integer } from '../private/validation';

/** A change of capacity at given times. */
export interface ScheduledCapacity {
  /** When, such as `Schedule.cron({ hour: '7', minute: '0' })`. */
  readonly schedule: appscaling.Schedule;

  /**
   * In which time zone that is.
   *
   * @default - UTC, so that it shifts with daylight saving time
   */
  readonly timeZone?: TimeZone;

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

/** What the scaling of instances can be told. */
export interface InstanceScalingOptions {
  /**
   * Changes of the least and the most instances at given times, by a name for each: nights and weekends at the minimum.
   *
   * @default - none
   */
  readonly schedules?: { [name: string]: ScheduledCapacity };

  /**
   * Pause after adding instances before more are added.
   *
   * @default - 5 minutes, the service's own
   */
  readonly scaleOutCooldown?: Duration;

  /**
   * Pause after removing instances before more are removed.
   *
   * @default - 5 minutes, the service's own
   */
  readonly scaleInCooldown?: Duration;
}

/** Options of `Scaling.invocationsPerInstance`. */
export interface InvocationScalingOptions extends InstanceScalingOptions {
  /** Requests per minute that one instance should answer. */
  readonly target: number;
}

/** Options of `Scaling.concurrentRequests`. */
export interface ConcurrencyScalingOptions extends InstanceScalingOptions {
  /** Requests that one instance should have at a time. */
  readonly target: number;
}

/** Options of `Scaling.gpuUtilization`. */
export interface GpuScalingOptions extends InstanceScalingOptions {
  /** How busy each GPU should be, 1 to 100 percent. However many GPUs an instance has, this is the share of one. */
  readonly percent: number;
}

/**
 * A target for the number of instances.
 *
 * @internal
 */
export interface InstanceTarget extends InstanceScalingOptions {
  readonly metric: 'invocationsPerInstance' | 'concurrentRequests' | 'gpuUtilization';
  readonly target: number;
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
   * Instances of an endpoint, by the requests that each answers in a minute: for requests that all cost about the same.
   * The least and the most of them are the capacity's.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
   */
  public static invocationsPerInstance(options: InvocationScalingOptions): Scaling {
    refuse('Scaling.invocationsPerInstance', [
      ...fraction('scaling-target', 'target', options.target, { min: 0.1, max: 1_000_000 }),
      ...faultySchedules(options),
    ]);
    return new InstanceScaling({ ...options, metric: 'invocationsPerInstance' });
  }

  /**
   * Instances of an endpoint, by the requests that each has at a time: for requests that take long or differ much, such as
   * those to language models. SageMaker publishes this every 10 seconds, so it adds instances sooner than by any other.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
   */
  public static concurrentRequests(options: ConcurrencyScalingOptions): Scaling {
    refuse('Scaling.concurrentRequests', [
      ...fraction('scaling-target', 'target', options.target, { min: 0.1, max: 100_000 }),
      ...faultySchedules(options),
    ]);
    return new InstanceScaling({ ...options, metric: 'concurrentRequests' });
  }

  /**
   * Instances of an endpoint, by how busy their GPUs are. A GPU counts as busy while anything runs on it, so a server
   * that batches requests may be near 100 % long before it is full: prefer `concurrentRequests` for language models.
   */
  public static gpuUtilization(options: GpuScalingOptions): Scaling {
    refuse('Scaling.gpuUtilization', [
      ...fraction('scaling-target', 'percent', options.percent, { min: 1, max: 100, unit: '%' }),
      ...faultySchedules(options),
    ]);
    return new InstanceScaling({ ...options, metric: 'gpuUtilization', target: options.percent });
  }

  /**
   * The provisioned concurrency that was asked for, if this is of that kind.
   *
   * @internal
   */
  public get _provisionedConcurrency(): ProvisionedConcurrencyOptions | undefined {
    return undefined;
  }

  /**
   * The target for instances, if this is of that kind.
   *
   * @internal
   */
  public get _instances(): InstanceTarget | undefined {
    return undefined;
  }
}

class ProvisionedConcurrency extends Scaling {
  constructor(private readonly asked: ProvisionedConcurrencyOptions) {
    super();
  }

  public get _provisionedConcurrency() {
    return this.asked;
  }
}

class InstanceScaling extends Scaling {
  constructor(private readonly asked: InstanceTarget) {
    super();
  }

  public get _instances() {
    return this.asked;
  }
}

function faultySchedules({ schedules }: InstanceScalingOptions): Fault[] {
  return Object.entries(schedules ?? {}).flatMap(([name, { min, max }]) => [
    ...integer('scaling-min', `schedules.${name}.min`, min, { min: 1, max: 10_000 }),
    ...integer('scaling-max', `schedules.${name}.max`, max, { min: 1, max: 10_000 }),
    ...minOverMax(`schedules.${name}.`, min, max),
  ]);
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
