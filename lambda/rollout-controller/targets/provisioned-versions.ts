import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  type LambdaClient,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import type { ProvisionedEnvironments } from '../../rollout/contract';
import type { Progress } from '../../rollout/ports';

const POLICY_NAME = 'utilization';

/**
 * Environments that are ready before a request comes, of versions and never of the alias. Those of an alias cannot be changed while it
 * has weights, are shared between its versions in a way that "fluctuates", and when the alias gets another version all traffic goes back
 * to the old one until there are new ones (for ever, when they do not start). Those of a version are there before it gets traffic, and
 * stay while traffic moves.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html
 * @see https://github.com/hashicorp/terraform-provider-aws/pull/48116
 */
export class ProvisionedVersions {
  constructor(
    private readonly lambda: LambdaClient,
    private readonly scaling: ApplicationAutoScalingClient,
    private readonly functionName: string,
    private readonly wanted: ProvisionedEnvironments | undefined,
  ) {}

  /** How many a version has to have when all traffic goes to it. */
  public async all(live: string): Promise<number> {
    if (this.wanted === undefined) {
      return 0;
    }
    const { min, schedules } = this.wanted;
    // By schedule there may be fewer than the minimum of the other times.
    return Math.max((await this.amount(live))?.requested ?? 0, schedules.length > 0 ? 0 : min);
  }

  /** Sees to it that a version has so many, or has had more already. */
  public async provide(version: string, least: number): Promise<Progress> {
    if (least === 0) {
      return 'done';
    }
    const amount = await this.amount(version);
    if (amount === undefined || amount.requested < least) {
      await this.put(version, least);
      return 'wait';
    }
    if (amount.status === 'FAILED') {
      throw new Error(
        `provisioned environments of version ${version} of the function ${this.functionName} do not start: ${amount.reason}`,
      );
    }
    return amount.status === 'READY' ? 'done' : 'wait';
  }

  /**
   * While traffic is split a version may get more environments, and none is taken from it, although it has less to do: the traffic may
   * come back at any moment.
   */
  public async hold(version: string, least: number): Promise<void> {
    if (this.isScaled) {
      await this.register(version, least, { in: true, scheduled: true });
    }
  }

  /** Gives a version, which has all traffic, what it should have, and leaves it to what scales it. */
  public async release(version: string): Promise<void> {
    if (this.wanted === undefined) {
      return this.remove(version);
    }
    const { min, schedules } = this.wanted;
    // Whatever scaled it may be of settings that are gone.
    await this.deregister(version);
    if (!this.isScaled) {
      if ((await this.amount(version))?.requested !== min) {
        await this.put(version, min);
      }
      return;
    }
    await this.register(version, min, { in: false, scheduled: false });
    for (const { name, schedule, timeZone, min: MinCapacity, max: MaxCapacity } of schedules) {
      await this.scaling.send(
        new PutScheduledActionCommand({
          ...this.scaledBy(version),
          ScheduledActionName: name,
          Schedule: schedule,
          Timezone: timeZone,
          ScalableTargetAction: { MinCapacity, MaxCapacity },
        }),
      );
    }
  }

  /** Nothing is paid for a version any more. */
  public async remove(version: string): Promise<void> {
    await this.deregister(version);
    await ignoring('ResourceNotFoundException', () =>
      this.lambda.send(
        new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: this.functionName, Qualifier: version }),
      ),
    );
  }

  /** The same for an alias, which seldom has any: looked for first. */
  public async removeFound(aliasName: string): Promise<void> {
    if ((await this.amount(aliasName)) !== undefined) {
      await this.remove(aliasName);
    }
  }

  private get isScaled(): boolean {
    return this.wanted !== undefined && (this.wanted.max > this.wanted.min || this.wanted.schedules.length > 0);
  }

  private async amount(
    version: string,
  ): Promise<{ readonly requested: number; readonly status?: string; readonly reason?: string } | undefined> {
    const config = await ignoring('ProvisionedConcurrencyConfigNotFoundException', () =>
      this.lambda.send(
        new GetProvisionedConcurrencyConfigCommand({ FunctionName: this.functionName, Qualifier: version }),
      ),
    );
    return (
      config && {
        requested: config.RequestedProvisionedConcurrentExecutions ?? 0,
        status: config.Status,
        reason: config.StatusReason,
      }
    );
  }

  private async put(version: string, amount: number): Promise<void> {
    await this.lambda.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName: this.functionName,
        Qualifier: version,
        ProvisionedConcurrentExecutions: amount,
      }),
    );
  }

  /** As often as wanted: each time the target and its policy are what is said here. */
  private async register(
    version: string,
    least: number,
    suspended: { readonly in: boolean; readonly scheduled: boolean },
  ): Promise<void> {
    const { max, schedules, targetUtilization, scaleInCooldownSeconds } = this.wanted!;
    const most = Math.max(least, max, ...(suspended.scheduled ? schedules.map((schedule) => schedule.max) : []));
    await this.scaling.send(
      new RegisterScalableTargetCommand({
        ...this.scaledBy(version),
        MinCapacity: least,
        MaxCapacity: most,
        SuspendedState: {
          DynamicScalingInSuspended: suspended.in,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: suspended.scheduled,
        },
      }),
    );
    await this.scaling.send(
      new PutScalingPolicyCommand({
        ...this.scaledBy(version),
        PolicyName: POLICY_NAME,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: targetUtilization,
          PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
          ScaleInCooldown: scaleInCooldownSeconds,
        },
      }),
    );
  }

  /** Takes the policies and schedules along; how many environments there are stays as it is. */
  private async deregister(version: string): Promise<void> {
    await ignoring('ObjectNotFoundException', () =>
      this.scaling.send(new DeregisterScalableTargetCommand(this.scaledBy(version))),
    );
  }

  private scaledBy(version: string) {
    return {
      ServiceNamespace: 'lambda',
      ResourceId: `function:${this.functionName}:${version}`,
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
    } as const;
  }
}

async function ignoring<T>(error: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === error) {
      return undefined;
    }
    throw thrown;
  }
}
