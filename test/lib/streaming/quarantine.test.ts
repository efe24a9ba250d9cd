import { type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { identityStatements } from '../../helpers/statements';
import { ofType, only, plain, type PlainTemplate, testStack } from '../../helpers/synth';
import { deployed, FIXED, made, mappingOf, settingsOf } from './deployed';

const onS3 = (template: PlainTemplate, owner = 'LiveRole') =>
  identityStatements(template)
    .filter((statement) => statement.owner.startsWith(owner) && statement.actions[0].startsWith('s3:'))
    .map(({ actions, resources }) => [actions, resources]);
const imported = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Failed', 'failed');

test('a bucket of its own is encrypted, closed to the public, asked by TLS only, and kept', () => {
  const { template } = deployed();
  expect(only(template, 'AWS::S3::Bucket')).toMatchObject({
    DeletionPolicy: 'Retain',
    Properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    },
  });
  expect(JSON.stringify(only(template, 'AWS::S3::BucketPolicy'))).toContain('"aws:SecureTransport":"false"');
});

test('a key of yours encrypts it, and the consumer may use the key to write', () => {
  const { template } = deployed((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }));
  const key = { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] };
  expect(only(template, 'AWS::S3::Bucket').Properties).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } },
      ],
    },
  });
  expect(identityStatements(template)).toContainEqual(
    expect.objectContaining({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key] }),
  );
});

test('a bucket that there is gets both kinds of objects, each below its own prefix', () => {
  const { template, inference } = deployed(
    (stack) => ({ quarantineBucket: imported(stack) }),
    testStack({ env: FIXED }),
  );
  expect(ofType(template, 'AWS::S3::Bucket')).toEqual([]);
  expect(onS3(template)).toEqual([
    [['s3:PutObject'], ['arn:aws:s3:::failed/aws/lambda/*', `arn:aws:s3:::failed/${inference.quarantinePrefix}*`]],
    [['s3:ListBucket'], ['arn:aws:s3:::failed']],
  ]);
  expect(settingsOf(template).quarantine).toEqual({ bucket: 'failed', prefix: inference.quarantinePrefix });
  expect(mappingOf(template).DestinationConfig).toEqual({ OnFailure: { Destination: 'arn:aws:s3:::failed' } });
});

test('the prefix has the name of the consumer in it, so that two never meet, or is yours', () => {
  const stack = testStack();
  expect(made({}, stack, 'Blue').quarantinePrefix).toMatch(/^quarantine\/Stack-Blue-[0-9A-F]{8}\/$/);
  expect(made({}, stack, 'Green').quarantinePrefix).toMatch(/^quarantine\/Stack-Green-[0-9A-F]{8}\/$/);
  const { template } = deployed({ quarantinePrefix: 'poison/fraud/' });
  expect(settingsOf(template).quarantine.prefix).toBe('poison/fraud/');
  expect(JSON.stringify(onS3(template))).toContain('/poison/fraud/*');
});

test.each([
  [''],
  ['/'],
  ['quarantine'],
  ['/quarantine/'],
  ['aws/lambda/'],
  ['aws/lambda/mine/'],
  ['aws/'],
  ['s3://failed/q/'],
  ['*/'],
  ['a?/'],
  ['${aws:userid}/'],
  ['a\n/'],
  [`${'ä'.repeat(256)}/`],
])('the prefix %j is refused', (quarantinePrefix) => {
  expect(() => made({ quarantinePrefix })).toThrow(/'quarantinePrefix' is [^]*write it like 'quarantine\/fraud\/'/);
});

test('a prefix may have 512 bytes', () => {
  expect(() => made({ quarantinePrefix: `${'a'.repeat(511)}/` })).not.toThrow();
});

test('who replays may read the quarantine and the stream, and call the alias, and nothing else', () => {
  const stack = testStack({ env: FIXED });
  const inference = made((within) => ({ quarantineBucket: imported(within) }), stack);
  const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  inference.grantReplay(operator).assertSuccess();
  const template = plain(stack);
  expect(onS3(template, 'Operator')).toEqual([
    [['s3:GetObject'], ['arn:aws:s3:::failed/aws/lambda/*', `arn:aws:s3:::failed/${inference.quarantinePrefix}*`]],
    [['s3:ListBucket'], ['arn:aws:s3:::failed']],
  ]);
  const services = identityStatements(template)
    .filter(({ owner }) => owner.startsWith('Operator'))
    .flatMap(({ actions }) => actions.map((action) => action.replace(/:.*/, '')));
  expect([...new Set(services)].sort()).toEqual(['kinesis', 'lambda', 's3']);
});
