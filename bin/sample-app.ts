import { App } from 'aws-cdk-lib';
import { acknowledgeFindings } from './sample/acknowledgements';
import type { Release } from './sample/breast-cancer';
import { ServerlessStack } from './sample/serverless-stack';

const app = new App();

const serverless = new ServerlessStack(app, 'InferenceServerless', {
  description: 'Sample of cdk-inference-patterns: a classifier on AWS Lambda',
  modelVersion: (app.node.tryGetContext('modelVersion') ?? '1.0.0') as Release,
});
acknowledgeFindings(serverless);
