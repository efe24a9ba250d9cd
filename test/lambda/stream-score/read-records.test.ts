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

describe('a key that Kinesis would not take', () => {
  const keyed =
    (...keys: string[]) =>
    () =>
      keys.map((key) => ({ key, bytes: Buffer.from('{"x":1}') }));

  test.each([
    ['no character', '', true],
    ['one', 'k', false],
    ['256', 'k'.repeat(256), false],
    ['256 of two units', '\u{1f642}'.repeat(256), false],
    ['257', 'k'.repeat(257), true],
    ['257 of two units', '\u{1f642}'.repeat(257), true],
  ])('%s is at fault, or not', (_, key, faulty) => {
    const [{ fault }] = readRecords({ Records: [replayed('a', '7')] }, keyed(key));
    expect(fault?.reason).toBe(faulty ? 'UNDECODABLE' : undefined);
  });

  test('goes to quarantine, and neither holds up its shard nor takes others of its aggregated record along', async () => {
    const parts = consumerOf(predictorOf(LOGARITHM), { deaggregate: keyed('one', '', 'other') });
    const { answer, predicted, quarantined } = await consume({ Records: [replayed('a', '7')] }, parts, ALL_TIME);
    expect({ answer, predicted, quarantined }).toEqual({
      answer: { batchItemFailures: [] },
      predicted: 2,
      quarantined: 1,
    });
  });

  test('is one out of quarantine as well', () => {
    for (const place of [0, 3]) {
      const record = replayed('a', '7', place);
      const Records = [{ ...record, kinesis: { ...record.kinesis, partitionKey: '' } }];
      expect(readRecords({ Records })[0].fault?.reason).toBe('UNDECODABLE');
    }
  });
});
