/** What the instance offers, and how much of it one model takes. */
export interface Surroundings {
  readonly processors: number;
  readonly memoryBytes: number;
  readonly modelBytes: number;
}

export interface Capacity {
  /** Threads that hold a session each, beside the one that speaks HTTP. */
  readonly workers: number;
  /** Processors that one run of the model uses. */
  readonly threadsPerRun: number;
}

/** ONNX Runtime holds the file, the parsed graph and working memory at the same time. */
const MEMORY_PER_MODEL_BYTE = 4;
/** What sessions may take of the memory: requests and answers need some, too. */
const SHARE_FOR_SESSIONS = 0.75;
/** Runs of a smaller model are over before several threads have found together. */
const LARGE_MODEL_BYTES = 16 * 1024 * 1024;
/** A run gains little from more. */
const THREADS_OF_LARGE_MODEL = 4;

/** Small models are run side by side, large ones by several processors at once; both as far as the memory goes. */
export function planCapacity({ processors, memoryBytes, modelBytes }: Surroundings): Capacity {
  const fitting = Math.floor((memoryBytes * SHARE_FOR_SESSIONS) / (modelBytes * MEMORY_PER_MODEL_BYTE));
  const wanted =
    modelBytes < LARGE_MODEL_BYTES
      ? processors - 1
      : Math.floor(processors / Math.min(THREADS_OF_LARGE_MODEL, processors));
  const workers = Math.max(1, Math.min(wanted, fitting));
  const threadsPerRun =
    modelBytes < LARGE_MODEL_BYTES && fitting >= wanted ? 1 : Math.max(1, Math.floor(processors / workers));
  return { workers, threadsPerRun };
}

/** What a batch transform job uses where its creator leaves it open. */
export interface ExecutionParameters {
  readonly MaxConcurrentTransforms: number;
  readonly BatchStrategy: 'SINGLE_RECORD' | 'MULTI_RECORD';
  readonly MaxPayloadInMB: number;
}

/** The product of both may not be more: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html */
const MAX_MEGABYTES_AT_ONCE = 100;
/** While one is run, the next is there. */
const TRANSFORMS_PER_WORKER = 2;

/**
 * One record at a time: each record of the input then has its answer, on a line of its own, and a bad one spoils no other's. The
 * payload is as large as the server takes, or as concurrency leaves room for.
 */
export function executionParameters(workers: number, maxBodyBytes: number): ExecutionParameters {
  const concurrent = Math.min(MAX_MEGABYTES_AT_ONCE, workers * TRANSFORMS_PER_WORKER);
  const largest = Math.floor(maxBodyBytes / (1024 * 1024));
  return {
    MaxConcurrentTransforms: concurrent,
    BatchStrategy: 'SINGLE_RECORD',
    MaxPayloadInMB: Math.min(largest, Math.floor(MAX_MEGABYTES_AT_ONCE / concurrent)),
  };
}
