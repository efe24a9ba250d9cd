/** Names of errors that say: the same again later may do. What is not here, such as a right that is missing, fails the same way again. */
const TRANSIENT = new Set([
  'AbortError',
  'InternalFailure',
  'InternalFailureException',
  'InternalServerError',
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
]);

/** What the SDK's errors have, as far as they come from a service. */
export interface ServiceError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Whether a failed call is worth another one: throttled, broken off, or a fault of the service itself. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const { name, code, $metadata } = error as ServiceError;
  const status = $metadata?.httpStatusCode ?? 0;
  return TRANSIENT.has(name) || status === 429 || status >= 500 || isConnectionError(code);
}

/** `ECONNRESET`, `ECONNREFUSED`, `EPIPE`, `ETIMEDOUT`, `ENOTFOUND`, ...: there was no answer, or not all of it. */
export function isConnectionError(code: string | undefined): boolean {
  return code !== undefined && /^(E[A-Z]+|ERR_HTTP2_\w+|ERR_STREAM_PREMATURE_CLOSE)$/.test(code);
}
