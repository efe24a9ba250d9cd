import { Duration, Lazy, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Sink } from '../../../lib/streaming/sink';
import { identityStatements } from '../../helpers/statements';
import { plain, testStack } from '../../helpers/synth';

function bound(make: (stack: Stack) => Sink) {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const role = new iam.Role(stack, 'Consumer', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const sink = make(stack);
  const settings = sink._bind(role);
  const allowed = identityStatements(plain(stack)).map(({ actions, resources }) => [actions, resources]);
  return { sink, settings, allowed };
}

const key = (stack: Stack) => new kms.Key(stack, 'Key');
const KEY = [{ 'Fn::GetAtt': ['Key961B73FD', 'Arn'] }];

describe('a stream', () => {
  test('is written to, and nothing else', () => {
    const { settings, allowed } = bound((stack) =>
      Sink.kinesis(new kinesis.Stream(stack, 'Out', { encryption: kinesis.StreamEncryption.MANAGED })),
    );
    expect(settings.kind).toBe('kinesis');
    expect(allowed).toEqual([[['kinesis:PutRecords'], [{ 'Fn::GetAtt': [expect.stringMatching(/^Out/), 'Arn'] }]]]);
  });

  test('with a key of yours, too', () => {
    const { allowed } = bound((stack) => Sink.kinesis(new kinesis.Stream(stack, 'Out', { encryptionKey: key(stack) })));
    expect(allowed).toContainEqual([['kms:GenerateDataKey'], KEY]);
  });
});

describe('a table', () => {
  const table = (stack: Stack, encryptionKey?: kms.IKey) =>
    new dynamodb.Table(stack, 'Out', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    });

  test('gets items, and gives none', () => {
    const { settings, allowed } = bound((stack) => Sink.dynamoDb(table(stack)));
    expect(settings).toMatchObject({ kind: 'dynamoDb', partitionKey: 'inferenceId' });
    expect(settings).not.toHaveProperty('ttlSeconds');
    expect(allowed).toEqual([[['dynamodb:PartiQLInsert'], [{ 'Fn::GetAtt': [expect.stringMatching(/^Out/), 'Arn'] }]]]);
  });

  test('whose key and time to live are told', () => {
    const { settings } = bound((stack) =>
      Sink.dynamoDb(table(stack, key(stack)), { partitionKey: 'id', timeToLive: Duration.days(7) }),
    );
    expect(settings).toMatchObject({ partitionKey: 'id', ttlSeconds: 604_800 });
  });
});

describe('a bucket', () => {
  test('is written to below its prefix', () => {
    const { settings, allowed } = bound((stack) => Sink.s3(s3.Bucket.fromBucketName(stack, 'Out', 'out'), 'live/'));
    expect(settings).toEqual({ kind: 's3', bucket: 'out', prefix: 'live/' });
    expect(allowed).toEqual([[['s3:PutObject'], ['arn:aws:s3:::out/live/*']]]);
  });

  test('with the key that it is encrypted with', () => {
    const { allowed } = bound((stack) => Sink.s3(new s3.Bucket(stack, 'Out', { encryptionKey: key(stack) })));
    expect(allowed).toContainEqual([['kms:Decrypt', 'kms:GenerateDataKey'], KEY]);
  });
});

describe('what is refused: ', () => {
  const ids = (make: (stack: Stack) => Sink) =>
    make(testStack())
      ._faults()
      .map(({ id }) => id);
  const bucket = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Out', 'out');
  const table = (stack: Stack) => dynamodb.Table.fromTableName(stack, 'Out', 'out');
  const token = Lazy.string({ produce: () => 'x' });

  test.each<[string, (stack: Stack) => Sink, string[]]>([
    ['a prefix without an end', (stack) => Sink.s3(bucket(stack), 'live'), ['sink-prefix']],
    ['a prefix with a slash in front', (stack) => Sink.s3(bucket(stack), '/live/'), ['sink-prefix']],
    ['an empty prefix', (stack) => Sink.s3(bucket(stack), ''), ['sink-prefix']],
    ['a key without a name', (stack) => Sink.dynamoDb(table(stack), { partitionKey: '' }), ['sink-partition-key']],
    [
      'a key with a long name',
      (stack) => Sink.dynamoDb(table(stack), { partitionKey: 'k'.repeat(256) }),
      ['sink-partition-key'],
    ],
    [
      'items that are gone at once',
      (stack) => Sink.dynamoDb(table(stack), { timeToLive: Duration.seconds(59) }),
      ['sink-time-to-live'],
    ],
    [
      'nothing at the bounds',
      (stack) => Sink.dynamoDb(table(stack), { partitionKey: 'k'.repeat(255), timeToLive: Duration.seconds(60) }),
      [],
    ],
    ['nothing that is not known yet', (stack) => Sink.s3(bucket(stack), token), []],
  ])('%s', (_, make, expected) => {
    expect(ids(make)).toEqual(expected);
  });
});
