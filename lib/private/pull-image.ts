import * as iam from 'aws-cdk-lib/aws-iam';
import { authorizeToRegistries } from './unscoped-permissions';

/** Allows to pull the images of one repository. In another account its owner has to allow it, too. */
export function grantPullImage(role: iam.IRole, repositoryArn: string): void {
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      resources: [repositoryArn],
    }),
  );
  role.addToPrincipalPolicy(authorizeToRegistries());
}
