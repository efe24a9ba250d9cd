import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { REASONS, type Replayed } from '../stream/contract';
import type { Deaggregate, Fault } from './ports';

/** A record as a producer wrote it: one of the stream, or one of those that a record of the stream holds. */
export interface UserRecord {
  readonly inferenceId: string;
  readonly stream: string;
  readonly shard: string;
  readonly key: string;
  readonly sequenceNumber: string;
  readonly subSequence: number;
  /** In seconds, as Lambda gives it. */
  readonly arrived: number;
  /** Base64, as Lambda gives it. */
  readonly data: string;
  /** What is known to be wrong with it before it is read. */
  readonly fault?: Fault;
}

/** In characters. */
const LONGEST_KEY = 256;
const NO_KEY: Fault = {
  reason: REASONS.undecodable,
  cause: `its partition key has not 1 to ${LONGEST_KEY} characters, as those of Kinesis have`,
};

/** Where a record of the stream comes from. */
interface Origin {
  readonly source: string;
  readonly stream: string;
  readonly shard: string;
  /** What its event ids begin with. */
  readonly prefix: string;
}

/**
 * The records of an invocation, in the order of the stream. One that is put through again and has a place in an aggregated record was
 * taken out of it already, and keeps its place: its inference id is what it was.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example
 */
export function readRecords({ Records }: KinesisStreamEvent, deaggregate?: Deaggregate): UserRecord[] {
  const records: UserRecord[] = [];
  let origin: Origin | undefined;
  for (const record of Records) {
    if (origin?.source !== record.eventSourceARN || !record.eventID.startsWith(origin.prefix)) {
      origin = originOf(record);
    }
    const { subSequence = 0 } = record as Replayed;
    if (deaggregate === undefined || subSequence > 0) {
      records.push(userRecord(record, origin, record.kinesis, subSequence));
    } else {
      records.push(...takenApart(record, origin, deaggregate));
    }
  }
  return records;
}

function takenApart(record: KinesisStreamRecord, origin: Origin, deaggregate: Deaggregate): UserRecord[] {
  const { kinesis } = record;
  try {
    const parts = deaggregate(Buffer.from(kinesis.data, 'base64'));
    return parts === undefined
      ? [userRecord(record, origin, kinesis, 0)]
      : parts.map(({ key, bytes }, place) =>
          userRecord(record, origin, { partitionKey: key, data: bytes.toString('base64') }, place),
        );
  } catch (error) {
    const cause = `it cannot be taken apart: ${error instanceof Error ? error.message : String(error)}`;
    const fault = { reason: REASONS.undecodable, cause };
    return [{ ...userRecord(record, origin, kinesis, 0), fault }];
  }
}

function userRecord(
  { eventID, kinesis }: KinesisStreamRecord,
  { stream, shard }: Origin,
  { partitionKey, data }: Pick<KinesisStreamRecord['kinesis'], 'partitionKey' | 'data'>,
  subSequence: number,
): UserRecord {
  return {
    // The id of the event is `<shard>:<sequence number>`, and names of streams have no colon.
    inferenceId: `${stream}:${eventID}:${subSequence}`,
    stream,
    shard,
    key: partitionKey,
    sequenceNumber: kinesis.sequenceNumber,
    subSequence,
    arrived: kinesis.approximateArrivalTimestamp,
    data,
    fault: hasKey(partitionKey) ? undefined : NO_KEY,
  };
}

/**
 * Whoever aggregates records may write any key into them, and a stream that predictions are written to takes no other one than Kinesis
 * does: such a record would hold up its shard. What stands alone has a key that Kinesis took.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
function hasKey(key: string): boolean {
  return key.length > 0 && (key.length <= LONGEST_KEY || [...key].length <= LONGEST_KEY);
}

/** With enhanced fan-out the source is a consumer: `...:stream/<name>/consumer/<consumer>:<created>`. */
function originOf({ eventSourceARN, eventID }: KinesisStreamRecord): Origin {
  const stream = /:stream\/([^/]+)/.exec(eventSourceARN)?.[1];
  const end = eventID.indexOf(':');
  if (stream === undefined || end < 1) {
    throw new Error('the event is none of a Kinesis stream: is this function called by something else?');
  }
  return { source: eventSourceARN, stream, shard: eventID.slice(0, end), prefix: eventID.slice(0, end + 1) };
}
