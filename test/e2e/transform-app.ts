import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { breastCancerModel, type Release } from '../../bin/sample/breast-cancer';
import { BatchEngine, BatchFormat, BatchTransform, InstanceType, Rollout } from '../../lib';

/** The classifier of the sample, scored by transform jobs in the library's own container. */
const app = new App();
const stack = new Stack(app, 'Transform');
const bucket = new s3.Bucket(stack, 'Data');
const batch = new BatchTransform(stack, 'Nightly', {
  model: breastCancerModel(app.node.getContext('modelVersion') as Release),
  input: { bucket, prefix: 'arrived/' },
  output: { bucket, prefix: 'scored/' },
  format: BatchFormat.CSV,
  engine: BatchEngine.transformJobs({ type: InstanceType.M5_XLARGE, maxConcurrentJobs: 3 }),
  rollout: Rollout.canary({ percent: 30 }),
  toleratedFailure: 0.5,
  deadline: Duration.hours(2),
});
new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
new CfnOutput(stack, 'AliasArn', { value: batch.aliasArn });
