/**
 * How many records a function gets at a time, and how long the first of them waits for the others.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 */
export interface StreamBatching {
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** A sentence for each. */
  readonly reasons: string[];
}

/** What is known of the records, and what is wanted. */
export interface RecordFlow {
  /** Bytes of a usual record. */
  readonly recordBytes: number;
  /** Records that arrive in a second on one lane of a shard; absent where nobody said. */
  readonly recordsPerSecond?: number;
  /** Seconds that a record may wait. */
  readonly maxWaitSeconds: number;
}

/** What AWS Lambda takes for an event, and for a record of it beside its data: names, numbers and times. */
const EVENT_BYTES = 6 * 1024 * 1024;
const RECORD_OVERHEAD_BYTES = 500;
const MOST_RECORDS = 10_000;
/** A model that sees so many at a time is as quick as it gets. */
const WORTH_WAITING_FOR = 256;
/** A mapping looks at its stream about once in a second. */
const SHORTEST_WINDOW = 1;
const LONGEST_WINDOW = 300;

/** As many records as an event holds, and a wait only as long as it takes to have enough of them. */
export function chooseBatching({ recordBytes, recordsPerSecond, maxWaitSeconds }: RecordFlow): StreamBatching {
  const fitting = recordsOfEvent(recordBytes);
  const batchSize = Math.max(1, Math.min(MOST_RECORDS, fitting));
  const enough = Math.min(batchSize, WORTH_WAITING_FOR);
  const needed = recordsPerSecond === undefined ? SHORTEST_WINDOW : Math.ceil(enough / recordsPerSecond);
  const windowSeconds = Math.min(LONGEST_WINDOW, Math.floor(maxWaitSeconds), Math.max(SHORTEST_WINDOW, needed));
  return {
    batchSize,
    windowSeconds,
    reasons: [
      fitting < MOST_RECORDS
        ? `batches of ${batchSize}: an event of 6 MiB holds no more records of ${recordBytes} bytes, which travel as base64`
        : `batches of ${batchSize}: AWS Lambda gives no more, and an event of 6 MiB holds them`,
      recordsPerSecond === undefined
        ? `a window of ${windowSeconds} s: how many records arrive is not known`
        : needed > windowSeconds
          ? `a window of ${windowSeconds} s: no record may wait longer, though ${enough} records take ${needed} s`
          : `a window of ${windowSeconds} s: time for ${enough} records, and a model gains nothing from more`,
    ],
  };
}

/** How many records of this size an event holds. */
export function recordsOfEvent(recordBytes: number): number {
  return Math.floor(EVENT_BYTES / (4 * Math.ceil(recordBytes / 3) + RECORD_OVERHEAD_BYTES));
}

/** The largest record that an event can hold; AWS Lambda sends a larger one to the failure destination. */
export const LARGEST_RECORD_BYTES: number = Math.floor((EVENT_BYTES - RECORD_OVERHEAD_BYTES) / 4) * 3;
