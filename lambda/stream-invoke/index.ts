import type { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import {
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type {} from 'aws-lambda';
import { CONTENT_TYPES } from '../predict/contract';
import { corsHeaders } from '../predict/cors';
import { ENV, MODEL_SECONDS } from './contract';
import type { StreamRequest } from './core';
import { createHandler, type Head, type ModelStream } from './handler';
import { createMetrics } from './metrics';

/** Longer than SageMaker's own bound, so that it is SageMaker that says what went wrong. */
const REQUEST_MILLISECONDS = (MODEL_SECONDS + 10) * 1000;

const sagemaker = new SageMakerRuntimeClient({
  // Once more, where a connection that was kept has been closed meanwhile. A model that has failed is not asked again.
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: REQUEST_MILLISECONDS,
    throwOnRequestTimeout: true,
    socketTimeout: REQUEST_MILLISECONDS,
  },
});
const endpointName = process.env[ENV.endpointName];
if (endpointName === undefined) {
  throw new Error(`the environment variable ${ENV.endpointName} is missing`);
}
const logger = new Logger({ serviceName: 'stream-invoke' });

async function invoke({ body, accept, inferenceId }: StreamRequest, gone: AbortSignal): Promise<ModelStream> {
  const { Body, ContentType } = await sagemaker.send(
    new InvokeEndpointWithResponseStreamCommand({
      EndpointName: endpointName,
      Body: body,
      ContentType: CONTENT_TYPES.json,
      Accept: accept,
      InferenceId: inferenceId,
    }),
    { abortSignal: gone },
  );
  return { contentType: ContentType ?? CONTENT_TYPES.tensor, chunks: bytesOf(Body ?? []) };
}

/** Errors among the events are thrown by the SDK. */
async function* bytesOf(
  events: AsyncIterable<ResponseStream> | Iterable<ResponseStream>,
): AsyncGenerator<Uint8Array, void> {
  for await (const { PayloadPart } of events) {
    if (PayloadPart?.Bytes !== undefined) {
      yield PayloadPart.Bytes;
    }
  }
}

/** Status and headers go out with the first write, so there is one even where the model answers nothing. */
function begin(sink: Writable, head: Head): Writable {
  const answer = awslambda.HttpResponseStream.from(sink, { ...head });
  answer.write('');
  return answer;
}

/** Hands on the answer of a SageMaker endpoint as it comes, to a REST API that streams. */
export const handler = awslambda.streamifyResponse(
  createHandler({
    invoke,
    begin,
    corsHeaders: corsHeaders(process.env[ENV.corsOrigins]),
    report: createMetrics(process.env),
    logFault: (fault) => logger.error('the endpoint failed', fault),
  }),
);
