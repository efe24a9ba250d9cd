/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { logGroup } from '../../../lib/private/log-group';
import { resourceStatements } from '../../helpers/statements';
import { plain, testStack } from '../../helpers/synth';

const KEPT = { retention: RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.RETAIN };

test('a group without a key', () => {
  const stack = testStack();
  logGroup(stack, 'Logs', KEPT);
  Template.fromStack(stack).hasResource('AWS::Logs::LogGroup', {
    DeletionPolicy: 'Retain',
    Properties: { RetentionInDays: 7, KmsKeyId: Match.absent(), LogGroupName: Match.absent() },
  });
});

test('a key is used, and CloudWatch Logs may use it for groups of this account and region alone', () => {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  logGroup(stack, 'Logs', { ...KEPT, encryptionKey: key });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: stack.resolve(key.keyArn) });
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Principal: {
            Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] },
          },
          Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': Match.anyValue() } },
        }),
      ]),
    },
  });
});

test('the service is that of the region, with the suffix of the partition', () => {
  const stack = testStack({ env: { region: 'cn-north-1', account: '111122223333' } });
  logGroup(stack, 'Logs', { ...KEPT, encryptionKey: new kms.Key(stack, 'Key') });
  const [statement] = resourceStatements(plain(stack)).filter(({ condition }) => condition !== undefined);
  expect(statement.principal).toEqual({
    Service: { 'Fn::Join': ['', ['logs.cn-north-1.', { Ref: 'AWS::URLSuffix' }]] },
  });
});

test('several groups of one key repeat nothing in its policy, and no statement id comes twice', () => {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  ['A', 'B', 'C'].forEach((id) => logGroup(stack, id, { ...KEPT, encryptionKey: key }));
  const { Statement: statements } = (Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'))[0] as any)
    .Properties.KeyPolicy;
  expect(statements).toHaveLength(2);
});

test('an imported key is used as it is', () => {
  const stack = testStack();
  logGroup(stack, 'Logs', {
    ...KEPT,
    encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::KMS::Key', 0);
  template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1' });
});
