import { CfnOutput, Duration, RemovalPolicy, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BatchEngine, BatchFormat, BatchTransform, Rollout } from '../../lib';
import { batchData } from './batch-data';
import { breastCancerModel, type Release } from './breast-cancer';

/** Properties of the sample's batch stack. */
export interface BatchStackProps extends StackProps {
  /** Version of the model that scores. */
  readonly modelVersion: Release;
}

/** The classifier over everything that arrived below a prefix, every night: half of it first, judged, then the rest. */
export class BatchStack extends Stack {
  public readonly batch: BatchTransform;
  public readonly data: s3.Bucket;

  constructor(scope: Construct, id: string, props: BatchStackProps) {
    super(scope, id, props);
    const onCall = new SnsAction(new sns.Topic(this, 'OnCall', { enforceSSL: true }));
    this.data = batchData(this);

    this.batch = new BatchTransform(this, 'Nightly', {
      model: breastCancerModel(props.modelVersion),
      input: { bucket: this.data, prefix: 'arrived/' },
      output: { bucket: this.data, prefix: 'scored/' },
      format: BatchFormat.CSV_WITH_HEADER,
      suffixes: ['.csv'],
      schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH }),
      // Shifts of scores are not judged below 200 of them, and a night here has a few hundred: 5 % would be too few.
      rollout: Rollout.canary({ percent: 50 }),
      // A dozen objects a night: two bad ones are more than the default of 1 %, and no reason to lose the others.
      toleratedFailure: 0.2,
      deadline: Duration.hours(4),
      engine: BatchEngine.functions({ maxConcurrency: 4 }),
      alarms: { pageActions: [onCall], warningActions: [onCall] },
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new CfnOutput(this, 'BucketName', { value: this.data.bucketName });
    new CfnOutput(this, 'AliasArn', { value: this.batch.aliasArn });
  }
}
