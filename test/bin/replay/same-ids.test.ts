import { batchesOf, EVENT_BYTES, eventOf } from '../../../bin/replay/batching';
import { fromQuarantine, type Replayable } from '../../../bin/replay/replayable';
import { consume } from '../../../lambda/stream-score/consume';
import type { KinesisStreamEvent } from 'aws-lambda';
import { predictorOf } from '../../lambda/batch-score/predictor';
import { LOGARITHM } from '../../lambda/predict/models';
import { removeAssets } from '../../lambda/served-model';
import { ALL_TIME, consumerOf, type MemoryParts } from '../../lambda/stream-score/consumer';
import { kinesisRecord } from '../../lambda/stream-score/kinesis-event';

afterAll(removeAssets);

const REGION = { partition: 'aws', region: 'eu-west-1', account: '' };
const logarithm = predictorOf(LOGARITHM);

/** Takes a text apart at its bars, each part under a key of its own. */
const deaggregate = (bytes: Buffer) => {
  const parts = bytes.toString().split('|');
  return parts.length === 1 ? undefined : parts.map((text, place) => ({ key: `k${place}`, bytes: Buffer.from(text) }));
};

/** Puts what a consumer has in quarantine through another one. */
async function replayed(before: MemoryParts, more: Partial<MemoryParts> = {}): Promise<MemoryParts> {
  const parts = consumerOf(logarithm, { deaggregate, ...more });
  async function* records(): AsyncGenerator<Replayable> {
    for (const record of before.quarantine.records) {
      yield await Promise.resolve(fromQuarantine(JSON.stringify(record), REGION));
    }
  }
  for await (const batch of batchesOf(records(), { records: 1000, bytes: EVENT_BYTES })) {
    const { answer } = await consume(JSON.parse(eventOf(batch)) as KinesisStreamEvent, parts, ALL_TIME);
    expect(answer.batchItemFailures).toEqual([]);
  }
  return parts;
}

/** Refuses whatever it is given, as a broken version would. */
const REFUSING = {
  decode: () => {
    throw new Error('broken');
  },
};

test('records out of quarantine are predicted as they would have been the first time, also those of aggregated records', async () => {
  const Records = [
    kinesisRecord('{"x":1}', '495', { key: 'ä"1' }),
    kinesisRecord('{"x":2}|{"x":3}|{"x":4}', '496'),
    kinesisRecord('{"x":5}', '497', { shard: 'shardId-000000000009' }),
  ];
  const first = consumerOf(logarithm, { deaggregate });
  await consume({ Records }, first, ALL_TIME);
  expect(first.table.written).toHaveLength(5);

  const broken = consumerOf(logarithm, { deaggregate, ...REFUSING });
  await consume({ Records }, broken, ALL_TIME);
  expect(broken.quarantine.records).toHaveLength(5);
  const again = await replayed(broken);
  expect(again.table.written).toEqual(first.table.written);
});

test('records that are still at fault are in quarantine under the same ids, with all that they were', async () => {
  const broken = consumerOf(logarithm, { deaggregate });
  await consume({ Records: [kinesisRecord('{"x":1}|{"x":|{"x":-1}', '7')] }, broken, ALL_TIME);
  const { records } = broken.quarantine;
  expect(records.map(({ subSequence, reason }) => [subSequence, reason])).toEqual([
    [1, 'UNDECODABLE'],
    [2, 'NOT_FINITE'],
  ]);
  expect((await replayed(broken)).quarantine.records).toEqual(records);
});

test('an aggregated record that nobody took apart is taken apart when the consumer does so by then', async () => {
  const unaware = consumerOf(logarithm);
  await consume({ Records: [kinesisRecord('{"x":1}|{"x":2}', '7')] }, unaware, ALL_TIME);
  expect(unaware.quarantine.records).toHaveLength(1);
  const again = await replayed(unaware);
  expect(again.table.written.map(({ inferenceId }) => inferenceId)).toEqual([
    'live:shardId-000000000006:7:0',
    'live:shardId-000000000006:7:1',
  ]);
});
