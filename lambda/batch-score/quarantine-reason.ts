import { ObjectFault } from '../batch/object-faults';
import { isRequestError } from '../predict/errors';

/** Why an object is quarantined; undefined where something else is at fault. */
export function quarantineReason(error: unknown): string | undefined {
  if (error instanceof ObjectFault || isRequestError(error)) {
    return error.message;
  }
  return error instanceof Error && error.name === 'MODEL_ERROR' ? `the model failed: ${error.message}` : undefined;
}
