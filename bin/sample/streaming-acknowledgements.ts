import type { StreamingInference } from '../../lib';
import { acknowledge, type Acknowledged, acknowledgedEverywhere, find } from './acknowledge';
import type { EndpointStreamingStack } from './endpoint-streaming-stack';
import type { StreamingStack } from './streaming-stack';

/** Answers to cdk-nag for the stream with the model in its consumer. */
export function acknowledgeStreaming(stack: StreamingStack): void {
  acknowledge([...acknowledgedEverywhere(stack), ...acknowledgedOfConsumer(stack.inference)]);
}

/** Answers to cdk-nag for the stream through an endpoint. */
export function acknowledgeEndpointStreaming(stack: EndpointStreamingStack): void {
  acknowledge([...acknowledgedEverywhere(stack), ...acknowledgedOfConsumer(stack.inference)]);
}

function acknowledgedOfConsumer(inference: StreamingInference): Acknowledged[] {
  return [{ at: find(inference, 'Role'), rules: [], reason: '' }];
}
