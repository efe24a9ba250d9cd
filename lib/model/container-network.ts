import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct, IDependable } from 'constructs';
import type { Fault } from '../checks/bounds/fault';

/** In which network containers are asked to run. */
export interface WantedNetwork {
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: readonly ec2.ISecurityGroup[];
  /** Whether a gateway endpoint for S3 is made where there is none. */
  readonly s3Endpoint?: boolean;
}

/** Where containers are in a network. */
export interface ContainerNetwork {
  /** Absent without a VPC. */
  readonly vpcConfig?: CfnModel.VpcConfigProperty;
  /** Absent without a VPC. */
  readonly connections?: ec2.Connections;
  /** The ways out, through which containers fetch their model when they start. */
  readonly ready: readonly IDependable[];
}

const VPC = 'https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html';

const MAX_SUBNETS = 16;

export function faultyNetwork({ vpc, ...props }: WantedNetwork): Fault[] {
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
  faults.push(...tooManySubnets(vpc, props.vpcSubnets));
  return faults;
}

function tooManySubnets(vpc: ec2.IVpc | undefined, selection: ec2.SubnetSelection | undefined): Fault[] {
  const count = vpc?.selectSubnets(selection ?? privateSubnets(vpc)).subnetIds.length ?? 0;
  if (count <= MAX_SUBNETS) {
    return [];
  }
  return [
    {
      id: 'endpoint-subnets',
      message: `'vpcSubnets' selects ${count} subnets, allowed are ${MAX_SUBNETS}`,
      fix: "select fewer of them by 'vpcSubnets', such as those of one group",
      see: VPC,
    },
  ];
}

/** Puts the containers into the VPC, if there is one. */
export function bindNetwork(scope: Construct, props: WantedNetwork): ContainerNetwork {
  const { vpc } = props;
  if (vpc === undefined) {
    return { ready: [] };
  }
  const securityGroups = [...(props.securityGroups ?? [ownGroup(scope, vpc)])];
  const { subnetIds, internetConnectivityEstablished } = vpc.selectSubnets(props.vpcSubnets ?? privateSubnets(vpc));
  const s3Endpoint = s3EndpointOf(vpc, props.s3Endpoint);
  return {
    vpcConfig: { subnets: subnetIds, securityGroupIds: securityGroups.map((group) => group.securityGroupId) },
    connections: new ec2.Connections({ securityGroups }),
    ready: [internetConnectivityEstablished, ...(s3Endpoint === undefined ? [] : [s3Endpoint])],
  };
}

function ownGroup(scope: Construct, vpc: ec2.IVpc): ec2.ISecurityGroup {
  return new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: `Containers of ${scope.node.path}` });
}

/** A second endpoint for S3 would want the same routes, which fails the deployment: one that is there is taken. */
function s3EndpointOf(vpc: ec2.IVpc, wanted: boolean | undefined): ec2.GatewayVpcEndpoint | undefined {
  const existing = vpc.node
    .findAll()
    .find((child): child is ec2.GatewayVpcEndpoint => child instanceof ec2.GatewayVpcEndpoint && isForS3(child));
  if (existing !== undefined || !(wanted ?? vpc instanceof ec2.Vpc)) {
    return existing;
  }
  return vpc.addGatewayEndpoint('S3ForModels', { service: ec2.GatewayVpcEndpointAwsService.S3 });
}

function isForS3(endpoint: ec2.GatewayVpcEndpoint): boolean {
  return (endpoint.node.defaultChild as ec2.CfnVPCEndpoint).serviceName?.endsWith('.s3') === true;
}

function privateSubnets(vpc: ec2.IVpc): ec2.SubnetSelection {
  return vpc.privateSubnets.length > 0
    ? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }
    : { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
}
