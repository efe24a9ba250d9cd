import type { KinesisStreamRecord } from 'aws-lambda';
import type { QuarantinedRecord, Replayed } from '../../lambda/stream/contract';

/** A record that is put through again, as the consumer's event holds it. */
export interface Replayable {
  /** `<stream>:<shard>:<sequence number>:<place in an aggregated record>`: what its inference id will be, and was. */
  readonly id: string;
  /** `<stream>/<shard>`: records of one event are of one shard, as Lambda has it. */
  readonly shard: string;
  readonly sequenceNumber: string;
  /** The record of the event, in JSON. */
  readonly json: string;
  /** Why it was kept, and by which model: as far as that is known. */
  readonly reason?: string;
  readonly model?: string;
  /** What `--after` takes to go on behind this record; the earlier point still holds where nothing can be said. */
  readonly goOn?: string;
}

/** Something that is no record, or no object of records. */
export interface Unreadable {
  readonly where: string;
  readonly why: string;
}

/** Reads what is to be put through, in the order in which it is. */
export type Reader = (notice: Notice, signal: AbortSignal) => AsyncIterable<Replayable>;

/** Told of what is read and not put through. */
export interface Notice {
  unreadable(found: Unreadable): void;
  /** Not asked for. */
  leftOut(): void;
  /** There already: the same record is in more than one object. */
  twice(): void;
  /** An object that was written earlier or later than is asked for. */
  outside(): void;
  /** An object, or a shard. */
  opened(): void;
}

/** Where the stream is, as far as anybody said; what the consumer reads of it is the name. */
export interface Region {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export function streamArn({ partition, region, account }: Region, stream: string): string {
  return `arn:${partition}:kinesis:${region}:${account}:stream/${stream}`;
}

/** A record of a stream, as Lambda hands it to the consumer. */
export interface StreamRecord {
  readonly arn: string;
  readonly region: string;
  readonly shard: string;
  readonly key: string;
  readonly sequenceNumber: string;
  readonly subSequence: number;
  /** In seconds. */
  readonly arrived: number;
  /** In base64. */
  readonly data: string;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example */
export function eventRecord(record: StreamRecord): KinesisStreamRecord & Replayed {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.key,
      sequenceNumber: record.sequenceNumber,
      data: record.data,
      approximateArrivalTimestamp: record.arrived,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${record.shard}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    // The role is the function's, which nobody has to know here.
    invokeIdentityArn: '',
    awsRegion: record.region,
    eventSourceARN: record.arn,
    ...(record.subSequence > 0 ? { subSequence: record.subSequence } : {}),
  };
}

/** Of an event's record, whoever made it. Throws where it is none of Kinesis. */
export function replayable(record: KinesisStreamRecord & Replayed, more: Partial<Replayable> = {}): Replayable {
  const { eventID, eventSourceARN, kinesis, subSequence = 0 } = record;
  const stream = /:stream\/([^/]+)/.exec(String(eventSourceARN))?.[1];
  const shard = /^([^:]+):./.exec(String(eventID))?.[1];
  if (stream === undefined || shard === undefined || [kinesis?.data, kinesis?.sequenceNumber].some(isNoText)) {
    throw new Error('it is no record of a Kinesis stream');
  }
  return {
    ...more,
    id: `${stream}:${eventID}:${subSequence}`,
    shard: `${stream}/${shard}`,
    sequenceNumber: kinesis.sequenceNumber,
    json: JSON.stringify(record),
  };
}

/** Of a line of a quarantine object. Throws where it is none. */
export function fromQuarantine(line: string, region: Region): Replayable {
  const record = parsed(line) as Partial<QuarantinedRecord> | null;
  const { stream, shard, key, sequenceNumber, subSequence, eventTime, data } = record ?? {};
  const arrived = Date.parse(String(eventTime)) / 1000;
  const texts = [stream, shard, key, sequenceNumber, data];
  if (texts.some(isNoText) || !Number.isSafeInteger(subSequence) || Number.isNaN(arrived)) {
    throw new Error('it is no record out of quarantine');
  }
  const { reason, model, ...whole } = record as QuarantinedRecord;
  const event = eventRecord({ ...whole, arn: streamArn(region, whole.stream), region: region.region, arrived });
  return replayable(event, { reason, model: model === undefined ? undefined : `${model.name} ${model.version}` });
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('it is not valid JSON');
  }
}

function isNoText(value: unknown): boolean {
  return typeof value !== 'string';
}
