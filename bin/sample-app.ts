import { App, Validations } from 'aws-cdk-lib';
import { InferenceChecks } from '../lib';
import { acknowledgeBatch, acknowledgeReviewBatch } from './sample/batch-acknowledgements';
import { BatchStack } from './sample/batch-stack';
import type { Release } from './sample/breast-cancer';
import { acknowledgeEndpoint, acknowledgeLanguageModel } from './sample/endpoint-acknowledgements';
import { EndpointStack } from './sample/endpoint-stack';
import { EndpointStreamingStack } from './sample/endpoint-streaming-stack';
import { LanguageModelStack } from './sample/language-model-stack';
import { ReviewBatchStack } from './sample/review-batch-stack';
import { acknowledgeServerless } from './sample/serverless-acknowledgements';
import { ServerlessStack, type ServerlessStackProps } from './sample/serverless-stack';
import { acknowledgeEndpointStreaming, acknowledgeStreaming } from './sample/streaming-acknowledgements';
import { StreamingStack } from './sample/streaming-stack';

const app = new App();
Validations.of(app).addPlugins(new InferenceChecks());
const rollout = app.node.tryGetContext('rollout') as ServerlessStackProps['rollout'];
const modelVersion = (app.node.tryGetContext('modelVersion') ?? '1.0.0') as Release;

acknowledgeServerless(
  new ServerlessStack(app, 'InferenceServerless', {
    description: 'Sample of cdk-inference-patterns: a classifier on AWS Lambda',
    modelVersion,
    rollout,
    aliasName: app.node.tryGetContext('aliasName') as string | undefined,
  }),
);
const endpointStack = new EndpointStack(app, 'InferenceEndpoint', {
  description: 'Sample of cdk-inference-patterns: a classifier on SageMaker instances',
  modelVersion,
  rollout,
});
acknowledgeEndpoint(endpointStack);
acknowledgeLanguageModel(
  new LanguageModelStack(app, 'InferenceLanguageModel', {
    description: 'Sample of cdk-inference-patterns: a language model on GPUs',
  }),
);
acknowledgeBatch(
  new BatchStack(app, 'InferenceBatch', {
    description: 'Sample of cdk-inference-patterns: a classifier over everything that arrived, every night',
    modelVersion,
  }),
);
acknowledgeReviewBatch(
  new ReviewBatchStack(app, 'InferenceReviewBatch', {
    description: 'Sample of cdk-inference-patterns: a language classifier on GPUs over everything that arrived',
  }),
);
acknowledgeStreaming(
  new StreamingStack(app, 'InferenceStreaming', {
    description: 'Sample of cdk-inference-patterns: a classifier over a stream',
    modelVersion,
  }),
);
acknowledgeEndpointStreaming(
  new EndpointStreamingStack(app, 'InferenceEndpointStreaming', {
    description: 'Sample of cdk-inference-patterns: a stream whose records an endpoint predicts',
    endpoint: endpointStack.endpoint,
  }),
);
