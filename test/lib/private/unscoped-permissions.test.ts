import * as unscoped from '../../../lib/private/unscoped-permissions';

test('the list of permissions on everything is short, and each allows single actions only', () => {
  const listed = Object.fromEntries(
    Object.entries(unscoped).map(([name, statement]) => [name, statement().toStatementJson()]),
  );
  expect(listed).toEqual({
    describeAlarms: { Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource: '*' },
    readMetrics: { Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' },
    listEndpointConfigs: { Effect: 'Allow', Action: 'sagemaker:ListEndpointConfigs', Resource: '*' },
    authorizeToRegistries: { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    manageNetworkInterfaces: {
      Effect: 'Allow',
      Action: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      Resource: '*',
    },
    publishContainerMetrics: {
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] } },
    },
    // https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
    attachContainers: {
      Effect: 'Allow',
      Action: [
        'ec2:CreateNetworkInterface',
        'ec2:CreateNetworkInterfacePermission',
        'ec2:DeleteNetworkInterface',
        'ec2:DeleteNetworkInterfacePermission',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      Resource: '*',
    },
  });
});
