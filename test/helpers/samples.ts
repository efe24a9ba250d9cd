import type { App, Stack } from 'aws-cdk-lib';
import { acknowledgeBatch, acknowledgeReviewBatch } from '../../bin/sample/batch-acknowledgements';
import { BatchStack } from '../../bin/sample/batch-stack';
import type { Release } from '../../bin/sample/breast-cancer';
import { acknowledgeEndpoint, acknowledgeLanguageModel } from '../../bin/sample/endpoint-acknowledgements';
import { EndpointStack } from '../../bin/sample/endpoint-stack';
import { EndpointStreamingStack } from '../../bin/sample/endpoint-streaming-stack';
import { LanguageModelStack } from '../../bin/sample/language-model-stack';
import { ReviewBatchStack } from '../../bin/sample/review-batch-stack';
import { acknowledgeServerless } from '../../bin/sample/serverless-acknowledgements';
import { ServerlessStack } from '../../bin/sample/serverless-stack';
import { acknowledgeEndpointStreaming, acknowledgeStreaming } from '../../bin/sample/streaming-acknowledgements';
import { StreamingStack } from '../../bin/sample/streaming-stack';

/** One stack of bin/sample-app.ts. */
interface Sample {
  /** Without answers to policy checks. */
  readonly bare: (app: App, modelVersion?: Release) => Stack;
  /** As the app makes it. */
  readonly complete: (app: App, modelVersion?: Release) => Stack;
}

function sample<S extends Stack>(
  make: (app: App, modelVersion: Release) => S,
  acknowledge: (stack: S) => void,
): Sample {
  return {
    bare: (app, modelVersion = '1.0.0') => make(app, modelVersion),
    complete: (app, modelVersion = '1.0.0') => {
      const stack = make(app, modelVersion);
      acknowledge(stack);
      return stack;
    },
  };
}

/** The stacks of bin/sample-app.ts, as it makes them. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  InferenceServerless: sample(
    (app, modelVersion) => new ServerlessStack(app, 'InferenceServerless', { modelVersion }),
    acknowledgeServerless,
  ),
  /** By the context `rollout=staged`. */
  InferenceServerlessStaged: sample(
    (app, modelVersion) => new ServerlessStack(app, 'InferenceServerless', { modelVersion, rollout: 'staged' }),
    acknowledgeServerless,
  ),
  InferenceEndpoint: sample(
    (app, modelVersion) => new EndpointStack(app, 'InferenceEndpoint', { modelVersion }),
    acknowledgeEndpoint,
  ),
  /** By the context `rollout=staged`. */
  InferenceEndpointStaged: sample(
    (app, modelVersion) => new EndpointStack(app, 'InferenceEndpoint', { modelVersion, rollout: 'staged' }),
    acknowledgeEndpoint,
  ),
  InferenceLanguageModel: sample(
    (app) => new LanguageModelStack(app, 'InferenceLanguageModel', {}),
    acknowledgeLanguageModel,
  ),
  InferenceBatch: sample(
    (app, modelVersion) => new BatchStack(app, 'InferenceBatch', { modelVersion }),
    acknowledgeBatch,
  ),
  InferenceReviewBatch: sample((app) => new ReviewBatchStack(app, 'InferenceReviewBatch', {}), acknowledgeReviewBatch),
  InferenceStreaming: sample(
    (app, modelVersion) => new StreamingStack(app, 'InferenceStreaming', { modelVersion }),
    acknowledgeStreaming,
  ),
  InferenceEndpointStreaming: sample(
    (app, modelVersion) => {
      const { endpoint } = new EndpointStack(app, 'InferenceEndpoint', { modelVersion });
      return new EndpointStreamingStack(app, 'InferenceEndpointStreaming', { endpoint });
    },
    (stack) => {
      acknowledgeEndpoint(stack.node.root.node.findChild('InferenceEndpoint') as EndpointStack);
      acknowledgeEndpointStreaming(stack);
    },
  ),
};
