/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { Duration, Lazy, RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import { StreamSource } from '../../../lib';
import { identityStatements } from '../../helpers/statements';
import { ofType, only, type PlainTemplate, testStack } from '../../helpers/synth';
import { deployed, FIXED, made, mappingOf } from './deployed';

const ARN = 'arn:aws:kinesis:eu-west-1:111122223333:stream/events';
const imported = (stack: Stack) => kinesis.Stream.fromStreamArn(stack, 'In', ARN);
const READING = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
];
const onKinesis = (template: PlainTemplate) =>
  identityStatements(template)
    .filter(({ owner, actions }) => owner.startsWith('LiveRole') && actions[0].startsWith('kinesis:'))
    .map(({ actions, resources }) => [actions, resources]);

describe('a stream that is made', () => {
  test('is on demand, encrypted and kept, unless told otherwise', () => {
    const { template, inference } = deployed();
    const stream = only(template, 'AWS::Kinesis::Stream');
    expect(stream).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        RetentionPeriodHours: 24,
      },
    });
    expect(stream.Properties).not.toHaveProperty('MaxRecordSizeInKiB');
    expect(stream.Properties).not.toHaveProperty('Name');
    expect(inference.stream.node.path).toBe('Stack/Live/Stream');
  });

  test('with shards, a retention, a key and an end', () => {
    const { template } = deployed((stack) => ({
      source: StreamSource.newKinesis({ shards: 3, retention: Duration.days(7) }),
      encryptionKey: new kms.Key(stack, 'Key'),
      removalPolicy: RemovalPolicy.DESTROY,
    }));
    expect(only(template, 'AWS::Kinesis::Stream')).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: {
        ShardCount: 3,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        RetentionPeriodHours: 168,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] } },
      },
    });
  });

  test.each([
    [1024, undefined],
    [1025, 1025],
    [4 * 1024, 4096],
  ])('takes records of %d KiB', (kibibytes, expected) => {
    const { template } = deployed({ maxRecordSize: Size.kibibytes(kibibytes) });
    expect(only(template, 'AWS::Kinesis::Stream').Properties!.MaxRecordSizeInKiB).toBe(expected);
  });

  test('is read by the consumer, and no more', () => {
    const { template } = deployed();
    const [[id]] = ofType(template, 'AWS::Kinesis::Stream');
    expect(onKinesis(template)).toEqual([[READING, [{ 'Fn::GetAtt': [id, 'Arn'] }]]]);
    expect(mappingOf(template).EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(ofType(template, 'AWS::Kinesis::StreamConsumer')).toEqual([]);
  });
});

describe('a stream that there is', () => {
  test('is read, and not made', () => {
    const { template, inference } = deployed((stack) => ({ source: StreamSource.kinesis(imported(stack)) }));
    expect(ofType(template, 'AWS::Kinesis::Stream')).toEqual([]);
    expect(mappingOf(template).EventSourceArn).toBe(ARN);
    expect(onKinesis(template)).toEqual([[READING, [ARN]]]);
    expect(inference.stream.streamName).toBe('events');
  });

  test('with a key of yours, which the consumer may use to read', () => {
    const { template } = deployed((stack) => ({
      source: StreamSource.kinesis(new kinesis.Stream(stack, 'In', { encryptionKey: new kms.Key(stack, 'Key') })),
    }));
    expect(identityStatements(template)).toContainEqual(
      expect.objectContaining({ actions: ['kms:Decrypt'], resources: [{ 'Fn::GetAtt': ['Key961B73FD', 'Arn'] }] }),
    );
  });

  test('of which the retention and the shards are known at deployment only', () => {
    const inference = made((stack) => ({
      source: StreamSource.kinesis(
        new kinesis.Stream(stack, 'In', {
          retentionPeriod: Duration.hours(Lazy.number({ produce: () => 48 })),
          shardCount: Lazy.number({ produce: () => 2 }),
          streamMode: kinesis.StreamMode.PROVISIONED,
        }),
      ),
      traffic: { recordsPerSecond: 400 },
    }));
    expect(inference.alarms.all.map(({ node }) => node.id)).not.toContain('DataLossAhead');
    expect(inference.sizingReasons.at(-1)).toContain('a window of 3 s');
  });

  test.each<[string, (stack: Stack) => StreamSource, RegExp]>([
    [
      'another retention than it has',
      (stack) => StreamSource.kinesis(new kinesis.Stream(stack, 'In'), { retention: Duration.days(7) }),
      /'retention' of StreamSource.kinesis is 168 hours, and the stream 'Stack\/In' has 24 hours: leave 'retention' out/,
    ],
    [
      'other shards than it has',
      (stack) => StreamSource.kinesis(new kinesis.Stream(stack, 'In', { shardCount: 2 }), { shards: 3 }),
      /'shards' of StreamSource.kinesis is 3, and the stream 'Stack\/In' has 2/,
    ],
  ])('is refused with %s', (_, source, message) => {
    expect(() => made((stack) => ({ source: source(stack) }))).toThrow(message);
  });

  test('may be said to have what it has', () => {
    expect(() =>
      made((stack) => ({
        source: StreamSource.kinesis(new kinesis.Stream(stack, 'In', { shardCount: 2 }), {
          shards: 2,
          retention: Duration.hours(24),
        }),
      })),
    ).not.toThrow();
  });
});

test('enhanced fan-out registers a consumer, which is what is read', () => {
  const { template } = deployed({ source: StreamSource.newKinesis({ enhancedFanOut: true }) });
  const [[id, { Properties: consumer }]] = ofType(template, 'AWS::Kinesis::StreamConsumer');
  const [[stream]] = ofType(template, 'AWS::Kinesis::Stream');
  const arn = { 'Fn::GetAtt': [stream, 'Arn'] };
  expect(consumer).toEqual({ ConsumerName: expect.stringMatching(/^[\w.-]{1,128}$/), StreamARN: arn });
  expect(mappingOf(template).EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'ConsumerARN'] });
  expect(onKinesis(template)).toEqual([
    [READING, [arn]],
    [
      ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
      [{ 'Fn::GetAtt': [id, 'ConsumerARN'] }, arn],
    ],
  ]);
});

test('two consumers of one stream have names of their own', () => {
  const stack = testStack({ env: FIXED });
  const source = StreamSource.kinesis(imported(stack), { enhancedFanOut: true });
  made({ source }, stack, 'Blue');
  const { template } = deployed({ source }, stack);
  const names = ofType(template, 'AWS::Kinesis::StreamConsumer').map(([, { Properties }]) => Properties!.ConsumerName);
  expect(new Set(names).size).toBe(2);
});

test.each<[StreamSource, RegExp]>([
  [StreamSource.newKinesis({ shards: 0 }), /'shards' is 0, allowed is a whole number from 1 to 20000/],
  [StreamSource.newKinesis({ shards: 20_001 }), /stream-shards/],
  [StreamSource.newKinesis({ shards: 1.5 }), /stream-shards/],
  [
    StreamSource.newKinesis({ retention: Duration.hours(23) }),
    /'retention' is 23 hours, allowed is .* 24 to 8760 hours/,
  ],
  [StreamSource.newKinesis({ retention: Duration.hours(8761) }), /stream-retention/],
  [StreamSource.newKinesis({ retention: Duration.minutes(24 * 60 + 30) }), /stream-retention/],
])('%j is refused', (source, message) => {
  expect(() => made({ source })).toThrow(message);
});
