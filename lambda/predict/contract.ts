/**
 * What crosses the line between the construct that deploys the prediction function and the handler that runs in it:
 * files of the function's asset, environment variables, metric names, and the shapes of requests and answers.
 * Both sides import this file; it imports nothing.
 */

/** File names inside the function's asset, beside `index.js`. */
export const MODEL_FILE = 'model.json';
export const VALIDATOR_FILE = 'validate.js';

/** Environment variables of the function. The first three are set only when the artifact is fetched from S3 at start. */
export const ENV = {
  bucket: 'MODEL_BUCKET',
  key: 'MODEL_KEY',
  objectVersion: 'MODEL_OBJECT_VERSION',
  /** Origins whose pages may read the answers, separated by blanks; `*` for any. Absent: none. */
  corsOrigins: 'CORS_ORIGINS',
} as const;

/** The content of {@link MODEL_FILE}: which model this function serves, and how a request becomes tensors. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the artifact, 64 lower-case hexadecimal digits. A function whose artifact differs refuses to start. */
  readonly sha256: string;
  readonly artifact: ServedArtifact;
  readonly input: ServedInput;
  /** More instances than this in one request are refused with 413. */
  readonly maxInstances: number;
  /**
   * One valid instance, such as the input of the model's first example. Each new execution environment answers it once before
   * it takes requests, and refuses to start when that fails. Absent: an instance of zeros is tried, and may fail.
   */
  readonly warmUp?: unknown;
}

/** Where the artifact is found. */
export type ServedArtifact = PlacedArtifact | MountedArtifact;

export interface PlacedArtifact {
  /** `bundle`: in the asset; `layer`: below `/opt`; `s3`: fetched to `/tmp` at start, see {@link ENV}. */
  readonly source: 'bundle' | 'layer' | 's3';
  /** Path relative to the asset (`bundle`) or to `/opt` (`layer`); the file name to use below `/tmp` (`s3`). */
  readonly path: string;
}

/** The one file in the model folder of a container, under whatever name it was laid there. */
export interface MountedArtifact {
  readonly source: 'mounted';
}

/** How one instance is laid out. The order of `fields` is the order of the model's features. */
export interface ServedInput {
  /** `record`: a JSON object of named fields; `vector`: a JSON array of numbers (one field, its length given). */
  readonly kind: 'record' | 'vector';
  readonly fields: readonly ServedField[];
}

export interface ServedField {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'string';
  /** Number of values of an array field; absent for a scalar. */
  readonly length?: number;
}

/** Answer with status 200, and of a direct invocation. `predictions[i]` belongs to `instances[i]`. */
export interface PredictionAnswer {
  readonly predictions: readonly unknown[];
  readonly model: { readonly name: string; readonly version: string };
  readonly inferenceId: string;
}

/** Every answer that is not 200 has this shape, also those that the gateway gives before the function is called. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    /** The field at fault as a path into the request, such as `instances[3].mean_radius`. */
    readonly field?: string;
    readonly requestId: string;
  };
}

/** Codes of {@link ErrorAnswer}, and the HTTP status of each. */
export const ERROR_STATUS = {
  /** The body is not what its content type says: broken JSON, CSV or tensor bytes. */
  MALFORMED_BODY: 400,
  /** A field is missing, unknown, of the wrong type, out of bounds, or not a finite number. */
  INVALID_INPUT: 400,
  /** No such path. */
  NOT_FOUND: 404,
  /** The path exists, the method does not. */
  METHOD_NOT_ALLOWED: 405,
  /** The body, or the number of instances, is over the limit. */
  TOO_LARGE: 413,
  /** The content type is none of {@link CONTENT_TYPES}. */
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** The model failed on valid input, or answered something that is not a finite number. */
  MODEL_ERROR: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export const CONTENT_TYPES = {
  json: 'application/json',
  /** One row per instance, features in order; a header row when `; header=present` is given (RFC 4180). */
  csv: 'text/csv',
  /** Little-endian float32, instances one after another, each with all its features in order. Numeric inputs only. */
  tensor: 'application/octet-stream',
} as const;

/** What the caller is told when the fault is ours; the reason is in the log. */
export const MODEL_ERROR_MESSAGE = 'the model failed on this request';

/** Embedded metrics, namespace and names. Units: counts, or milliseconds for the latencies. */
export const METRICS = {
  namespace: 'InferencePatterns',
  /** 1 per invocation that carried a prediction request. */
  requests: 'Requests',
  /** 1 when the answer was a 5xx that the Lambda service does not see as an error, else 0. */
  handledServerErrors: 'HandledServerErrors',
  /** 1 when bad input to a direct invocation was thrown, which the Lambda service counts as an error, else 0. */
  rejectedInvocations: 'RejectedInvocations',
  /** 1 when the caller was at fault (4xx or a rejected direct invocation), else 0. */
  clientErrors: 'ClientErrors',
  /** Time from event to answer. */
  latency: 'Latency',
  /** Time inside ONNX Runtime. */
  modelLatency: 'ModelLatency',
  batchSize: 'BatchSize',
  /**
   * The prediction itself where it is one number, the highest score where it is a vector. With several outputs, of the first
   * one of floating-point type. At most 100 instances of a request are counted, evenly spread over the batch.
   */
  prediction: 'Prediction',
} as const;

/** Dimension names. Each metric is published under {@link DIMENSION_SETS}; client errors also by class. */
export const DIMENSIONS = {
  functionName: 'FunctionName',
  functionVersion: 'FunctionVersion',
  modelVersion: 'ModelVersion',
  errorCode: 'ErrorCode',
} as const;

export const DIMENSION_SETS: readonly (readonly string[])[] = [
  [DIMENSIONS.functionName],
  [DIMENSIONS.functionName, DIMENSIONS.functionVersion],
  [DIMENSIONS.functionName, DIMENSIONS.modelVersion],
];
