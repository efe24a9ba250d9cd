import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Sink, type StreamingInferenceProps, StreamSource } from '../../../lib';
import { testApp, testStack } from '../../helpers/synth';
import { FIXED, importedTable, made } from './deployed';

const stream = (stack: Stack, id: string, name = 'events', region = 'eu-west-1', account = '111122223333') =>
  kinesis.Stream.fromStreamArn(stack, id, `arn:aws:kinesis:${region}:${account}:stream/${name}`);
const bucket = (stack: Stack, id = 'Lake', name = 'lake') => s3.Bucket.fromBucketName(stack, id, name);
const own = (stack: Stack, timeout?: Duration) =>
  new lambda.Function(stack, 'Own', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
    timeout,
  });

function told(props: (stack: Stack) => Partial<StreamingInferenceProps>): string {
  try {
    made(props, testStack({ env: FIXED }));
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test.each<[string, (stack: Stack) => Partial<StreamingInferenceProps>, string]>([
  [
    'predictions that are predicted again',
    (stack) => {
      const loop = new kinesis.Stream(stack, 'Loop');
      return { source: StreamSource.kinesis(loop), sinks: [Sink.kinesis(loop)] };
    },
    "the stream 'Stack/Loop' is both the source and a sink, so each prediction would be predicted again: write to another",
  ],
  [
    'the same, by two names for one stream',
    (stack) => ({ source: StreamSource.kinesis(stream(stack, 'A')), sinks: [Sink.kinesis(stream(stack, 'B'))] }),
    '[stream-circle]',
  ],
  [
    'one stream twice',
    (stack) => ({ sinks: [Sink.kinesis(stream(stack, 'A')), Sink.kinesis(stream(stack, 'B'))] }),
    "the stream 'Stack/B' is a sink more than once, and all predictions go to each: leave out all but one",
  ],
  [
    'one place of a bucket twice',
    (stack) => ({ sinks: [Sink.s3(bucket(stack)), Sink.s3(bucket(stack, 'Again'))] }),
    '[stream-sink-twice]',
  ],
  [
    'predictions in the quarantine',
    (stack) => ({
      sinks: [Sink.s3(bucket(stack), 'quarantine/')],
      quarantineBucket: bucket(stack, 'Failed'),
      quarantinePrefix: 'quarantine/fraud/',
    }),
    "Sink.s3 writes below 'quarantine/' of the bucket that has the quarantine below 'quarantine/fraud/': give the sink a prefix beside that",
  ],
  [
    'predictions among what was given up',
    (stack) => ({ sinks: [Sink.s3(bucket(stack), 'aws/')], quarantineBucket: bucket(stack, 'Failed') }),
    "below 'aws/lambda/'",
  ],
  [
    'a function that outlasts the writing',
    (stack) => ({ sinks: [Sink.function(own(stack, Duration.seconds(20)))] }),
    "the function 'Stack/Own' may take 20 s for a call, and the consumer has 20 s to write: a call that is given up goes on",
  ],
  [
    'the same, by an alias, in a consumer with little time',
    (stack) => ({
      sinks: [Sink.function(own(stack, Duration.seconds(5)).addAlias('live'))],
      timeout: Duration.seconds(12),
    }),
    "the consumer has 4.8 s to write: a call that is given up goes on, and its predictions come again meanwhile: set the time-out of that function below 4.8 s, or a longer 'timeout'",
  ],
  [
    'a stream in another region',
    (stack) => ({ sinks: [Sink.kinesis(stream(stack, 'A', 'out', 'us-east-1'))] }),
    "the stream 'Stack/A' is in the region us-east-1, and the consumer in eu-west-1, from where it does not reach it",
  ],
  [
    'a stream in another account',
    (stack) => ({ sinks: [Sink.kinesis(stream(stack, 'A', 'out', 'eu-west-1', '999999999999'))] }),
    'is in the account 999999999999, and the consumer in 111122223333',
  ],
  [
    'a table in another region',
    (stack) => ({
      sinks: [
        Sink.dynamoDb(dynamodb.Table.fromTableArn(stack, 'T', 'arn:aws:dynamodb:us-east-1:111122223333:table/out')),
      ],
    }),
    '[stream-other-region]',
  ],
  [
    'a fan-out of a stream in another account',
    (stack) => ({
      source: StreamSource.kinesis(stream(stack, 'A', 'in', 'eu-west-1', '999999999999'), { enhancedFanOut: true }),
    }),
    "'enhancedFanOut' registers a consumer with the source 'Stack/A', which is of the account 999999999999 and takes none from 111122223333: leave",
  ],
  [
    'a source in another region',
    (stack) => ({ source: StreamSource.kinesis(stream(stack, 'A', 'in', 'us-east-1')) }),
    "the source 'Stack/A' is in the region us-east-1",
  ],
  [
    'a quarantine in another region',
    (stack) => ({
      quarantineBucket: s3.Bucket.fromBucketAttributes(stack, 'Q', { bucketName: 'failed', region: 'us-east-1' }),
    }),
    "'quarantineBucket' 'Stack/Q' is in the region us-east-1",
  ],
])('refused: %s', (_, props, message) => {
  expect(told(props)).toContain(message);
});

test.each<[string, (stack: Stack) => Partial<StreamingInferenceProps>]>([
  [
    'two streams',
    (stack) => ({ sinks: [Sink.kinesis(stream(stack, 'A', 'one')), Sink.kinesis(stream(stack, 'B', 'two'))] }),
  ],
  ['two prefixes', (stack) => ({ sinks: [Sink.s3(bucket(stack), 'a/'), Sink.s3(bucket(stack, 'Again'), 'b/')] })],
  [
    'a prefix beside the quarantine',
    (stack) => ({ sinks: [Sink.s3(bucket(stack))], quarantineBucket: bucket(stack, 'Failed') }),
  ],
  [
    'a fan-out of a stream in the same account',
    (stack) => ({ source: StreamSource.kinesis(stream(stack, 'A'), { enhancedFanOut: true }) }),
  ],
  ['a fan-out of a stream of its own', () => ({ source: StreamSource.newKinesis({ enhancedFanOut: true }) })],
  [
    'a source in another account',
    (stack) => ({ source: StreamSource.kinesis(stream(stack, 'A', 'in', 'eu-west-1', '999999999999')) }),
  ],
  ['a function that is quick enough', (stack) => ({ sinks: [Sink.function(own(stack, Duration.seconds(19)))] })],
  ['a function with the time-out of all functions', (stack) => ({ sinks: [Sink.function(own(stack))] })],
  [
    'a function whose time-out is known at deployment',
    (stack) => ({ sinks: [Sink.function(own(stack, Duration.seconds(Lazy.number({ produce: () => 99 }))))] }),
  ],
])('accepted: %s', (_, props) => {
  expect(told(props)).toBe('');
});

describe('two consumers of one stream', () => {
  const pair = (
    blue: (stack: Stack) => Partial<StreamingInferenceProps>,
    green: (stack: Stack) => Partial<StreamingInferenceProps>,
    names = ['events', 'events'],
  ) => {
    const app = testApp();
    const [one, other] = ['One', 'Other'].map((id) => new Stack(app, id, { env: FIXED }));
    made({ source: StreamSource.kinesis(stream(one, 'In', names[0])), ...blue(one) }, one, 'Blue');
    made({ source: StreamSource.kinesis(stream(other, 'In', names[1])), ...green(other) }, other, 'Green');
  };
  const toTable = (name: string) => (stack: Stack) => ({ sinks: [Sink.dynamoDb(importedTable(stack, name))] });
  const toBucket = (prefix?: string) => (stack: Stack) => ({ sinks: [Sink.s3(bucket(stack), prefix)] });

  test('do not share a table, in which the first prediction for a record counts', () => {
    expect(() => pair(toTable('Out'), toTable('Out'))).toThrow(
      /the table 'Other\/Out' is written to by 'One\/Blue' as well, which reads the same stream, so what one writes would be lost to the other: give each consumer a table, or a prefix, of its own \[stream-place-shared\]/,
    );
    expect(() => pair(toTable('Out'), toTable('Else'))).not.toThrow();
  });

  test('nor a prefix, below which the objects of both have the same names', () => {
    expect(() => pair(toBucket(), toBucket())).toThrow(/'predictions\/' of the bucket 'Other\/Lake' is written to by/);
    expect(() => pair(toBucket('blue/'), toBucket('green/'))).not.toThrow();
  });

  test('nor a quarantine', () => {
    const failed = (id: string, quarantinePrefix?: string) => (stack: Stack) => ({
      ...toTable(id)(stack),
      quarantineBucket: bucket(stack),
      quarantinePrefix,
    });
    expect(() => pair(failed('A', 'q/'), failed('B', 'q/'))).toThrow(/the quarantine below 'q\/' is written to by/);
    expect(() => pair(failed('A'), failed('B'))).not.toThrow();
  });

  test('may share what has the predictions of both: a stream', () => {
    const toStream = (stack: Stack) => ({ sinks: [Sink.kinesis(stream(stack, 'Out', 'out'))] });
    expect(() => pair(toStream, toStream)).not.toThrow();
  });

  test('those of two streams may share a table and a prefix', () => {
    const both = (stack: Stack) => ({ sinks: [...toTable('Out')(stack).sinks, ...toBucket()(stack).sinks] });
    expect(() => pair(both, both, ['blue', 'green'])).not.toThrow();
  });

  test('of which the first one made the stream, too', () => {
    const stack = testStack();
    const table = importedTable(stack);
    const { stream: shared } = made({ sinks: [Sink.dynamoDb(table)] }, stack, 'Blue');
    const green = () => made({ source: StreamSource.kinesis(shared), sinks: [Sink.dynamoDb(table)] }, stack, 'Green');
    expect(green).toThrow(/stream-place-shared/);
  });
});
