import type { KinesisStreamRecord } from 'aws-lambda';
import type { Notice, Reader, Replayable } from '../../../bin/replay/replayable';
import { eventRecord, replayable } from '../../../bin/replay/replayable';
import type { QuarantinedRecord } from '../../../lambda/stream/contract';

export const STREAM = 'live';
export const ARN = `arn:aws:kinesis:eu-west-1:123456789012:stream/${STREAM}`;
export const ARRIVED = Date.parse('2026-01-01T00:00:00.123Z');

export const shardOf = (place: number): string => `shardId-${String(place).padStart(12, '0')}`;

/** A record of a stream, as an event has it. */
export function inEvent(sequenceNumber: string, data = '{"x":1}', shard = shardOf(0)): KinesisStreamRecord {
  return eventRecord({
    arn: ARN,
    region: 'eu-west-1',
    shard,
    key: 'k',
    sequenceNumber,
    subSequence: 0,
    arrived: ARRIVED / 1000,
    data: Buffer.from(data).toString('base64'),
  });
}

export function inQuarantine(sequenceNumber: string, more: Partial<QuarantinedRecord> = {}): QuarantinedRecord {
  const { shard = shardOf(0), subSequence = 0 } = more;
  return {
    inferenceId: `${STREAM}:${shard}:${sequenceNumber}:${subSequence}`,
    reason: 'UNDECODABLE',
    cause: 'it is not valid JSON',
    stream: STREAM,
    shard,
    key: 'k',
    sequenceNumber,
    subSequence,
    eventTime: new Date(ARRIVED).toISOString(),
    model: { name: 'm', version: '1' },
    data: Buffer.from('{"x":').toString('base64'),
    ...more,
  };
}

/** Records by shard and size of their data, numbered from 1; each says where to go on. */
export function numbered(sizes: readonly (readonly [shard: number, bytes: number])[]): Replayable[] {
  return sizes.map(([shard, bytes], place) => {
    const event = inEvent(String(place + 1), 'x'.repeat(bytes), shardOf(shard));
    return replayable(event, { goOn: event.eventID });
  });
}

export const readerOf = (records: readonly Replayable[]): Reader =>
  async function* () {
    for (const record of records) {
      yield await Promise.resolve(record);
    }
  };

export const DEAF: Notice = {
  unreadable: () => undefined,
  leftOut: () => undefined,
  twice: () => undefined,
  opened: () => undefined,
  outside: () => undefined,
};
