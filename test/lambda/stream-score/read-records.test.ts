import type { Replayed } from '../../../lambda/stream/contract';
import { consume } from '../../../lambda/stream-score/consume';
import { readRecords } from '../../../lambda/stream-score/read-records';
import { predictorOf } from '../batch-score/predictor';
import { LOGARITHM } from '../predict/models';
import { removeAssets } from '../served-model';
import { ALL_TIME, consumerOf } from './consumer';
import { kinesisRecord } from './kinesis-event';

afterAll(removeAssets);

/** Takes a text apart at its bars. */
const deaggregate = (bytes: Buffer) =>
  bytes
    .toString()
    .split('|')
    .map((text) => ({ key: 'of its own', bytes: Buffer.from(text) }));

const replayed = (data: string, sequenceNumber: string, subSequence?: number) => {
  const record: Replayed = { subSequence };
  return { ...kinesisRecord(data, sequenceNumber), ...record };
};

describe('a record that is put through again', () => {
  test('keeps the place that it had in an aggregated record, and is not taken apart again', () => {
    const Records = [replayed('a|b', '7', 3)];
    for (const by of [deaggregate, undefined]) {
      expect(readRecords({ Records }, by)).toMatchObject([
        {
          inferenceId: 'live:shardId-000000000006:7:3',
          key: 'k',
          subSequence: 3,
          data: Buffer.from('a|b').toString('base64'),
        },
      ]);
    }
  });

  test('is taken apart where it is a whole record of the stream', () => {
    for (const place of [0, undefined]) {
      const records = readRecords({ Records: [replayed('a|b', '7', place)] }, deaggregate);
      expect(records.map(({ inferenceId, key }) => [inferenceId, key])).toEqual([
        ['live:shardId-000000000006:7:0', 'of its own'],
        ['live:shardId-000000000006:7:1', 'of its own'],
      ]);
    }
  });

  test('comes again by itself when others before it were taken out of the middle of aggregated records as well', async () => {
    const parts = consumerOf(predictorOf(LOGARITHM), { deaggregate });
    const Records = ['5', '6', '7', '7'].map((sequence, place) => replayed('{"x":1}', sequence, place + 1));
    parts.table.next.push(3);
    const consumed = await consume({ Records }, parts, ALL_TIME);
    expect(consumed.answer).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] });
    expect(consumed.predicted).toBe(2);
  });
});
