import type { Replayable } from './replayable';

/** What AWS Lambda takes for the event of a synchronous invocation: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const EVENT_BYTES: number = 6 * 1024 * 1024;

export interface BatchLimits {
  readonly records: number;
  readonly bytes: number;
}

/** The event of these records. */
export function eventOf(records: readonly Replayable[]): string {
  return `{"Records":[${records.map(({ json }) => json).join(',')}]}`;
}

const ENVELOPE_BYTES = eventOf([]).length;

export function eventBytes(record: Replayable): number {
  return ENVELOPE_BYTES + Buffer.byteLength(record.json);
}

/**
 * Batches in the order of the records, each of one shard, and as large as an event may be. A record that is too large for any event is
 * a batch by itself. Holds no more records than a batch has.
 */
export async function* batchesOf(
  records: AsyncIterable<Replayable>,
  limits: BatchLimits,
): AsyncGenerator<readonly Replayable[], void, undefined> {
  let batch: Replayable[] = [];
  let bytes = ENVELOPE_BYTES;
  for await (const record of records) {
    // With the comma before it, or where it is the first one a byte to spare.
    const more = Buffer.byteLength(record.json) + 1;
    const full = batch.length === limits.records || bytes + more > limits.bytes;
    if (batch.length > 0 && (full || batch[0].shard !== record.shard)) {
      yield batch;
      batch = [];
      bytes = ENVELOPE_BYTES;
    }
    batch.push(record);
    bytes += more;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
