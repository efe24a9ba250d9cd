import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';

export const STREAM_ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/live';
export const SHARD = 'shardId-000000000006';

/** A record as Lambda hands it over: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example */
export function kinesisRecord(
  data: string | Buffer,
  sequenceNumber: string,
  { key = 'k', shard = SHARD, arrived = 1_767_225_600.123, source = STREAM_ARN } = {},
): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrived,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shard}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/consumer',
    awsRegion: 'eu-west-1',
    eventSourceARN: source,
  };
}

/** An event of these records, numbered from 1. */
export function kinesisEvent(...data: readonly (string | Buffer)[]): KinesisStreamEvent {
  return { Records: data.map((each, place) => kinesisRecord(each, String(place + 1))) };
}
