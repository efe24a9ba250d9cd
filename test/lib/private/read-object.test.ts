import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { grantReadObject, grantReadObjectsBelow } from '../../../lib/private/read-object';
import { identityStatements } from '../../helpers/statements';
import { plain, testStack } from '../../helpers/synth';

test('one object of an imported bucket may be read, and nothing else', () => {
  const stack = testStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  grantReadObject(s3.Bucket.fromBucketName(stack, 'Bucket', 'models'), 'a/b.onnx', role);
  expect(identityStatements(plain(stack))).toEqual([
    expect.objectContaining({
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::models/a/b.onnx']] }],
    }),
  ]);
});

test('with a key of the bucket, decryption comes along', () => {
  const stack = testStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const key = new kms.Key(stack, 'Key');
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'models', encryptionKey: key });
  grantReadObject(bucket, 'b.onnx', role);
  const statements = identityStatements(plain(stack));
  expect(statements.find(({ actions }) => actions.includes('kms:Decrypt'))).toMatchObject({
    actions: ['kms:Decrypt'],
    resources: [stack.resolve(key.keyArn)],
  });
  expect(statements.flatMap(({ resources }) => resources)).not.toContain('*');
});

test('what lies below a prefix may be found and read, and nothing else', () => {
  const stack = testStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  grantReadObjectsBelow(s3.Bucket.fromBucketName(stack, 'Bucket', 'models'), 'chat/7b/', role);
  const arn = (path: string) => [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${path}`]] }];
  expect(identityStatements(plain(stack))).toEqual([
    expect.objectContaining({
      actions: ['s3:ListBucket'],
      resources: arn('models'),
      condition: { StringLike: { 's3:prefix': 'chat/7b/*' } },
    }),
    expect.objectContaining({
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: arn('models/chat/7b/*'),
    }),
  ]);
});
