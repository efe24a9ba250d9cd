import { Lazy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { renewWithContent } from '../private/content-hash';
import { deploymentConfig, deploymentPlan } from '../rollout/endpoint-deployment';
import type { RolloutPlan } from '../rollout/rollout-plan';
import { DeploymentCheck } from './deployment-check';
import type { DeliveredEndpoint, EndpointDelivery } from './endpoint-delivery';
import type { EndpointVariant } from './endpoint-variant';
import { scaleInstances } from './instance-scaling';
import { ScaleOutFloor } from './scale-out-floor';
import { newFleetAlarms, type WatchedVariant } from './variant-alarms';

const SCALED_NOTES = [
  'scaling pauses while the endpoint is updated; the number of instances that it had reached is kept',
  'SageMaker refuses to change the instance type of a variant that is scaled, and to remove it: take the scaling away in a deployment of its own before',
];

/** An endpoint of the template: CloudFormation asks for each new configuration, and SageMaker's deployment guardrails shift the traffic. */
export class GuardedEndpoint implements EndpointDelivery {
  public readonly resource: sagemaker.CfnEndpoint;

  private readonly newFleets: cloudwatch.Alarm[] = [];
  private floor?: ScaleOutFloor;

  constructor(
    private readonly scope: Construct,
    private readonly endpoint: DeliveredEndpoint,
  ) {
    this.resource = this.create();
  }

  /** Fails the stack where SageMaker has rolled back. */
  public watch(): void {
    const { endpointName, endpointArn, config } = this.endpoint;
    new DeploymentCheck(this.scope, 'DeploymentCheck', {
      endpointName,
      endpointArn,
      endpointConfigName: config.attrEndpointConfigName,
      alarms: () => this.rollbackAlarms,
    }).node.addDependency(this.resource);
  }

  public get rollbackAlarms(): cloudwatch.IAlarm[] {
    return [...this.newFleets, ...(this.endpoint.props.rollout?.options.rollbackAlarms ?? [])];
  }

  public get plan(): RolloutPlan {
    return deploymentPlan(this.endpoint.rollout(), this.fleets, {
      watches: this.rollbackAlarms.map((alarm) => alarm.node.path),
      notes: this.isScaled ? [...SCALED_NOTES, ...this.keptCounts(), ...(this.floor?.notes() ?? [])] : [],
    });
  }

  public deliver(variant: EndpointVariant, watched: WatchedVariant): readonly WatchedVariant[] {
    const { endpointName, config, thresholds, variants } = this.endpoint;
    const { variantName } = variant;
    const rollback = newFleetAlarms(variant, watched, config.attrEndpointConfigName, thresholds);
    rollback.forEach((alarm) =>
      renewWithContent(alarm.node.defaultChild as cloudwatch.CfnAlarm, () => [
        config,
        ...variants.map(({ _cfnModel }) => _cfnModel),
      ]),
    );
    this.newFleets.push(...rollback);
    if (variant._target !== undefined) {
      const { min, max, type, rolloutFloor } = variant.capacity._instances!;
      if (rolloutFloor !== undefined) {
        this.scaleOutFloor().raise(variantName, rolloutFloor);
      }
      scaleInstances(
        variant,
        { endpointName, variantName, min, max, target: variant._target, instance: type.spec },
        this.resource,
      );
    }
    return [watched];
  }

  /** Before the endpoint is updated; where nobody asks for one, there is none. */
  private scaleOutFloor(): ScaleOutFloor {
    const { endpointName, endpointArn, config } = this.endpoint;
    this.floor ??= new ScaleOutFloor(this.scope, 'ScaleOutFloor', {
      endpointName,
      endpointArn,
      endpointConfigName: config.attrEndpointConfigName,
    });
    this.resource.node.addDependency(this.floor);
    return this.floor;
  }

  private get fleets() {
    return this.endpoint.variants.map((variant) => variant._fleet());
  }

  private get isScaled(): boolean {
    return this.endpoint.variants.some(({ _target }) => _target !== undefined);
  }

  /** SageMaker retains the number of instances of all variants, or of none. */
  private keptCounts(): string[] {
    return this.endpoint.variants
      .filter(({ capacity, _target }) => capacity._instances !== undefined && _target === undefined)
      .map(
        ({ variantName }) =>
          `SageMaker keeps the number of instances of variant ${variantName}, too, since another one is scaled: change it with UpdateEndpointWeightsAndCapacities, or let it be scaled`,
      );
  }

  private create(): sagemaker.CfnEndpoint {
    const { endpointName, config, role, ready } = this.endpoint;
    const watch = new iam.Policy(this.scope, 'WatchRollbackAlarms', {
      statements: [
        new iam.PolicyStatement({
          actions: ['cloudwatch:DescribeAlarms'],
          resources: Lazy.list({ produce: () => this.rollbackAlarms.map((alarm) => alarm.alarmArn) }),
        }),
      ],
    });
    // By way of the role, which may be one that is not to be changed.
    role.attachInlinePolicy(watch);
    const endpoint = new sagemaker.CfnEndpoint(this.scope, 'Resource', {
      endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      deploymentConfig: Lazy.any({
        produce: () =>
          deploymentConfig(
            this.endpoint.rollout(),
            this.fleets,
            this.rollbackAlarms.map((alarm) => alarm.alarmName),
          ),
      }),
      // What the autoscaler has reached is kept. Weights are the template's: SageMaker would ignore a change of one.
      retainAllVariantProperties: Lazy.any({ produce: () => (this.isScaled ? true : undefined) }),
      excludeRetainedVariantProperties: Lazy.any({
        produce: () => (this.isScaled ? [{ variantPropertyType: 'DesiredWeight' }] : undefined),
      }),
    });
    // The role's permission to see the alarms names them, they name the configuration, it the model, and the model waits for
    // the role's other permissions: so this one is apart, and only the endpoint waits for it.
    endpoint.node.addDependency(watch, ...ready);
    return endpoint;
  }
}
