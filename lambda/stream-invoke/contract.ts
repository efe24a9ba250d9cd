/**
 * What crosses the line between the construct that deploys the streaming function and the handler that runs in it.
 * Both sides import this file; it imports nothing.
 */

/** Environment variables of the function. */
export const ENV = {
  endpointName: 'ENDPOINT_NAME',
  /** Origins whose pages may read the answers, separated by blanks; `*` for any. Absent: none. */
  corsOrigins: 'CORS_ORIGINS',
} as const;

/**
 * Longest time of one streamed answer. SageMaker breaks it off then.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-test-endpoints.html
 */
export const MODEL_SECONDS = 480;

/** Embedded metrics of the function, under its name alone. Units: counts, or milliseconds for the latency. */
export const METRICS = {
  namespace: 'InferencePatterns',
  functionName: 'FunctionName',
  /** 1 per request. */
  requests: 'Requests',
  /** 1 when the answer was a 5xx, or was broken off with an error event, which AWS Lambda does not see as an error, else 0. */
  handledServerErrors: 'HandledServerErrors',
  /** Time from the request to the first piece of the answer. */
  firstChunkLatency: 'FirstChunkLatency',
} as const;

/** What a caller is told when SageMaker refuses, with or without a function in between. */
export const REFUSALS = {
  tooLarge: 'the body or the answer is larger than SageMaker takes: send fewer instances in one request',
  throttled: 'too many requests at a time: try again',
} as const;

/** SageMaker has one error for all that it cannot accept; these words are in its message when the size is meant. */
export const SIZE_WORDS = 'too large|exceed|maximum|size';

/** How an error in our own shape begins, by which one that the container gave is known. */
export const OWN_SHAPE = '{"error":{"code":';
