import { Logger } from '@aws-lambda-powertools/logger';
import type { ServedModel } from './contract';

/** ONNX Runtime's messages name nodes and shapes; they are cut so that a value from the request can never fill the log. */
const MAX_REASON = 500;

const logger = new Logger({ serviceName: 'predict' });

/** Writes down why a request failed on our side: never the payload, never the caller's headers. */
export function logFault(model: ServedModel, requestId: string, inferenceId: string, error: unknown): void {
  const reason = error instanceof Error ? error : new Error(String(error));
  logger.error('the model failed', {
    model: { name: model.name, version: model.version },
    requestId,
    inferenceId,
    reason: reason.message.slice(0, MAX_REASON),
    // Where it happened in this code. The first line would repeat the message in full.
    at: reason.stack?.slice(reason.stack.indexOf('\n    at ') + 1),
  });
}
