import { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchTransform } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { testApp, testStack } from '../../helpers/synth';

const input = (stack: Stack, id: string) => ({ bucket: s3.Bucket.fromBucketName(stack, `${id}In`, 'arrived') });

function batch(stack: Stack, id: string, bucket: s3.IBucket, prefix?: string): BatchTransform {
  return new BatchTransform(stack, id, { model: tinyModel(), input: input(stack, id), output: { bucket, prefix } });
}

test('two batches never have one output, also in two stacks of an app', () => {
  const app = testApp();
  const [one, other] = [new Stack(app, 'One'), new Stack(app, 'Other')];
  const bucket = new s3.Bucket(one, 'Scored');
  batch(one, 'First', bucket, 'a/');
  expect(() => batch(other, 'Second', bucket, 'a/')).toThrow(
    /'output' is also that of One\/First.*batch-output-taken/s,
  );
  const named = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Named', 'scored');
  batch(one, 'Third', named(one));
  expect(() => batch(other, 'Fourth', named(other))).toThrow(/batch-output-taken/);
});

test('another prefix, another bucket and another app are other outputs', () => {
  const stack = testStack();
  const bucket = new s3.Bucket(stack, 'Scored');
  batch(stack, 'First', bucket);
  batch(stack, 'Second', bucket, 'b/');
  batch(stack, 'Third', new s3.Bucket(stack, 'Others'));
  const again = testStack();
  batch(again, 'First', s3.Bucket.fromBucketName(again, 'Scored', 'scored'));
});
