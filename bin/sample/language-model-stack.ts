import { Duration, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Capacity, InstanceType, Model, RealtimeEndpoint, Rollout, Routing, Scaling, ServingImage } from '../../lib';

/** A language model on GPUs: vLLM on NVIDIA L40S, rolled out by canary, scaled by requests at a time, captured. */
export class LanguageModelStack extends Stack {
  public readonly endpoint: RealtimeEndpoint;
  public readonly captured: s3.Bucket;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const onCall = new SnsAction(new sns.Topic(this, 'OnCall', { enforceSSL: true }));
    this.captured = new s3.Bucket(this, 'Captured', {
      enforceSSL: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [{ expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(7) }],
    });
    const model = Model.fromContainer({
      name: 'chat',
      version: '7b-1',
      image: ServingImage.vllm({ model: 'Qwen/Qwen2.5-7B-Instruct', revision: 'main', maxModelLength: 16_384 }),
      memoryRequired: Size.gibibytes(24),
    });

    this.endpoint = new RealtimeEndpoint(this, 'Chat', {
      model,
      capacity: Capacity.instances({ type: InstanceType.G6E_2XLARGE, min: 2, max: 8 }),
      scaling: Scaling.concurrentRequests({ target: 16 }),
      routing: Routing.prefixAware({ prefixLength: 2048, concurrencyThreshold: 32 }),
      rollout: Rollout.canary({ percent: 50, bake: Duration.minutes(20), finalBake: Duration.minutes(20) }),
      dataCapture: { bucket: this.captured, percent: 10 },
      alarms: { pageActions: [onCall], warningActions: [onCall], maxLatency: Duration.seconds(45) },
    });
  }
}
