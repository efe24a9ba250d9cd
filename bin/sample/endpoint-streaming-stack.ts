import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Predictor, type RealtimeEndpoint, Rollout, Sink, StreamingInference, StreamSource } from '../../lib';

/** Properties of the stack that streams through an endpoint. */
export interface EndpointStreamingStackProps extends StackProps {
  /** The endpoint, of another stack. */
  readonly endpoint: RealtimeEndpoint;
}

/** A stream whose records an endpoint of another stack predicts, some of them at a time; predictions lie in a bucket. */
export class EndpointStreamingStack extends Stack {
  public readonly inference: StreamingInference;
  public readonly lake: s3.Bucket;

  constructor(scope: Construct, id: string, props: EndpointStreamingStackProps) {
    super(scope, id, props);
    const onCall = new SnsAction(new sns.Topic(this, 'OnCall', { enforceSSL: true }));
    this.lake = new s3.Bucket(this, 'Lake', {
      enforceSSL: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [{ expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(7) }],
    });

    this.inference = new StreamingInference(this, 'Live', {
      predictor: Predictor.endpoint(props.endpoint, props.endpoint.model, { maxRecords: 64, maxConcurrency: 8 }),
      source: StreamSource.newKinesis({ shards: 2, enhancedFanOut: true }),
      sinks: [Sink.s3(this.lake)],
      parallelizationFactor: 2,
      rollout: Rollout.canary({ percent: 10, bake: Duration.minutes(10) }),
      alarms: { pageActions: [onCall], warningActions: [onCall] },
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new CfnOutput(this, 'StreamName', { value: this.inference.stream.streamName });
    new CfnOutput(this, 'LakeName', { value: this.lake.bucketName });
    new CfnOutput(this, 'AliasArn', { value: this.inference.alias.functionArn });
  }
}
