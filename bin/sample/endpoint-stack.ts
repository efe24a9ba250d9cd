import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ApiAuthorization, Capacity, InferenceApi, InstanceType, RealtimeEndpoint, Rollout, Scaling } from '../../lib';
import { breastCancerModel, type Release } from './breast-cancer';

/** Properties of the sample's endpoint stack. */
export interface EndpointStackProps extends StackProps {
  /** Version of the model that most requests get. */
  readonly modelVersion: Release;
  /** @default 'canary' */
  readonly rollout?: 'canary' | 'staged';
}

/**
 * The classifier on SageMaker instances, in the library's own container: one version for nine requests of ten, another for
 * the tenth, each with instances that follow its traffic, behind a REST API without a function in between. Rolled out in stages,
 * there is one version, and beside it the one that is to follow.
 */
export class EndpointStack extends Stack {
  public readonly endpoint: RealtimeEndpoint;
  public readonly api: InferenceApi;

  constructor(scope: Construct, id: string, props: EndpointStackProps) {
    super(scope, id, props);
    const staged = props.rollout === 'staged';
    const topic = new sns.Topic(this, 'OnCall', { enforceSSL: true });
    const onCall = new SnsAction(topic);
    const capacity = Capacity.instances({ type: InstanceType.C7G_LARGE, min: 2, max: 6 });

    this.endpoint = new RealtimeEndpoint(this, 'Tumours', {
      model: breastCancerModel(props.modelVersion),
      capacity,
      weight: staged ? undefined : 9,
      scaling: Scaling.invocationsPerInstance({
        target: 3000,
        schedules: {
          Evening: { schedule: appscaling.Schedule.cron({ hour: '20', minute: '0' }), min: 2, max: 2 },
          Morning: { schedule: appscaling.Schedule.cron({ hour: '6', minute: '0' }), min: 2, max: 6 },
        },
      }),
      rollout: staged
        ? Rollout.staged({ bake: Duration.minutes(3), analysis: { minRequests: 5 }, topic })
        : Rollout.canary({ instances: 1, bake: Duration.minutes(3), finalBake: Duration.minutes(2) }),
      timeout: Duration.seconds(20),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        maxLatency: Duration.millis(400),
        minSamples: 5,
        noTrafficFor: Duration.hours(1),
      },
    });
    if (!staged) {
      this.endpoint.addVariant('challenger', { model: breastCancerModel('2.0.0'), capacity, weight: 1 });
    }

    this.api = new InferenceApi(this, 'Api', {
      inference: this.endpoint,
      authorization: ApiAuthorization.apiKey(),
      rateLimit: 1000,
      burstLimit: 1000,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new CfnOutput(this, 'EndpointName', { value: this.endpoint.endpointName });
    new CfnOutput(this, 'Url', { value: this.api.url });
    new CfnOutput(this, 'ApiId', { value: this.api.api.restApiId });
    new CfnOutput(this, 'ApiKeyId', { value: this.api.apiKey!.keyId });
    if (this.endpoint.rolloutController !== undefined) {
      new CfnOutput(this, 'RolloutController', { value: this.endpoint.rolloutController.functionName });
    }
  }
}
