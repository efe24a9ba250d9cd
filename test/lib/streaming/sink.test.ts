import { Duration, Lazy, Size, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
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

const table = (stack: Stack, props: Partial<dynamodb.TableProps> = {}) =>
  new dynamodb.Table(stack, 'Out', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, ...props });

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
  test('gets items, and gives none', () => {
    const { settings, allowed } = bound((stack) => Sink.dynamoDb(table(stack)));
    expect(settings).toMatchObject({ kind: 'dynamoDb', partitionKey: 'inferenceId' });
    expect(settings).not.toHaveProperty('ttlSeconds');
    expect(allowed).toEqual([[['dynamodb:PartiQLInsert'], [{ 'Fn::GetAtt': [expect.stringMatching(/^Out/), 'Arn'] }]]]);
  });

  test('whose key and time to live are told', () => {
    const { settings } = bound((stack) =>
      Sink.dynamoDb(table(stack, { encryptionKey: key(stack) }), { partitionKey: 'id', timeToLive: Duration.days(7) }),
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

describe('a function', () => {
  const fn = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Own', `${LAMBDA}:Own`);
  const LAMBDA = 'arn:aws:lambda:eu-west-1:111122223333:function';

  test('is called, and no version or alias of it', () => {
    const { settings, allowed } = bound((stack) => Sink.function(fn(stack)));
    expect(settings).toEqual({
      kind: 'function',
      functionArn: `${LAMBDA}:Own`,
      maxRecords: 500,
      maxBytes: 5 * 1024 * 1024,
      idempotent: false,
    });
    expect(allowed).toEqual([[['lambda:InvokeFunction'], [`${LAMBDA}:Own`]]]);
  });

  test('by its alias, and nothing beside that', () => {
    const { settings, allowed } = bound((stack) =>
      Sink.function(
        lambda.Alias.fromAliasAttributes(stack, 'Live', {
          aliasName: 'live',
          aliasVersion: lambda.Version.fromVersionArn(stack, 'V', `${LAMBDA}:Own:7`),
        }),
        { maxRecords: 10, maxPayload: Size.kibibytes(1), idempotent: true },
      ),
    );
    expect(settings).toMatchObject({ maxRecords: 10, maxBytes: 1024, idempotent: true });
    expect(allowed).toEqual([[['lambda:InvokeFunction'], [`${LAMBDA}:Own:live`]]]);
  });
});

describe('what is refused: ', () => {
  const ids = (make: (stack: Stack) => Sink) =>
    make(testStack())
      ._faults()
      .map(({ id }) => id);
  const bucket = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Out', 'out');
  const imported = (stack: Stack) => dynamodb.Table.fromTableName(stack, 'Out', 'out');
  const fn = (stack: Stack) => lambda.Function.fromFunctionName(stack, 'Own', 'own');
  const { NUMBER, STRING } = dynamodb.AttributeType;
  const token = Lazy.string({ produce: () => 'x' });

  test.each<[string, (stack: Stack) => Sink, string[]]>([
    ['a prefix without an end', (stack) => Sink.s3(bucket(stack), 'live'), ['sink-prefix']],
    ['a prefix with a slash in front', (stack) => Sink.s3(bucket(stack), '/live/'), ['sink-prefix']],
    ['an empty prefix', (stack) => Sink.s3(bucket(stack), ''), ['sink-prefix']],
    ['a key without a name', (stack) => Sink.dynamoDb(imported(stack), { partitionKey: '' }), ['sink-partition-key']],
    [
      'a key with a long name',
      (stack) => Sink.dynamoDb(imported(stack), { partitionKey: 'k'.repeat(256) }),
      ['sink-partition-key'],
    ],
    [
      'items that are gone at once',
      (stack) => Sink.dynamoDb(imported(stack), { timeToLive: Duration.seconds(59) }),
      ['sink-time-to-live'],
    ],
    [
      'nothing at the bounds',
      (stack) => Sink.dynamoDb(imported(stack), { partitionKey: 'k'.repeat(255), timeToLive: Duration.seconds(60) }),
      [],
    ],
    ['a prefix that is an address', (stack) => Sink.s3(bucket(stack), 's3://out/live/'), ['sink-prefix']],
    ['a prefix that permits more than it says', (stack) => Sink.s3(bucket(stack), 'a*/'), ['sink-prefix']],
    ['a prefix with a line in it', (stack) => Sink.s3(bucket(stack), 'a\n/'), ['sink-prefix']],
    ['a prefix that leaves keys no room', (stack) => Sink.s3(bucket(stack), `${'ä'.repeat(256)}/`), ['sink-prefix']],
    ['no prefix that just leaves it', (stack) => Sink.s3(bucket(stack), `${'a'.repeat(511)}/`), []],
    [
      'a key that has the name of another attribute',
      (stack) => Sink.dynamoDb(imported(stack), { partitionKey: 'key' }),
      ['sink-partition-key-taken'],
    ],
    ['a table with another key', (stack) => Sink.dynamoDb(table(stack)), ['sink-table-key']],
    [
      'a table with a number as its key',
      (stack) => Sink.dynamoDb(table(stack, { partitionKey: { name: 'inferenceId', type: NUMBER } })),
      ['sink-table-key'],
    ],
    [
      'a table with a sort key',
      (stack) => Sink.dynamoDb(table(stack, { sortKey: { name: 'at', type: STRING } }), { partitionKey: 'id' }),
      ['sink-table-key'],
    ],
    [
      'a table without a time to live',
      (stack) => Sink.dynamoDb(table(stack), { partitionKey: 'id', timeToLive: Duration.days(1) }),
      ['sink-table-time-to-live'],
    ],
    [
      'a table whose time to live is another attribute',
      (stack) =>
        Sink.dynamoDb(table(stack, { timeToLiveAttribute: 'ttl' }), {
          partitionKey: 'id',
          timeToLive: Duration.days(1),
        }),
      ['sink-table-time-to-live'],
    ],
    [
      'no table that fits',
      (stack) =>
        Sink.dynamoDb(table(stack, { timeToLiveAttribute: 'expiresAt' }), {
          partitionKey: 'id',
          timeToLive: Duration.days(1),
        }),
      [],
    ],
    [
      'a global table with another key',
      (stack) => Sink.dynamoDb(new dynamodb.TableV2(stack, 'Out', { partitionKey: { name: 'id', type: STRING } })),
      ['sink-table-key'],
    ],
    [
      'no global table that fits',
      (stack) =>
        Sink.dynamoDb(
          new dynamodb.TableV2(stack, 'Out', {
            partitionKey: { name: 'inferenceId', type: STRING },
            timeToLiveAttribute: 'expiresAt',
          }),
          { timeToLive: Duration.days(1) },
        ),
      [],
    ],
    [
      'a time to live that nobody knows',
      (stack) => Sink.dynamoDb(imported(stack), { timeToLive: Duration.seconds(Lazy.number({ produce: () => 60 })) }),
      ['sink-unknown-time-to-live'],
    ],
    ['calls of nothing', (stack) => Sink.function(fn(stack), { maxRecords: 0 }), ['sink-function-records']],
    ['calls of too many', (stack) => Sink.function(fn(stack), { maxRecords: 10_001 }), ['sink-function-records']],
    [
      'calls that are too small',
      (stack) => Sink.function(fn(stack), { maxPayload: Size.bytes(1023) }),
      ['sink-function-payload'],
    ],
    [
      'calls that AWS Lambda does not take',
      (stack) => Sink.function(fn(stack), { maxPayload: Size.mebibytes(6) }),
      ['sink-function-payload'],
    ],
    [
      'no calls at the bounds',
      (stack) => Sink.function(fn(stack), { maxRecords: 10_000, maxPayload: Size.mebibytes(5) }),
      [],
    ],
    ['nothing that is not known yet', (stack) => Sink.s3(bucket(stack), token), []],
  ])('%s', (_, make, expected) => {
    expect(ids(make)).toEqual(expected);
  });
});
