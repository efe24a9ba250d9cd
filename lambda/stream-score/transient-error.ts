/** Names of errors that say, with the status of a refusal: the same again later may do. */
const TRANSIENT = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** What the SDK's errors have, as far as they come from a service. */
export interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Whether a failed call is worth another one: throttled, a fault of the service itself, or without an answer. Any other refusal, such as
 * a right that is missing, would be the same the next time.
 */
export function isTransient(error: unknown): boolean {
  const { name, $metadata } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  return status === undefined ? name !== 'TypeError' : status === 429 || status >= 500 || TRANSIENT.has(name);
}
