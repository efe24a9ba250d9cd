import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

const ID = 'ApiGatewayLogging';

/**
 * The account's setting that lets API Gateway write logs, once per stack. It is kept when the stack goes: other APIs
 * of the account write their logs with it too.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export function accountLogRole(scope: Construct): apigateway.CfnAccount {
  const stack = Stack.of(scope);
  const existing = stack.node.tryFindChild(ID);
  if (existing !== undefined) {
    return existing as apigateway.CfnAccount;
  }
  const role = new iam.Role(stack, `${ID}Role`, {
    assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com'),
    description: 'Lets API Gateway write its logs in this account and region',
    inlinePolicies: {
      WriteLogs: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            // What the managed policy for this purpose allows, within this account and region.
            actions: [
              'logs:CreateLogGroup',
              'logs:CreateLogStream',
              'logs:DescribeLogGroups',
              'logs:DescribeLogStreams',
              'logs:PutLogEvents',
              'logs:GetLogEvents',
              'logs:FilterLogEvents',
            ],
            resources: [stack.formatArn({ service: 'logs', resource: '*' })],
          }),
        ],
      }),
    },
  });
  role.applyRemovalPolicy(RemovalPolicy.RETAIN);
  const account = new apigateway.CfnAccount(stack, ID, { cloudWatchRoleArn: role.roleArn });
  account.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return account;
}
