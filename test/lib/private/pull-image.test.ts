import * as iam from 'aws-cdk-lib/aws-iam';
import { grantPullImage } from '../../../lib/private/pull-image';
import { identityStatements } from '../../helpers/statements';
import { plain, testStack } from '../../helpers/synth';

test('images of one repository may be pulled, and the token that every pull needs may be asked for', () => {
  const stack = testStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  const arn = 'arn:aws:ecr:eu-west-1:111122223333:repository/models/fraud';
  grantPullImage(role, arn);
  expect(identityStatements(plain(stack)).map(({ actions, resources }) => ({ actions, resources }))).toEqual([
    {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [arn],
    },
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
  ]);
});
