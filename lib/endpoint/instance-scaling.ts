import type { CfnResource } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import type { InstanceSpec } from '../model/instance-type';
import { mustBeKnown } from '../private/validation';
import type { InstanceTarget, Scaling } from '../scaling/scaling';

/** Requests at a time per instance that are aimed at when nothing is said. */
const DEFAULT_CONCURRENCY = 5;

/** One variant whose number of instances follows its traffic. */
export interface ScaledVariant {
  readonly endpointName: string;
  readonly variantName: string;
  readonly min: number;
  readonly max: number;
  readonly target: InstanceTarget;
  readonly instance?: InstanceSpec;
}

/** The target that applies: what was asked for, or requests at a time where the capacity leaves room to scale. */
export function targetOf(scaling: Scaling | undefined, scalable: boolean): InstanceTarget | undefined {
  if (scaling !== undefined) {
    return scaling._instances;
  }
  return scalable ? { metric: 'concurrentRequests', target: DEFAULT_CONCURRENCY } : undefined;
}

/** Faults of a scaling on this capacity. */
export function faultyScaling(
  scaling: Scaling | undefined,
  capacity: { readonly onInstances: boolean; readonly scalable: boolean; readonly instance?: InstanceSpec },
): Fault[] {
  if (scaling === undefined) {
    return [];
  }
  const target = scaling._instances;
  if (target === undefined || !capacity.onInstances) {
    return [
      {
        id: 'scaling-other-mode',
        message: `'scaling' is ${target === undefined ? 'of provisioned concurrency on AWS Lambda' : 'of instances'}, and ${capacity.onInstances ? 'this endpoint runs on instances' : 'serverless capacity has none'}`,
        fix: capacity.onInstances
          ? 'use Scaling.concurrentRequests, Scaling.invocationsPerInstance or Scaling.gpuUtilization'
          : "leave 'scaling' out: serverless capacity follows its traffic by itself, up to 'maxConcurrency'",
        see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html',
      },
    ];
  }
  const faults: Fault[] = [];
  if (!capacity.scalable && target.schedules === undefined) {
    faults.push({
      id: 'scaling-nothing-to-scale',
      message: "'scaling' is given, and the capacity has as many instances at least as at most",
      fix: "give the capacity a larger 'max', or leave 'scaling' out",
    });
  }
  if (
    target.metric === 'gpuUtilization' &&
    capacity.instance !== undefined &&
    capacity.instance.gpuMemory === undefined
  ) {
    faults.push({
      id: 'scaling-no-gpu',
      message: "'scaling' follows the utilisation of GPUs, and the instances have none",
      fix: 'use Scaling.concurrentRequests or Scaling.invocationsPerInstance',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html',
    });
  }
  if (target.metric === 'gpuUtilization' && (capacity.instance?.acceleratorCount ?? 0) > 1) {
    faults.push(
      ...mustBeKnown(
        'scaling-unknown-target',
        'percent',
        target.target,
        'it is multiplied by the number of GPUs before',
      ),
    );
  }
  if (target.metric === 'gpuUtilization' && capacity.instance === undefined) {
    faults.push({
      id: 'scaling-unknown-gpus',
      message:
        "'scaling' follows the utilisation of GPUs, which SageMaker sums over all of an instance, and how many the instances have is not known",
      fix: 'use Scaling.concurrentRequests',
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html',
    });
  }
  return faults;
}

/**
 * Lets the number of instances follow the traffic. Registered only once the endpoint is there, and removed before it.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
 */
export function scaleInstances(
  scope: Construct,
  variant: ScaledVariant,
  endpoint: CfnResource,
): appscaling.CfnScalableTarget {
  const { target } = variant;
  const scalable = new appscaling.CfnScalableTarget(scope, 'ScalableTarget', {
    serviceNamespace: 'sagemaker',
    scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    resourceId: `endpoint/${variant.endpointName}/variant/${variant.variantName}`,
    minCapacity: variant.min,
    maxCapacity: variant.max,
    scheduledActions: Object.entries(target.schedules ?? {}).map(([name, { schedule, timeZone, min, max }]) => ({
      scheduledActionName: name,
      schedule: schedule.expressionString,
      timezone: timeZone?.timezoneName,
      scalableTargetAction: { minCapacity: min, maxCapacity: max },
    })),
  });
  scalable.addResourceDependency(endpoint);
  new appscaling.CfnScalingPolicy(scope, 'ScalingPolicy', {
    // Not replaced by a change, so it may have a name; two of one name cannot be on one target.
    policyName: `${variant.endpointName}-${variant.variantName}-${target.metric}`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId: scalable.ref,
    targetTrackingScalingPolicyConfiguration: {
      ...metricOf(variant),
      scaleInCooldown: target.scaleInCooldown?.toSeconds(),
      scaleOutCooldown: target.scaleOutCooldown?.toSeconds(),
    },
  });
  return scalable;
}

const PREDEFINED = {
  invocationsPerInstance: 'SageMakerVariantInvocationsPerInstance',
  concurrentRequests: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
} as const;

function metricOf({
  target,
  instance,
  endpointName,
  variantName,
}: ScaledVariant): Pick<
  appscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty,
  'targetValue' | 'predefinedMetricSpecification' | 'customizedMetricSpecification'
> {
  if (target.metric !== 'gpuUtilization') {
    return {
      targetValue: targetValue(target, instance),
      predefinedMetricSpecification: { predefinedMetricType: PREDEFINED[target.metric] },
    };
  }
  return {
    targetValue: targetValue(target, instance),
    customizedMetricSpecification: {
      namespace: '/aws/sagemaker/Endpoints',
      metricName: 'GPUUtilization',
      statistic: 'Average',
      dimensions: [
        { name: 'EndpointName', value: endpointName },
        { name: 'VariantName', value: variantName },
      ],
    },
  };
}

/** As the metric is published: the utilisation of GPUs is the sum over all of an instance. */
export function targetValue({ metric, target }: InstanceTarget, instance: InstanceSpec | undefined): number {
  return metric !== 'gpuUtilization' || instance!.acceleratorCount === 1 ? target : target * instance!.acceleratorCount;
}
