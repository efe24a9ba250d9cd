import type { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Sink } from '../../../lib';
import { testStack } from '../../helpers/synth';
import { made } from './deployed';

const sinks = (stack: Stack, count: number, prefix: number): Sink[] =>
  Array.from({ length: count }, (_, place) =>
    Sink.s3(s3.Bucket.fromBucketName(stack, `Bucket${place}`, `bucket-${place}`), `${'p'.repeat(prefix - 1)}/`),
  );

test('more sinks than the environment of a function has room for are refused', () => {
  expect(() => made((stack: Stack) => ({ sinks: sinks(stack, 8, 512) }))).toThrow(
    /the settings of the consumer have 4\d\d\d bytes or more, and AWS Lambda has room for 4096: each of 'sinks' takes some.*\[stream-settings-size\]/,
  );
});

test('as many as it has room for are not, nor is what is known at deployment only', () => {
  expect(() => made((stack: Stack) => ({ sinks: sinks(stack, 6, 512) }))).not.toThrow();
  const stack = testStack();
  const own = Array.from({ length: 40 }, (_, place) => Sink.s3(new s3.Bucket(stack, `Own${place}`)));
  expect(() => made({ sinks: own }, stack)).not.toThrow();
});
