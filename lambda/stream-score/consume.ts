import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { type QuarantinedRecord, REASONS } from '../stream/contract';
import { decodingFault, type RecordDecoder } from './decode-record';
import { type Encoder, timeOf } from './encode';
import type { Deadline, Deaggregate, EncodedPrediction, Fault, Quarantine, Scorer, Scores, Sink } from './ports';
import { readRecords, type UserRecord } from './read-records';
import { inTime, writeSinks } from './write-sinks';

/** What the consumer is made of. */
export interface ConsumerParts {
  readonly maxRecordBytes: number;
  readonly deaggregate?: Deaggregate;
  readonly decode: RecordDecoder;
  readonly scorer: Scorer;
  readonly encode: Encoder;
  readonly sinks: readonly Sink[];
  readonly quarantine: Quarantine;
  /** Told of what will be tried again, and why. */
  readonly log: (trouble: Trouble) => void;
}

/** Until when an invocation predicts, and until when it writes. */
export interface Time {
  readonly score: Deadline;
  readonly write: Deadline;
}

/** Something that may pass. */
export interface Trouble {
  /** `scorer`, `quarantine`, or the name of a sink. */
  readonly where: string;
  readonly error: unknown;
}

/** What an invocation came to. */
export interface Consumed {
  readonly answer: KinesisStreamBatchResponse;
  /** Records of the event, those that others hold counted one by one. */
  readonly batchSize: number;
  /** Of them those that are done: predicted or in quarantine. The others come again. */
  readonly predicted: number;
  readonly quarantined: number;
  readonly sinkFailures: number;
  readonly throttles: number;
  readonly modelMilliseconds: number;
}

/**
 * Predicts the records of one invocation, and says from which record on it is to be repeated.
 *
 * A record that is at fault goes to quarantine, and the others are predicted all the same. What may pass stops at the first record
 * that it affects: all before it is written to every sink or kept in quarantine, so that the order of each key holds when the
 * rest comes again.
 */
export async function consume(event: KinesisStreamEvent, parts: ConsumerParts, time: Time): Promise<Consumed> {
  const records = readRecords(event, parts.deaggregate);
  const { instances, places, faults } = read(records, parts);
  const scores = await parts.scorer.score(instances, time.score);
  if (scores.stopped !== undefined) {
    parts.log({ where: 'scorer', error: scores.stopped });
  }
  const reached = scores.reached < places.length ? wholeRecords(records, places[scores.reached]) : records.length;

  const predictions: EncodedPrediction[] = [];
  const predictedAt: number[] = [];
  for (let index = 0; index < places.length && places[index] < reached; index++) {
    const place = places[index];
    const encoded = encodeOne(records[place], instances[index], scores, index, parts);
    if ('json' in encoded) {
      predictions.push(encoded);
      predictedAt.push(place);
    } else {
      faults.set(place, encoded);
    }
  }

  // Those that can tell what comes twice first, the others last and only as far as all else has come.
  const before = (end: number): EncodedPrediction[] => predictions.slice(0, countBefore(predictedAt, end));
  const endOf = (written: number, end: number): number => Math.min(end, predictedAt[written] ?? end);
  const tellers = parts.sinks.filter(({ idempotent }) => idempotent);
  const first = await writeSinks(tellers, before(reached), time.write, parts.log);
  let end = endOf(first.written, reached);
  const kept = await keep(records, faults, end, parts, time.write);
  end = kept ? end : wholeRecords(records, firstOf(faults.keys()));
  let sinkFailures = first.failures;
  for (const sink of parts.sinks.filter(({ idempotent }) => !idempotent)) {
    const last = await writeSinks([sink], before(end), time.write, parts.log);
    end = endOf(last.written, end);
    sinkFailures += last.failures;
  }

  end = wholeRecords(records, end);
  return {
    answer: { batchItemFailures: end < records.length ? [{ itemIdentifier: records[end].sequenceNumber }] : [] },
    batchSize: records.length,
    predicted: countBefore(predictedAt, end),
    quarantined: end - countBefore(predictedAt, end),
    sinkFailures,
    throttles: scores.throttles ?? 0,
    modelMilliseconds: scores.modelMilliseconds,
  };
}

interface Read {
  readonly instances: readonly unknown[];
  /** Which record each instance is of. */
  readonly places: readonly number[];
  /** By place of the record. */
  readonly faults: Map<number, Fault>;
}

function read(records: readonly UserRecord[], { decode, maxRecordBytes }: ConsumerParts): Read {
  const instances: unknown[] = [];
  const places: number[] = [];
  const faults = new Map<number, Fault>();
  for (let place = 0; place < records.length; place++) {
    const { data, fault } = records[place];
    if (fault !== undefined) {
      faults.set(place, fault);
    } else if (Buffer.byteLength(data, 'base64') > maxRecordBytes) {
      const cause = `it has ${Buffer.byteLength(data, 'base64')} bytes, at most ${maxRecordBytes} are allowed`;
      faults.set(place, { reason: REASONS.tooLarge, cause });
    } else {
      try {
        instances.push(decode(data));
        places.push(place);
      } catch (error) {
        faults.set(place, decodingFault(error));
      }
    }
  }
  return { instances, places, faults };
}

/** A prediction as it goes to the sinks, or why it cannot. */
function encodeOne(
  record: UserRecord,
  instance: unknown,
  { predictions, models, faults }: Scores,
  index: number,
  { encode, sinks }: ConsumerParts,
): EncodedPrediction | Fault {
  const fault = faults.get(index);
  if (fault !== undefined) {
    return fault;
  }
  const encoded = encode(record, predictions[index], instance, models?.get(index));
  const narrow = sinks.find(({ maxBytes }) => hasMore(encoded.json, maxBytes));
  return narrow === undefined
    ? encoded
    : {
        reason: REASONS.tooLarge,
        cause: `its prediction has ${Buffer.byteLength(encoded.json)} bytes, ${narrow.name} takes at most ${narrow.maxBytes}`,
      };
}

/** A character is one to three bytes in UTF-8, so most need not be measured. */
function hasMore(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

/** Brings the faults before this place into quarantine, and answers whether they are there. */
async function keep(
  records: readonly UserRecord[],
  faults: ReadonlyMap<number, Fault>,
  end: number,
  { scorer, quarantine, log }: ConsumerParts,
  deadline: Deadline,
): Promise<boolean> {
  const lines = [...faults]
    .filter(([place]) => place < end)
    .sort(([one], [other]) => one - other)
    .map(([place, fault]) => quarantined(records[place], fault, scorer.model));
  if (lines.length === 0) {
    return true;
  }
  try {
    await inTime(quarantine.write(lines, deadline), deadline);
    return true;
  } catch (error) {
    log({ where: 'quarantine', error });
    return false;
  }
}

function quarantined(
  { inferenceId, stream, shard, key, sequenceNumber, subSequence, arrived, data }: UserRecord,
  { reason, cause }: Fault,
  model: Scorer['model'],
): QuarantinedRecord {
  const { name, version } = model;
  return {
    inferenceId,
    reason,
    cause,
    stream,
    shard,
    key,
    sequenceNumber,
    subSequence,
    eventTime: timeOf(arrived),
    model: { name, version },
    data,
  };
}

/**
 * The place before which only whole records of the stream lie: one that holds several comes again as a whole. By the sequence number,
 * as those that are put through again out of quarantine need not begin with the first of them.
 */
function wholeRecords(records: readonly UserRecord[], end: number): number {
  let start = end;
  while (start > 0 && start < records.length && isSameRecord(records[start - 1], records[start])) {
    start--;
  }
  return start;
}

/** Whether a record of the stream holds both. */
function isSameRecord(one: UserRecord, next: UserRecord): boolean {
  return one.subSequence < next.subSequence && one.sequenceNumber === next.sequenceNumber;
}

/** Not by spreading them: an event of aggregated records may hold more than a call has arguments. */
function firstOf(places: Iterable<number>): number {
  let first = Infinity;
  for (const place of places) {
    first = Math.min(first, place);
  }
  return first;
}

/** How many of the places, which ascend, are before this one. */
function countBefore(places: readonly number[], end: number): number {
  let count = places.length;
  while (count > 0 && places[count - 1] >= end) {
    count--;
  }
  return count;
}
