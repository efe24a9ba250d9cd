import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ServedInput } from '../../predict/contract';
import type { EndpointSettings, StreamPrediction } from '../../stream/contract';
import type { Scorer } from '../ports';
import { REAL_TIME } from '../time';
import { EndpointState, endpointScorer, type Invoke } from './endpoint-scorer';

/** The scorer of an endpoint of SageMaker. To be opened once for each environment: what it learns of the endpoint is to last. */
export function openEndpoint(
  settings: EndpointSettings,
  model: StreamPrediction['model'],
  input?: ServedInput,
): Scorer {
  return endpointScorer({
    settings,
    model,
    input,
    invoke: invokeEndpoint(endpointClient(settings.maxConcurrency), settings),
    state: new EndpointState(REAL_TIME),
  });
}

export function invokeEndpoint(client: SageMakerRuntimeClient, settings: EndpointSettings): Invoke {
  const { endpointName, variantName, contentType } = settings;
  return async (body, milliseconds) => {
    const command = new InvokeEndpointCommand({
      EndpointName: endpointName,
      TargetVariant: variantName,
      ContentType: contentType,
      Accept: contentType,
      Body: body,
    });
    const answer = await client.send(command, { abortSignal: AbortSignal.timeout(Math.ceil(milliseconds)) });
    return { body: Buffer.from(answer.Body ?? []).toString(), contentType: answer.ContentType ?? '' };
  };
}

/** One attempt for each call: what to try again, and how fast, is for the scorer to say. */
export function endpointClient(maxConcurrency: number): SageMakerRuntimeClient {
  return new SageMakerRuntimeClient({
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 3_000,
      requestTimeout: 65_000,
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets: maxConcurrency },
    }),
  });
}
