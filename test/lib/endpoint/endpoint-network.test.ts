import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Stack } from 'aws-cdk-lib';
import { RealtimeEndpoint } from '../../../lib';
import { containerModel, EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { importedVpc, PRIVATE_SUBNETS } from '../../fakes/imported';
import { identityStatements } from '../../helpers/statements';
import { comesAfter, ofType, plain, type PlainTemplate, testApp, testStack } from '../../helpers/synth';

const s3Endpoints = (template: PlainTemplate) =>
  ofType(template, 'AWS::EC2::VPCEndpoint').filter(([, { Properties: properties }]) =>
    JSON.stringify(properties!.ServiceName).includes('.s3'),
  );
const vpcConfig = (under: EndpointUnderTest) =>
  under.of('Variants/AllTraffic/Model').VpcConfig as { Subnets: unknown[]; SecurityGroupIds: unknown[] };
const inVpc = (make: (stack: Stack) => ec2.IVpc, props = {}) => {
  const stack = testStack();
  return new EndpointUnderTest({ vpc: make(stack), ...props }, stack);
};
const ownVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc');

test('without a VPC there is no network of yours, and no permission for one', () => {
  const under = new EndpointUnderTest();
  expect(under.of('Variants/AllTraffic/Model')).not.toHaveProperty('VpcConfig');
  expect(JSON.stringify(identityStatements(under.template))).not.toContain('ec2:');
  expect(() => under.endpoint.connections).toThrow(
    /'connections' is used.*give the 'vpc'.*endpoint-connections-without-vpc/,
  );
});

test('the containers of every variant are in the private subnets, in a group that lets nothing in', () => {
  const under = inVpc(importedVpc);
  under.endpoint.addVariant('b', { model: containerModel(), capacity: instances() });
  const group = { 'Fn::GetAtt': [under.at('SecurityGroup').id, 'GroupId'] };
  expect(vpcConfig(under)).toEqual({ Subnets: PRIVATE_SUBNETS, SecurityGroupIds: [group] });
  expect(under.of('Variants/b/Model').VpcConfig).toEqual(vpcConfig(under));
  expect(under.of('SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
  expect(identityStatements(under.template).flatMap(({ actions }) => actions)).toContain(
    'ec2:CreateNetworkInterfacePermission',
  );
});

test('isolated subnets are taken where there are no private ones', () => {
  const under = inVpc(
    (stack) =>
      new ec2.Vpc(stack, 'Vpc', {
        subnetConfiguration: [{ name: 'inner', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      }),
  );
  expect(vpcConfig(under).Subnets).toHaveLength(2);
  expect(s3Endpoints(under.template)).toHaveLength(1);
});

test('subnets and groups of yours', () => {
  const stack = testStack();
  const vpc = importedVpc(stack);
  const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
  const [subnet] = vpc.privateSubnets;
  const under = new EndpointUnderTest({ vpc, vpcSubnets: { subnets: [subnet] }, securityGroups: [group] }, stack);
  expect(vpcConfig(under)).toEqual({ Subnets: [PRIVATE_SUBNETS[0]], SecurityGroupIds: ['sg-1'] });
  expect(under.endpoint.connections.securityGroups).toEqual([group]);
});

test('a caller in the network can be let in', () => {
  const under = inVpc(importedVpc);
  under.endpoint.connections.allowFromAnyIpv4(ec2.Port.tcp(8080));
  expect(under.of('SecurityGroup').SecurityGroupIngress).toHaveLength(1);
});

describe('the way to S3 ', () => {
  test('is added to a VPC of this app, once, and the endpoint waits for it and for the way out', () => {
    const under = inVpc(ownVpc);
    new RealtimeEndpoint(under.stack, 'Other', {
      model: containerModel(),
      capacity: instances(),
      vpc: under.stack.node.findChild('Vpc') as ec2.Vpc,
      s3Endpoint: true,
    });
    const { template } = under;
    expect(s3Endpoints(template)).toHaveLength(1);
    const [[gateway]] = s3Endpoints(template);
    ofType(template, 'AWS::SageMaker::Endpoint').forEach(([id]) => {
      expect(comesAfter(template, id)).toContain(gateway);
      const routes = ofType(template, 'AWS::EC2::Route').map(([route]) => route);
      expect([...comesAfter(template, id)]).toEqual(
        expect.arrayContaining(routes.filter((route) => /Private/.test(route))),
      );
    });
  });

  test('is not added beside one that is there, and is beside one to something else', () => {
    const withEndpoint = (service: ec2.GatewayVpcEndpointAwsService) => (stack: Stack) => {
      const vpc = ownVpc(stack);
      vpc.addGatewayEndpoint('Mine', { service });
      return vpc;
    };
    expect(s3Endpoints(inVpc(withEndpoint(ec2.GatewayVpcEndpointAwsService.S3)).template)).toHaveLength(1);
    const { template } = inVpc(withEndpoint(ec2.GatewayVpcEndpointAwsService.DYNAMODB));
    expect(s3Endpoints(template)).toHaveLength(1);
    expect(ofType(template, 'AWS::EC2::VPCEndpoint')).toHaveLength(2);
  });

  test('is left to whoever made an imported VPC, unless asked', () => {
    expect(s3Endpoints(inVpc(importedVpc).template)).toEqual([]);
    expect(s3Endpoints(inVpc(importedVpc, { s3Endpoint: true }).template)).toHaveLength(1);
    expect(s3Endpoints(inVpc(ownVpc, { s3Endpoint: false }).template)).toEqual([]);
  });

  test('is added in the stack of the VPC', () => {
    const app = testApp();
    const network = new Stack(app, 'Network');
    const stack = new Stack(app, 'Stack');
    new EndpointUnderTest({ vpc: ownVpc(network) }, stack);
    expect(s3Endpoints(plain(network))).toHaveLength(1);
    expect(stack.dependencies).toEqual([network]);
  });
});

describe('input: ', () => {
  const subnets = (count: number) => (stack: Stack) =>
    ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a'],
      privateSubnetIds: Array.from({ length: count }, (_, index) => `subnet-${index}`),
    });

  test.each([
    ['vpcSubnets', { vpcSubnets: {} }],
    ['securityGroups', { securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(new Stack(), 'Group', 'sg-1')] }],
    ['s3Endpoint', { s3Endpoint: true }],
  ])('%s without a VPC is refused: it would be ignored', (prop, props) => {
    expect(refusal(props)).toMatch(new RegExp(`'${prop}' is given without 'vpc'.*endpoint-network-without-vpc`));
  });

  test('declining the way to S3 without a VPC is nothing', () => {
    expect(refusal({ s3Endpoint: false })).toBe('');
  });

  test('one to five groups, one to sixteen subnets', () => {
    const groups = (count: number) => ({
      securityGroups: Array.from({ length: count }, (_, index) =>
        ec2.SecurityGroup.fromSecurityGroupId(new Stack(), 'Group', `sg-${index}`),
      ),
    });
    expect(() => inVpc(importedVpc, groups(5))).not.toThrow();
    expect(() => inVpc(importedVpc, groups(6))).toThrow(
      /'securityGroups' has 6, allowed are 1 to 5.*endpoint-security-groups/,
    );
    expect(() => inVpc(importedVpc, groups(0))).toThrow(/'securityGroups' has 0/);
    expect(() => inVpc(subnets(16))).not.toThrow();
    expect(() => inVpc(subnets(17))).toThrow(/'vpcSubnets' selects 17 subnets, allowed are 16.*endpoint-subnets/);
    expect(() => inVpc(subnets(17), groups(6))).toThrow(/endpoint-security-groups\][^]*endpoint-subnets\]/);
  });
});
