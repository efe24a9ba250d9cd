import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { attachContainers, publishContainerMetrics } from '../private/unscoped-permissions';

/** Where containers write, and whether they are in a network. */
export interface ContainerSurroundings {
  /** Name of their log group. */
  readonly logGroup: string;
  readonly inVpc: boolean;
}

/** A role that containers run with: logs, metrics and, in a VPC, its network interfaces. */
export function containerRole(scope: Construct, description: string, surroundings: ContainerSurroundings): iam.Role {
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com'),
    description,
  });
  allowContainers(role, scope, surroundings);
  return role;
}

/**
 * What SageMaker does with the role of a container, beside fetching image and model.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
 */
export function allowContainers(role: iam.IRole, scope: Construct, surroundings: ContainerSurroundings): void {
  const logGroup = Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: surroundings.logGroup,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      resources: [logGroup, `${logGroup}:*`],
    }),
  );
  role.addToPrincipalPolicy(publishContainerMetrics());
  if (surroundings.inVpc) {
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
