import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/rules/fault';
import type { RealtimeEndpointProps } from './realtime-endpoint-props';

/** Where the containers of an endpoint are in a network. */
export interface EndpointNetwork {
  /** Absent without a VPC. */
  readonly vpcConfig?: CfnModel.VpcConfigProperty;
  readonly connections: ec2.Connections;
}

const VPC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html';

export function faultyNetwork({ vpc, ...props }: RealtimeEndpointProps): Fault[] {
  const faults: Fault[] = (['vpcSubnets', 'securityGroups', 's3Endpoint'] as const)
    .filter((prop) => vpc === undefined && props[prop] !== undefined && props[prop] !== false)
    .map((prop) => ({
      id: 'endpoint-network-without-vpc',
      message: `'${prop}' is given without 'vpc', and would be ignored`,
      fix: `give the 'vpc', or leave '${prop}' out`,
    }));
  const groups = props.securityGroups?.length ?? 1;
  if (groups === 0 || groups > 5) {
    faults.push({
      id: 'endpoint-security-groups',
      message: `'securityGroups' has ${groups}, allowed are 1 to 5`,
      fix: 'give at least one and at most five, or leave it out for a new one',
      see: VPC,
    });
  }
  return faults;
}

/** Puts the containers into the VPC, if there is one. */
export function bindNetwork(scope: Construct, props: RealtimeEndpointProps): EndpointNetwork {
  const { vpc } = props;
  if (vpc === undefined) {
    return { connections: new ec2.Connections() };
  }
  const securityGroups = props.securityGroups ?? [
    new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: `Containers of ${scope.node.path}` }),
  ];
  const { subnetIds } = vpc.selectSubnets(props.vpcSubnets ?? privateSubnets(vpc));
  if (props.s3Endpoint ?? (vpc instanceof ec2.Vpc && !hasS3Endpoint(vpc))) {
    vpc.addGatewayEndpoint('S3ForModels', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  }
  return {
    vpcConfig: { subnets: subnetIds, securityGroupIds: securityGroups.map((group) => group.securityGroupId) },
    connections: new ec2.Connections({ securityGroups }),
  };
}

function privateSubnets(vpc: ec2.IVpc): ec2.SubnetSelection {
  return vpc.privateSubnets.length > 0
    ? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }
    : { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
}

/** A second one would want the same routes, which fails the deployment. */
function hasS3Endpoint(vpc: ec2.Vpc): boolean {
  return vpc.node.findAll().some((child) => child instanceof ec2.GatewayVpcEndpoint);
}
