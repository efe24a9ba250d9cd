import * as scaling from '@aws-sdk/client-application-auto-scaling';
import type { Values } from './client-schema';
import { Refusal, type SimulatedService } from './loopback-services';

interface Suspended {
  readonly DynamicScalingInSuspended: boolean;
  readonly DynamicScalingOutSuspended: boolean;
  readonly ScheduledScalingSuspended: boolean;
}

interface ScalableTarget {
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
  readonly SuspendedState: Suspended;
  readonly policies: Map<string, Values>;
  readonly schedules: Map<string, Values>;
}

/** Something that can be scaled, by its resource id. */
export interface Scalable {
  readonly namespace: string;
  readonly dimension: string;
  readonly resource: RegExp;
  /** Undefined when there is no such thing. */
  capacity(id: string): number | undefined;
  /** Throws when the service refuses it. */
  scale(id: string, capacity: number): void;
}

const AT_WORK: Suspended = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

/** Application Auto Scaling for whatever services have that can be scaled. */
export class ScalingService implements SimulatedService {
  public readonly name = 'Application Auto Scaling';
  public readonly client = scaling as unknown as Values;
  public readonly target = 'AnyScaleFrontendService';
  public readonly throttling = 'ThrottlingException';
  public readonly operations = {
    RegisterScalableTarget: (input: Values) => this.register(input),
    DescribeScalableTargets: (input: Values) => this.describe(input),
    DeregisterScalableTarget: (input: Values) => this.deregister(input),
    PutScalingPolicy: (input: Values) => this.putPolicy(input),
    PutScheduledAction: (input: Values) => this.putSchedule(input),
  };
  /** By resource, such as `function:fraud:3`. */
  public readonly targets = new Map<string, ScalableTarget>();

  constructor(private readonly scalables: readonly Scalable[]) {}

  /** What a policy does that wants another capacity; says why nothing came of it. */
  public act(id: string, wanted: number): string | undefined {
    const target = this.targets.get(id);
    if (target === undefined || target.policies.size === 0) {
      return 'no policy';
    }
    const scalable = this.of(id)!;
    const now = scalable.capacity(id) ?? 0;
    const { MinCapacity, MaxCapacity, SuspendedState } = target;
    if (wanted < now ? SuspendedState.DynamicScalingInSuspended : SuspendedState.DynamicScalingOutSuspended) {
      return 'suspended';
    }
    try {
      scalable.scale(id, Math.max(MinCapacity, Math.min(MaxCapacity, wanted)));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private register(input: Values): Values {
    const id = this.resource(input);
    const before = this.targets.get(id);
    if (before === undefined && this.scalables.every((scalable) => scalable.capacity(id) === undefined)) {
      throw new Refusal('ValidationException', `there is nothing to scale by the name ${id}`);
    }
    const { MinCapacity, MaxCapacity, SuspendedState } = input as Partial<ScalableTarget>;
    const [least, most] = [MinCapacity ?? before?.MinCapacity, MaxCapacity ?? before?.MaxCapacity];
    if (least === undefined || most === undefined) {
      throw new Refusal('ValidationException', 'MinCapacity and MaxCapacity must be given when a target is registered');
    }
    if (least > most) {
      throw new Refusal('ValidationException', 'Maximum capacity cannot be less than minimum capacity');
    }
    this.targets.set(id, {
      MinCapacity: least,
      MaxCapacity: most,
      SuspendedState: { ...(before?.SuspendedState ?? AT_WORK), ...SuspendedState },
      policies: before?.policies ?? new Map<string, Values>(),
      schedules: before?.schedules ?? new Map<string, Values>(),
    });
    return { ScalableTargetARN: `arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/${id}` };
  }

  private describe({ ServiceNamespace, ResourceIds }: Values): Values {
    const asked = ResourceIds as readonly string[] | undefined;
    return {
      ScalableTargets: [...this.targets]
        .filter(([id]) => this.of(id)!.namespace === ServiceNamespace && (asked === undefined || asked.includes(id)))
        .map(([ResourceId, { MinCapacity, MaxCapacity, SuspendedState }]) => ({
          ServiceNamespace,
          ResourceId,
          ScalableDimension: this.of(ResourceId)!.dimension,
          MinCapacity,
          MaxCapacity,
          SuspendedState,
          RoleARN: 'arn:aws:iam::111122223333:role/scaling',
          CreationTime: 0,
        })),
    };
  }

  private deregister(input: Values): Values {
    this.registered(input);
    this.targets.delete(this.resource(input));
    return {};
  }

  private putPolicy(input: Values): Values {
    this.registered(input).policies.set(String(input.PolicyName), input);
    return { PolicyARN: 'arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1', Alarms: [] };
  }

  private putSchedule(input: Values): Values {
    this.registered(input).schedules.set(String(input.ScheduledActionName), input);
    return {};
  }

  private registered(input: Values): ScalableTarget {
    const id = this.resource(input);
    const target = this.targets.get(id);
    if (target === undefined) {
      throw new Refusal(
        'ObjectNotFoundException',
        `No scalable target found for service namespace: ${String(input.ServiceNamespace)}, resource ID: ${id}, scalable dimension: ${String(input.ScalableDimension)}`,
      );
    }
    return target;
  }

  private resource({ ServiceNamespace, ResourceId, ScalableDimension }: Values): string {
    const id = String(ResourceId);
    const scalable = this.of(id);
    if (scalable?.namespace !== ServiceNamespace || scalable?.dimension !== ScalableDimension) {
      throw new Refusal(
        'ValidationException',
        `Unsupported service namespace, resource type or scalable dimension: ${id}`,
      );
    }
    return id;
  }

  private of(id: string): Scalable | undefined {
    return this.scalables.find(({ resource }) => resource.test(id));
  }
}
