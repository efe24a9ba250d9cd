import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { VariantScaling } from '../../rollout-target/contract';
import { unlessMissing } from './sagemaker-answers';

const PREDEFINED = {
  invocationsPerInstance: 'SageMakerVariantInvocationsPerInstance',
  concurrentRequests: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
} as const;

/**
 * What scales the variants of one endpoint. Without scaling in the settings nothing does, whatever did before.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
 */
export class VariantScalers {
  constructor(
    private readonly scaling: ApplicationAutoScalingClient,
    private readonly endpointName: string,
    private readonly wanted: VariantScaling | undefined,
  ) {}

  public get isScaled(): boolean {
    return this.wanted !== undefined;
  }

  /** Instances that traffic may need although the live variant has fewer now. */
  public get floor(): number {
    return Number(this.wanted?.floor ?? 0);
  }

  /** While traffic is split a variant may get more instances, and none is taken from it: the traffic may come back at any moment. */
  public async hold(variantName: string, least: number): Promise<void> {
    if (this.wanted === undefined) {
      return this.remove(variantName);
    }
    const { max, schedules } = this.wanted;
    await this.register(
      variantName,
      least,
      Math.max(least, Number(max), ...schedules.map((schedule) => Number(schedule.max))),
      true,
    );
  }

  /** Leaves a variant, which has all traffic, to what scales it. */
  public async release(variantName: string): Promise<void> {
    // Whatever scaled it may be of settings that are gone.
    await this.remove(variantName);
    if (this.wanted === undefined) {
      return;
    }
    const { min, max, schedules } = this.wanted;
    await this.register(variantName, Number(min), Number(max), false);
    for (const { name, schedule, timeZone, min: least, max: most } of schedules) {
      await this.scaling.send(
        new PutScheduledActionCommand({
          ...this.scaledBy(variantName),
          ScheduledActionName: name,
          Schedule: schedule,
          Timezone: timeZone,
          ScalableTargetAction: { MinCapacity: Number(least), MaxCapacity: Number(most) },
        }),
      );
    }
  }

  /**
   * Takes policies and schedules along; how many instances there are stays as it is. Comes before an update that drops the variant, which
   * is refused otherwise.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
   */
  public async remove(variantName: string): Promise<void> {
    await unlessMissing(() => this.scaling.send(new DeregisterScalableTargetCommand(this.scaledBy(variantName))));
  }

  private async register(variantName: string, least: number, most: number, held: boolean): Promise<void> {
    const { metric, scaleInCooldownSeconds, scaleOutCooldownSeconds } = this.wanted!;
    await this.scaling.send(
      new RegisterScalableTargetCommand({
        ...this.scaledBy(variantName),
        MinCapacity: least,
        MaxCapacity: most,
        SuspendedState: {
          DynamicScalingInSuspended: held,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: held,
        },
      }),
    );
    await this.scaling.send(
      new PutScalingPolicyCommand({
        ...this.scaledBy(variantName),
        // The name that a rollout of CloudFormation gives it, so that there is one when the endpoint comes from there.
        PolicyName: `${this.endpointName}-${variantName}-${metric}`,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          ...this.metricOf(variantName),
          ScaleInCooldown: seconds(scaleInCooldownSeconds),
          ScaleOutCooldown: seconds(scaleOutCooldownSeconds),
        },
      }),
    );
  }

  private metricOf(
    variantName: string,
  ): Pick<
    TargetTrackingScalingPolicyConfiguration,
    'TargetValue' | 'PredefinedMetricSpecification' | 'CustomizedMetricSpecification'
  > & { TargetValue: number } {
    const { metric, target } = this.wanted!;
    const TargetValue = Number(target);
    if (metric !== 'gpuUtilization') {
      return { TargetValue, PredefinedMetricSpecification: { PredefinedMetricType: PREDEFINED[metric] } };
    }
    return {
      TargetValue,
      CustomizedMetricSpecification: {
        Namespace: '/aws/sagemaker/Endpoints',
        MetricName: 'GPUUtilization',
        Statistic: 'Average',
        Dimensions: [
          { Name: 'EndpointName', Value: this.endpointName },
          { Name: 'VariantName', Value: variantName },
        ],
      },
    };
  }

  private scaledBy(variantName: string) {
    return {
      ServiceNamespace: 'sagemaker',
      ResourceId: `endpoint/${this.endpointName}/variant/${variantName}`,
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    } as const;
  }
}

/** What is known only at deployment may come as text. */
function seconds(given: number | undefined): number | undefined {
  return given === undefined ? undefined : Number(given);
}
