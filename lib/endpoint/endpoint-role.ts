import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { attachContainers, publishContainerMetrics } from '../private/unscoped-permissions';

/** The role that the containers of an endpoint run with: logs, metrics and, in a VPC, its network interfaces. */
export function endpointRole(scope: Construct, endpointName: string, inVpc: boolean): iam.Role {
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com'),
    description: `Runs the containers of the endpoint ${endpointName}`,
  });
  allowContainers(role, scope, endpointName, inVpc);
  return role;
}

/**
 * What SageMaker does with the role of a container, beside fetching image and model.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
 */
export function allowContainers(role: iam.IRole, scope: Construct, endpointName: string, inVpc: boolean): void {
  const logGroup = Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: endpointLogGroup(endpointName),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      resources: [logGroup, `${logGroup}:*`],
    }),
  );
  role.addToPrincipalPolicy(publishContainerMetrics());
  if (inVpc) {
    role.addToPrincipalPolicy(attachContainers());
  }
}

/**
 * What SageMaker does with the key of a volume: it lets the volume's service use the key for as long as there are instances.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RecommendationJobInputConfig.html
 */
export function allowVolumes(role: iam.IRole, key: kms.IKey): void {
  key.grantEncryptDecrypt(role);
  key.grant(role, 'kms:DescribeKey');
  iam.Grant.addToPrincipalOrResource({
    grantee: role,
    actions: ['kms:CreateGrant'],
    resourceArns: [key.keyArn],
    resource: key,
    resourceSelfArns: ['*'],
    conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  });
}

/** Where the containers of an endpoint write their logs. */
export function endpointLogGroup(endpointName: string): string {
  return `/aws/sagemaker/Endpoints/${endpointName}`;
}
