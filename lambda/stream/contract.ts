/**
 * What crosses the line between the construct of a stream, the function that consumes it, and the readers of what comes out: settings,
 * shapes of predictions and of quarantined records, names of metrics. All sides import this file; it imports nothing.
 */

/**
 * The environment variable with the {@link StreamSettings} as JSON. No file of the asset: they name streams, tables and buckets,
 * whose names are known only at deployment.
 */
export const SETTINGS_VARIABLE = 'STREAM_SETTINGS';

/** What the consumer does, whatever comes. */
export interface StreamSettings {
  /** How the records of the stream are written. */
  readonly format: 'json' | 'csv';
  /** Whether records may be aggregated by the Kinesis Producer Library; those that are not are taken as they are. */
  readonly aggregated: boolean;
  /** Whether a prediction carries the record that it is for. */
  readonly withInput: boolean;
  /** Larger records are quarantined: bytes of one, before base64. */
  readonly maxRecordBytes: number;
  /** Records that the model sees at a time. */
  readonly tensorBatch: number;
  readonly sinks: readonly SinkSettings[];
  readonly quarantine: { readonly bucket: string; readonly prefix: string };
  /** An endpoint that predicts; absent where the model is in the function. */
  readonly endpoint?: EndpointSettings;
}

export type SinkSettings =
  | { readonly kind: 'kinesis'; readonly streamName: string }
  /** Items by the inference id; the first one counts. */
  | {
      readonly kind: 'dynamoDb';
      readonly tableName: string;
      readonly partitionKey: string;
      readonly ttlSeconds?: number;
    }
  /** Calls of a function, with {@link SinkRequest}, answered by {@link SinkAnswer}. */
  | {
      readonly kind: 'function';
      /** With its alias or version, if it is one. */
      readonly functionArn: string;
      /** Predictions of one call, and its bytes. */
      readonly maxRecords: number;
      readonly maxBytes: number;
      /** Whether the function can tell a prediction that comes twice. */
      readonly idempotent: boolean;
    }
  /** An object for each invocation that predicted something, JSON Lines. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

/** What a sink that is a function is called with: predictions in their order. */
export interface SinkRequest {
  readonly predictions: readonly StreamPrediction[];
}

/** What it answers: how many of them, from the first, are written. */
export interface SinkAnswer {
  readonly written: number;
}

/** The attribute of an item that says when it may go, in seconds since 1970; only with `ttlSeconds`. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** What an item has beside its key. */
export const PREDICTION_ATTRIBUTES: readonly string[] = [
  'key',
  'sequenceNumber',
  'subSequence',
  'eventTime',
  'model',
  'prediction',
  'input',
] satisfies readonly (keyof StreamPrediction)[];

/** Share of the time of an invocation that is kept for writing what was predicted, and milliseconds of it at most. */
export const WRITE_TIME = { share: 0.4, most: 20_000 } as const;

export interface EndpointSettings {
  readonly endpointName: string;
  readonly variantName?: string;
  readonly contentType: 'application/json' | 'application/jsonlines' | 'text/csv';
  /** Records of one request, and its bytes. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Requests under way at a time, at most. */
  readonly maxConcurrency: number;
}

/** One prediction as it goes to the sinks; JSON. */
export interface StreamPrediction {
  /** The same whenever the same record is predicted: stream, shard, sequence number and, within an aggregated record, place. */
  readonly inferenceId: string;
  readonly key: string;
  readonly sequenceNumber: string;
  /** Place within a record of the stream that holds several; 0 where it holds one. */
  readonly subSequence: number;
  /** When the record arrived in the stream; ISO 8601. */
  readonly eventTime: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly prediction: unknown;
  readonly input?: unknown;
}

/** Why a record is in quarantine. */
export const REASONS = {
  undecodable: 'UNDECODABLE',
  invalid: 'INVALID_INPUT',
  tooLarge: 'TOO_LARGE',
  modelFailed: 'MODEL_ERROR',
  notFinite: 'NOT_FINITE',
} as const;
export type Reason = (typeof REASONS)[keyof typeof REASONS];

/** A line of a quarantine object: nothing of the record is lost. */
export interface QuarantinedRecord {
  readonly inferenceId: string;
  readonly reason: Reason;
  /** In words. */
  readonly cause: string;
  readonly stream: string;
  readonly shard: string;
  readonly key: string;
  readonly sequenceNumber: string;
  readonly subSequence: number;
  readonly eventTime: string;
  readonly model: { readonly name: string; readonly version: string };
  /** The whole record, base64. */
  readonly data: string;
}

/** What a record of an event has beside that of Kinesis where it is put through again out of quarantine. */
export interface Replayed {
  /** Its place in the aggregated record that it was taken out of; absent or 0 where the record is one of the stream. */
  readonly subSequence?: number;
}

/** Embedded metrics of the consumer, by `FunctionName` and by `FunctionName` with `FunctionVersion`, as those of predict. */
export const METRICS = {
  namespace: 'InferencePatterns',
  records: 'StreamRecords',
  predictions: 'StreamPredictions',
  quarantined: 'StreamQuarantinedRecords',
  failedBatches: 'StreamFailedBatches',
  sinkFailures: 'StreamSinkFailures',
  endpointThrottles: 'StreamEndpointThrottles',
  batchSize: 'StreamBatchSize',
  modelTime: 'StreamModelTime',
} as const;
