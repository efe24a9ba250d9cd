import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * The only permissions in this library on `Resource: *`, each because the API offers nothing finer. Everything else is
 * scoped to the resource it is for. (With tracing on, aws-cdk-lib itself adds `xray:PutTraceSegments` and
 * `xray:PutTelemetryRecords`, which have no resource to be scoped to.)
 */

/**
 * `DescribeAlarms` answers for composite alarms only when it is allowed on `*`, and a rollback may watch one.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export function describeAlarms(): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] });
}

/**
 * `GetMetricData` knows no resources.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
 */
export function readMetrics(): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] });
}

/**
 * `ListEndpointConfigs` knows no resources.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
 */
export function listEndpointConfigs(): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['sagemaker:ListEndpointConfigs'], resources: ['*'] });
}

/**
 * A token that opens every registry which a policy allows besides; it cannot be asked for one of them.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export function authorizeToRegistries(): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] });
}

/**
 * A function in a VPC makes and removes its own network interfaces, whose ids do not exist beforehand.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function manageNetworkInterfaces(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
}

/**
 * `PutMetricData` knows no resources; the condition keeps it to the metrics of containers.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
 */
export function publishContainerMetrics(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] } },
  });
}

/**
 * SageMaker makes and removes the network interfaces of containers in a VPC, whose ids do not exist beforehand.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
 */
export function attachContainers(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
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
    resources: ['*'],
  });
}
