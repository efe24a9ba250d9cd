import { CfnOutput, Duration, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BatchEngine, BatchTransform, Model, ServingAccelerator, ServingImage, TransformStrategy } from '../../lib';
import { batchData } from './batch-data';

/** A language classifier on GPUs over everything that arrived: transform jobs on the cheapest instances that it fits on. */
export class ReviewBatchStack extends Stack {
  public readonly batch: BatchTransform;
  public readonly data: s3.Bucket;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const onCall = new SnsAction(new sns.Topic(this, 'OnCall', { enforceSSL: true }));
    this.data = batchData(this);
    const model = Model.fromContainer({
      name: 'sentiment',
      version: '1',
      image: ServingImage.huggingFace({
        model: 'distilbert-base-uncased-finetuned-sst-2-english',
        revision: 'main',
        task: 'text-classification',
        accelerator: ServingAccelerator.GPU,
      }),
      memoryRequired: Size.gibibytes(4),
    });

    this.batch = new BatchTransform(this, 'Reviews', {
      model,
      input: { bucket: this.data, prefix: 'arrived/' },
      output: { bucket: this.data, prefix: 'scored/' },
      suffixes: ['.jsonl'],
      // The image takes a JSON document a request, and a line is one.
      engine: BatchEngine.transformJobs({
        contentType: 'application/json',
        strategy: TransformStrategy.SINGLE_RECORD,
        joinInput: true,
        maxConcurrentJobs: 4,
      }),
      incremental: true,
      deadline: Duration.hours(4),
      alarms: { pageActions: [onCall], warningActions: [onCall] },
    });

    new CfnOutput(this, 'EngineChoice', { value: this.batch.engineChoice });
  }
}
