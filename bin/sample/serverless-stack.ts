import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ApiAuthorization, InferenceApi, Rollout, RolloutMetric, ServerlessInference } from '../../lib';
import { breastCancerModel, type Release } from './breast-cancer';

/** Properties of the sample's serverless stack. */
export interface ServerlessStackProps extends StackProps {
  /** Version of the model to serve. */
  readonly modelVersion: Release;
  /** @default 'canary' */
  readonly rollout?: 'canary' | 'staged';
  /** Name of the alias that callers use; a deployment that comes from a staged rollout needs another one. */
  readonly aliasName?: string;
}

/**
 * Steps for some requests a second. Where there are so few, a step has a handful for the new version, and one that fails on a part of
 * them is found in minutes all the same.
 */
function staged(topic: sns.ITopic): Rollout {
  return Rollout.staged({
    steps: [5, 20, 50, 100],
    bake: Duration.minutes(3),
    analysis: {
      minRequests: 5,
      metrics: [
        RolloutMetric.failures(),
        RolloutMetric.slowAnswers({ threshold: Duration.seconds(1) }),
        RolloutMetric.refusedRequests(),
      ],
    },
    topic,
  });
}

/** A classifier on AWS Lambda behind a REST API with keys, rolled out by canary or in stages, with somebody to page. */
export class ServerlessStack extends Stack {
  public readonly inference: ServerlessInference;
  public readonly api: InferenceApi;

  constructor(scope: Construct, id: string, props: ServerlessStackProps) {
    super(scope, id, props);
    const topic = new sns.Topic(this, 'OnCall', { enforceSSL: true });
    const onCall = new SnsAction(topic);

    this.inference = new ServerlessInference(this, 'Tumours', {
      model: breastCancerModel(props.modelVersion),
      aliasName: props.aliasName,
      rollout: props.rollout === 'staged' ? staged(topic) : Rollout.canary({ percent: 20, bake: Duration.minutes(5) }),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        maxLatency: Duration.millis(400),
        minSamples: 5,
        noTrafficFor: Duration.hours(1),
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new InferenceApi(this, 'Api', {
      inference: this.inference,
      authorization: ApiAuthorization.apiKey(),
      rateLimit: 1000,
      burstLimit: 1000,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new CfnOutput(this, 'Url', { value: this.api.url });
    new CfnOutput(this, 'ApiId', { value: this.api.api.restApiId });
    new CfnOutput(this, 'ApiKeyId', { value: this.api.apiKey!.keyId });
    new CfnOutput(this, 'FunctionName', { value: this.inference.function.functionName });
    new CfnOutput(this, 'AliasArn', { value: this.inference.alias.functionArn });
    if (this.inference.rolloutController !== undefined) {
      new CfnOutput(this, 'RolloutController', { value: this.inference.rolloutController.functionName });
    }
  }
}
