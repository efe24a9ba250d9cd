import { type Size, Token } from 'aws-cdk-lib';
import { SERVERLESS_CONCURRENCY, serverlessMemory } from '../checks/bounds/endpoint-capacity';
import type { Fault } from '../checks/bounds/fault';
import type { InstanceType } from '../model/instance-type';
import { refuse } from '../private/errors';
import { integer, judge } from '../private/validation';

/** Options of `Capacity.instances`. */
export interface InstanceCapacityOptions {
  /** Type of the instances. */
  readonly type: InstanceType;

  /**
   * Least number of instances, at least 1. They are paid for around the clock.
   *
   * @default 1 - a single instance is no protection against the loss of one; AWS advises two
   */
  readonly min?: number;

  /**
   * Most instances.
   *
   * @default - the same as `min`: a fixed number, without scaling
   */
  readonly max?: number;

  /**
   * Instances that must run before a new version gets its first traffic, between `min` and `max`: the new fleet is made as
   * large as the old one is then. The deployment starts what is missing and waits for it, at most a quarter of an hour; the
   * scaling takes it away again afterwards.
   *
   * @default - as many as the traffic before the deployment needed: a rollout on a quiet night meets the morning's
   * traffic with a small fleet, and scaling pauses while it lasts
   */
  readonly rolloutFloor?: number;
}

/** Options of `Capacity.serverless`. */
export interface ServerlessCapacityOptions {
  /** Memory of one execution environment: 1 to 6 GiB, in whole GiB. */
  readonly memory: Size;

  /** Most requests at a time, 1 to 200; further ones are refused. */
  readonly maxConcurrency: number;

  /**
   * Environments that are always ready, at most `maxConcurrency`. They are paid for while they idle.
   *
   * @default - none: the first requests after a pause wait for a container to start
   */
  readonly provisioned?: number;
}

/** On what the containers of an endpoint run. */
export abstract class Capacity {
  /**
   * Instances of one type, which run and are paid for as long as the endpoint exists.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints.html
   */
  public static instances(options: InstanceCapacityOptions): Capacity {
    refuse('Capacity.instances', [
      ...integer('capacity-max', 'max', options.max, { min: 1, max: 10_000 }),
      ...judge(options.min, neverZero),
      ...minOverMax(options),
      ...floorOutside(options),
    ]);
    return new InstanceCapacity(options);
  }

  /**
   * Environments that come and go with the requests, on processors only: nothing is paid when idle. There is no GPU, no
   * VPC, no data capture, no second variant, and no gradual rollout.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
   */
  public static serverless(options: ServerlessCapacityOptions): Capacity {
    const { provisioned, maxConcurrency } = options;
    refuse('Capacity.serverless', [
      ...judge(options.memory, (memory) => serverlessMemory(memory.toBytes() / 1024 ** 2)),
      ...integer('serverless-concurrency', 'maxConcurrency', maxConcurrency, SERVERLESS_CONCURRENCY),
      ...integer('serverless-provisioned', 'provisioned', provisioned, SERVERLESS_CONCURRENCY),
      ...moreProvisionedThanAllowed(provisioned, maxConcurrency),
    ]);
    return new ServerlessCapacity(options);
  }

  /**
   * The instances, if this is of that kind.
   *
   * @internal
   */
  public get _instances(): (InstanceCapacityOptions & { readonly min: number; readonly max: number }) | undefined {
    return undefined;
  }

  /**
   * The serverless environments, if this is of that kind.
   *
   * @internal
   */
  public get _serverless(): ServerlessCapacityOptions | undefined {
    return undefined;
  }
}

class InstanceCapacity extends Capacity {
  constructor(private readonly options: InstanceCapacityOptions) {
    super();
  }

  public get _instances() {
    const min = this.options.min ?? 1;
    return { ...this.options, min, max: this.options.max ?? min };
  }
}

class ServerlessCapacity extends Capacity {
  constructor(private readonly options: ServerlessCapacityOptions) {
    super();
  }

  public get _serverless() {
    return this.options;
  }
}

const SCALE_TO_ZERO = 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html';

function neverZero(min: number): Fault[] {
  if (Number.isInteger(min) && min >= 1) {
    return [];
  }
  return [
    {
      id: 'capacity-min',
      message: `'min' is ${min}, and a real-time endpoint has at least one instance`,
      fix: "set 'min' to 1 or more; Capacity.serverless(...) costs nothing when idle",
      see: SCALE_TO_ZERO,
    },
  ];
}

function minOverMax({ min = 1, max }: InstanceCapacityOptions): Fault[] {
  if (max === undefined || Token.isUnresolved(min) || Token.isUnresolved(max) || min <= max || max < 1) {
    return [];
  }
  return [
    {
      id: 'capacity-min-over-max',
      message: `'min' is ${min}, more than 'max', which is ${max}`,
      fix: `set 'max' to ${min} or more`,
    },
  ];
}

function floorOutside({ min = 1, max = min, rolloutFloor }: InstanceCapacityOptions): Fault[] {
  const known = [min, max, rolloutFloor].every((value) => value === undefined || !Token.isUnresolved(value));
  if (rolloutFloor === undefined || !known || (rolloutFloor > min && rolloutFloor <= max)) {
    return [];
  }
  return [
    {
      id: 'capacity-rollout-floor',
      message: `'rolloutFloor' is ${rolloutFloor}, allowed is more than 'min', which is ${min}, up to 'max', which is ${max}`,
      fix: max > min ? `set 'rolloutFloor' from ${min + 1} to ${max}` : "leave 'rolloutFloor' out: the number is fixed",
    },
  ];
}

function moreProvisionedThanAllowed(provisioned: number | undefined, maxConcurrency: number): Fault[] {
  if (
    provisioned === undefined ||
    Token.isUnresolved(provisioned) ||
    Token.isUnresolved(maxConcurrency) ||
    provisioned <= maxConcurrency
  ) {
    return [];
  }
  return [
    {
      id: 'serverless-provisioned-over-max',
      message: `'provisioned' is ${provisioned}, more than 'maxConcurrency', which is ${maxConcurrency}`,
      fix: `set 'maxConcurrency' to ${provisioned} or more`,
      see: SERVERLESS_CONCURRENCY.see,
    },
  ];
}
