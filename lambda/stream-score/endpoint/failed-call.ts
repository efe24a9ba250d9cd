import type { ServiceError } from '../transient-error';

/** What a call that brought no predictions says. */
export type FailedCall =
  /** Too many calls: the same one later. */
  | 'refused'
  /** The model, or the limit of a request, refused what it got. */
  | 'records'
  /** The model failed over what it got, or is ill. */
  | 'model'
  /** The endpoint is ill, or cannot be reached. */
  | 'endpoint'
  /** No answer came in the time that the call had. */
  | 'silent'
  /** No call would do: the endpoint is not there, or the right to call it is missing. */
  | 'setup';

/** What the container answered is in the error of the service: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors */
interface InvocationError extends ServiceError {
  readonly OriginalStatusCode?: number;
}

const REFUSALS = new Set([
  'ModelNotReadyException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

export function failedCall(error: unknown): FailedCall {
  const { name, $metadata, OriginalStatusCode: original } = error as InvocationError;
  const status = $metadata?.httpStatusCode;
  if (REFUSALS.has(name) || status === 429 || status === 503) {
    return 'refused';
  }
  if (original !== undefined) {
    return original === 429 || original === 503 ? 'refused' : original < 500 ? 'records' : 'model';
  }
  if (status === 413) {
    return 'records';
  }
  if (name === 'AbortError' || name === 'TimeoutError') {
    return 'silent';
  }
  return status === undefined || status >= 500 ? 'endpoint' : 'setup';
}

/** Why, in words: of the container, where it said something. */
export function reasonOf(error: unknown): string {
  const {
    name,
    message,
    OriginalStatusCode: status,
    OriginalMessage: original,
  } = error as InvocationError & {
    readonly OriginalMessage?: string;
  };
  return status === undefined
    ? `${name}: ${message}`
    : `the model answered ${status}: ${(original ?? message).slice(0, 500)}`;
}
