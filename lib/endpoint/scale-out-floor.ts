import { CustomResource, Lazy, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ScaleOutProperties } from '../../lambda/deployment-check/contract';
import { DeploymentChecker } from './deployment-checker';

/** Properties of a scale-out floor. */
export interface ScaleOutFloorProps {
  readonly endpointName: string;
  readonly endpointArn: string;
  readonly endpointConfigName: string;
}

/**
 * Has so many instances of each variant run before the endpoint is updated: the new fleet is made as large as the old one is
 * then, and gets all the traffic that meanwhile built up. Waits until they are there, at most a quarter of an hour.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
 */
export class ScaleOutFloor extends Construct {
  private readonly floors = new Map<string, number>();

  constructor(scope: Construct, id: string, props: ScaleOutFloorProps) {
    super(scope, id);
    const checker = DeploymentChecker.of(this);
    const properties: { readonly [property in keyof ScaleOutProperties]: unknown } = {
      EndpointName: props.endpointName,
      // Another with each change, so that this runs before each update and never otherwise.
      EndpointConfigName: props.endpointConfigName,
      Floors: Lazy.any({
        produce: () => [...this.floors].map(([VariantName, InstanceCount]) => ({ VariantName, InstanceCount })),
      }),
    };
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::EndpointScaleOut',
      serviceToken: checker.serviceToken,
      properties,
    });
    resource.node.addDependency(
      checker.allow(this, [
        new iam.PolicyStatement({
          actions: ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'],
          resources: [props.endpointArn],
        }),
      ]),
    );
  }

  /** Asks for so many instances of one more variant. */
  public raise(variantName: string, instances: number): void {
    this.floors.set(variantName, instances);
  }

  /** For the rollout plan. */
  public notes(): string[] {
    return [...this.floors].map(
      ([variantName, instances]) =>
        `before the new fleet is made, variant ${variantName} gets ${Tokenization.stringifyNumber(instances)} instances if it has fewer`,
    );
  }
}
