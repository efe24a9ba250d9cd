/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Stack } from 'aws-cdk-lib';
import { accountLogRole } from '../../../lib/api/account-log-role';
import { identityStatements } from '../../helpers/statements';
import { only, plain, testApp, testStack } from '../../helpers/synth';

test('once per stack, kept when the stack goes, with a role for API Gateway alone', () => {
  const stack = testStack();
  expect(accountLogRole(stack)).toBe(accountLogRole(stack));
  const template = plain(stack);
  expect(only(template, 'AWS::ApiGateway::Account')).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
  });
  const role = only(template, 'AWS::IAM::Role');
  expect(role).toMatchObject({ DeletionPolicy: 'Retain' });
  expect(role.Properties!.AssumeRolePolicyDocument.Statement).toEqual([
    { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' } },
  ]);
});

test('it may write logs of this account and region, by what the managed policy allows', () => {
  const stack = testStack();
  accountLogRole(stack);
  const [statement] = identityStatements(plain(stack));
  // AmazonAPIGatewayPushToCloudWatchLogs
  expect([...statement.actions].sort()).toEqual(
    [
      'CreateLogGroup',
      'CreateLogStream',
      'DescribeLogGroups',
      'DescribeLogStreams',
      'FilterLogEvents',
      'GetLogEvents',
      'PutLogEvents',
    ].map((action) => `logs:${action}`),
  );
  expect(JSON.stringify(statement.resources)).toMatch(/:logs:/);
});

test('two stacks have one each', () => {
  const app = testApp();
  expect(accountLogRole(new Stack(app, 'A'))).not.toBe(accountLogRole(new Stack(app, 'B')));
});
