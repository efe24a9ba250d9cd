import {
  type ErrorAnswer,
  type ErrorCode,
  MODEL_ERROR_MESSAGE,
  type PredictionAnswer,
  type ServedModel,
} from './contract';
import { isRequestError } from './errors';

const INFERENCE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** What the caller is told of a request that failed. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field at fault as a path into the request. */
  readonly field?: string;
}

/** Only what is the caller's own fault is told in full: the message of anything else may quote the runtime. */
export function failureOf(error: unknown): Failure {
  return isRequestError(error) ? error : { code: 'MODEL_ERROR', message: MODEL_ERROR_MESSAGE };
}

export function errorAnswer({ code, message, field }: Failure, requestId: string): ErrorAnswer {
  return { error: { code, message, ...(field === undefined ? {} : { field }), requestId } };
}

export function predictionAnswer(
  { name, version }: ServedModel,
  predictions: readonly unknown[],
  inferenceId: string,
): PredictionAnswer {
  return { predictions, model: { name, version }, inferenceId };
}

/** The caller's own id where it can stand in a log and a file name, else that of the request. */
export function inferenceIdOf(given: string | undefined, requestId: string): string {
  return given !== undefined && INFERENCE_ID.test(given) ? given : requestId;
}
