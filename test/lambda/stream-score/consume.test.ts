import type { Predictor } from '../../../lambda/predict/core';
import { consume } from '../../../lambda/stream-score/consume';
import { recordDecoder } from '../../../lambda/stream-score/decode-record';
import { encoder } from '../../../lambda/stream-score/encode';
import type { Scorer } from '../../../lambda/stream-score/ports';
import { predictorOf } from '../batch-score/predictor';
import { LOGARITHM, LOOKUP, PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { ALL_TIME, consumerOf, ENDLESS, MemorySink } from './consumer';
import { kinesisEvent, kinesisRecord, STREAM_ARN } from './kinesis-event';

afterAll(removeAssets);

const logarithm = predictorOf(LOGARITHM);
const lookup = predictorOf(LOOKUP);
const pair = predictorOf(PAIR);

const down = (): Error => new Error('it is down');
const failedAt = (sequenceNumber: string) => ({ batchItemFailures: [{ itemIdentifier: sequenceNumber }] });
const DONE = { batchItemFailures: [] };
const ones = (count: number): string[] => Array.from({ length: count }, () => '{"x":1}');

describe('a prediction', () => {
  test('says which record it is for, and by which model it was made', async () => {
    const parts = consumerOf(pair);
    const record = kinesisRecord('{"width":1,"height":2}', '4959', { key: 'a "key"' });
    expect((await consume({ Records: [record] }, parts, ALL_TIME)).answer).toEqual(DONE);
    const prediction = {
      inferenceId: 'live:shardId-000000000006:4959:0',
      key: 'a "key"',
      sequenceNumber: '4959',
      subSequence: 0,
      eventTime: '2026-01-01T00:00:00.123Z',
      model: { name: 'test-model', version: '1.2.3' },
      prediction: [1, 2],
    };
    expect(parts.table.written).toEqual([prediction]);
    expect(parts.stream.written).toEqual([prediction]);
  });

  test('has the same id when the record comes again, also through another consumer of the stream', async () => {
    const parts = consumerOf(logarithm);
    await consume({ Records: [kinesisRecord('{"x":1}', '7')] }, parts, ALL_TIME);
    const source = `${STREAM_ARN}/consumer/fan-out:1767225600`;
    await consume({ Records: [kinesisRecord('{"x":1}', '7', { source })] }, parts, ALL_TIME);
    expect(new Set(parts.table.written.map(({ inferenceId }) => inferenceId)).size).toBe(1);
  });

  test('carries the record where that is wanted', async () => {
    const parts = consumerOf(pair, { encode: encoder({ name: 'm', version: '1' }, true) });
    await consume(kinesisEvent('{"width":1,"height":2}'), parts, ALL_TIME);
    expect(parts.table.written[0].input).toEqual({ width: 1, height: 2 });
  });
});

describe('a record at fault', () => {
  test('goes to quarantine whole, with the reason, and the others are predicted', async () => {
    const parts = consumerOf(lookup, {}, 8);
    const large = `{"x":1${' '.repeat(1000)}}`;
    const consumed = await consume(
      kinesisEvent('{"x":0}', '{"x":', '{"x":"no"}', '{"x":1}', large, Buffer.of(0xff), '{"x":9}', '{"x":2}'),
      parts,
      ALL_TIME,
    );
    expect(consumed).toMatchObject({ answer: DONE, batchSize: 8, predicted: 3, quarantined: 5, sinkFailures: 0 });
    expect(parts.stream.numbers).toEqual(['1', '4', '8']);
    expect(parts.stream.written.map(({ prediction }) => prediction)).toEqual([0.5, 1.5, 2.5]);
    expect(parts.quarantine.reasons).toEqual({
      2: 'UNDECODABLE',
      3: 'INVALID_INPUT',
      5: 'TOO_LARGE',
      6: 'UNDECODABLE',
      7: 'MODEL_ERROR',
    });
    expect(parts.quarantine.records.map(({ cause }) => cause)).toEqual([
      'it is not valid JSON',
      'x must be integer',
      'it has 1007 bytes, at most 1000 are allowed',
      'it is not valid UTF-8',
      expect.stringContaining('Gather'),
    ]);
    expect(parts.quarantine.records[2]).toEqual({
      inferenceId: 'live:shardId-000000000006:5:0',
      reason: 'TOO_LARGE',
      cause: expect.any(String) as unknown,
      stream: 'live',
      shard: 'shardId-000000000006',
      key: 'k',
      sequenceNumber: '5',
      subSequence: 0,
      eventTime: '2026-01-01T00:00:00.123Z',
      model: { name: 'test-model', version: '1.2.3' },
      data: Buffer.from(large).toString('base64'),
    });
    expect(parts.troubles).toEqual([]);
  });

  test('whose prediction is not finite costs no other run of the model', async () => {
    const run = jest.spyOn(logarithm.session, 'run');
    const parts = consumerOf(logarithm, {}, 256);
    await consume(kinesisEvent('{"x":1}'), parts, ALL_TIME);
    run.mockClear();
    await consume(kinesisEvent(...ones(300), '{"x":-1}', ...ones(300)), parts, ALL_TIME);
    expect(run.mock.calls.map(([feeds]) => Object.values(feeds)[0].dims[0])).toEqual([256, 256, 89]);
    run.mockRestore();
    expect(parts.quarantine.reasons).toEqual({ 301: 'NOT_FINITE' });
    expect(parts.table.written).toHaveLength(601);
  });

  test('whose prediction a sink will never take is in no sink', async () => {
    const narrow = new MemorySink(true, 250);
    const parts = consumerOf(pair, { encode: encoder({ name: 'm', version: '1' }, true) });
    const long = `{"width":1${' '.repeat(500)},"height":${'3'.repeat(30)}}`;
    const event = kinesisEvent('{"width":1,"height":2}', long);
    const { answer } = await consume(event, { ...parts, sinks: [parts.stream, narrow] }, ALL_TIME);
    expect([answer, parts.stream.numbers, narrow.numbers]).toEqual([DONE, ['1'], ['1']]);
    expect(parts.quarantine.reasons).toEqual({ 2: 'TOO_LARGE' });
    expect(parts.quarantine.records[0].cause).toMatch(/^its prediction has \d+ bytes, memory-table takes at most 250$/);
  });
});

describe('what may pass', () => {
  test('in a sink stops at the first record that it has not, and is repeated from there', async () => {
    const parts = consumerOf(logarithm);
    parts.table.next.push(3);
    const consumed = await consume(kinesisEvent(...ones(3), '{"x":-1}', ...ones(3)), parts, ALL_TIME);
    expect(consumed).toMatchObject({ answer: failedAt('5'), predicted: 3, quarantined: 1, sinkFailures: 1 });
    // The one that cannot tell what comes twice has nothing of what comes again.
    expect(parts.stream.numbers).toEqual(['1', '2', '3']);
    expect(parts.troubles).toEqual([{ where: 'memory-table', error: '3 of 6 predictions are written' }]);
  });

  test('in a sink that is down leaves what is before the first prediction done', async () => {
    const parts = consumerOf(logarithm);
    parts.stream.next.push(down());
    const consumed = await consume(kinesisEvent('no', ...ones(2)), parts, ALL_TIME);
    expect(consumed).toMatchObject({ answer: failedAt('2'), predicted: 0, quarantined: 1, sinkFailures: 1 });
    expect(parts.quarantine.reasons).toEqual({ 1: 'UNDECODABLE' });
    expect(parts.troubles).toEqual([{ where: 'memory-stream', error: down() }]);
  });

  test('in the quarantine stops at the first record at fault', async () => {
    const parts = consumerOf(logarithm);
    parts.quarantine.next.push(down());
    const consumed = await consume(kinesisEvent('{"x":1}', 'no', '{"x":1}', 'no'), parts, ALL_TIME);
    expect(consumed).toMatchObject({ answer: failedAt('2'), predicted: 1, quarantined: 0, sinkFailures: 0 });
    expect(parts.stream.numbers).toEqual(['1']);
    expect(parts.troubles).toEqual([{ where: 'quarantine', error: down() }]);
  });

  test('in one of several sinks that cannot tell leaves the later ones what all have', async () => {
    const parts = consumerOf(logarithm);
    const other = new MemorySink(false);
    parts.stream.next.push(2);
    await consume(kinesisEvent(...ones(4)), { ...parts, sinks: [parts.stream, other, parts.table] }, ALL_TIME);
    expect([parts.table.numbers.length, parts.stream.numbers, other.numbers]).toEqual([4, ['1', '2'], ['1', '2']]);
  });

  test('in one of several sinks that can tell stops at what all of them have', async () => {
    const parts = consumerOf(logarithm);
    const other = new MemorySink(true);
    other.next.push(1);
    const sinks = [other, parts.table, parts.stream];
    const { answer } = await consume(kinesisEvent(...ones(4)), { ...parts, sinks }, ALL_TIME);
    expect([answer, parts.stream.numbers]).toEqual([failedAt('2'), ['1']]);
  });

  test('in the model says nothing of any record, so the invocation fails and nothing is written', async () => {
    const parts = consumerOf(logarithm);
    const broken = { ...parts.scorer, score: () => Promise.reject(down()) };
    await expect(consume(kinesisEvent('no', '{"x":1}'), { ...parts, scorer: broken }, ALL_TIME)).rejects.toThrow(
      'down',
    );
    expect([parts.table.calls, parts.quarantine.records]).toEqual([[], []]);
  });

  test('a sink that does not come back counts as one that wrote nothing', async () => {
    const parts = consumerOf(logarithm);
    const over = new AbortController();
    const silent = { ...ENDLESS, signal: over.signal };
    parts.table.write = () => {
      setImmediate(() => over.abort());
      return new Promise<number>(() => undefined);
    };
    const { answer } = await consume(kinesisEvent('{"x":1}'), parts, { score: ENDLESS, write: silent });
    expect([answer, parts.stream.calls]).toEqual([failedAt('1'), []]);
    expect(parts.troubles).toEqual([{ where: 'memory-table', error: new Error('the time of the invocation is over') }]);
  });
});

describe('when the time runs out', () => {
  /** A model that takes a second for each record, and the time that it has. */
  const slow = (seconds: number, tensorBatch: number) => {
    let left = seconds * 1000;
    const seen: number[] = [];
    const predictEach: Predictor['predictEach'] = (instances) => {
      left -= 1000 * instances.length;
      seen.push(instances.length);
      return logarithm.predictEach(instances);
    };
    const time = { score: { ...ENDLESS, remaining: () => left }, write: ENDLESS };
    return { parts: consumerOf({ ...logarithm, predictEach }, {}, tensorBatch), time, seen };
  };

  test('the records that were predicted are written, and the others come again', async () => {
    const { parts, time, seen } = slow(4, 2);
    const consumed = await consume(kinesisEvent(...ones(3), 'no', ...ones(4)), parts, time);
    expect(consumed).toMatchObject({ answer: failedAt('6'), predicted: 4, quarantined: 1 });
    expect([parts.table.numbers, seen]).toEqual([
      ['1', '2', '3', '5'],
      [1, 2, 1],
    ]);
    expect(parts.troubles).toEqual([
      { where: 'scorer', error: '0 ms are left, and the model takes 1000 for a record' },
    ]);
  });

  test('the first one is tried in any case, and by itself where nothing is known of the model', async () => {
    const { parts, time, seen } = slow(0, 256);
    const { answer } = await consume(kinesisEvent(...ones(3)), parts, time);
    expect([answer, parts.table.numbers, seen]).toEqual([failedAt('2'), ['1'], [1]]);
  });

  test('a model sees no more records at a time than it has time for', async () => {
    const { parts, time, seen } = slow(9, 256);
    await consume(kinesisEvent(...ones(20)), parts, time);
    expect([parts.table.numbers.length, seen]).toEqual([9, [1, 8]]);
  });

  test('records at fault after the last one predicted are left for the next invocation', async () => {
    const { parts, time } = slow(2, 2);
    await consume(kinesisEvent(...ones(3), 'no'), parts, time);
    expect(parts.quarantine.records).toEqual([]);
  });
});

describe('a record that holds several', () => {
  const deaggregate = (bytes: Buffer) => {
    if (bytes.toString() === 'broken') {
      throw new Error('a part is missing');
    }
    return bytes.toString().startsWith('[')
      ? (JSON.parse(bytes.toString()) as unknown[]).map((part, place) => ({
          key: `part ${place}`,
          bytes: Buffer.from(JSON.stringify(part)),
        }))
      : undefined;
  };
  const three = JSON.stringify([{ x: 1 }, { x: 1 }, { x: 1 }]);

  test('is taken apart, each part under its own key and id', async () => {
    const parts = consumerOf(logarithm, { deaggregate });
    const consumed = await consume(kinesisEvent('{"x":1}', three, 'broken'), parts, ALL_TIME);
    expect(consumed).toMatchObject({ answer: DONE, batchSize: 5, predicted: 4, quarantined: 1 });
    expect(parts.table.written.map(({ inferenceId, key }) => [inferenceId.split(':').slice(2).join(':'), key])).toEqual(
      [
        ['1:0', 'k'],
        ['2:0', 'part 0'],
        ['2:1', 'part 1'],
        ['2:2', 'part 2'],
      ],
    );
    expect(parts.quarantine.records[0]).toMatchObject({
      reason: 'UNDECODABLE',
      cause: 'it cannot be taken apart: a part is missing',
      data: Buffer.from('broken').toString('base64'),
    });
  });

  test('comes again as a whole, so nothing of it is written when the model did not get to its end', async () => {
    const parts = consumerOf(logarithm, { deaggregate }, 2);
    let left = 1000;
    const late = { ...ENDLESS, remaining: () => (left -= 400) };
    const consumed = await consume(kinesisEvent('{"x":1}', three), parts, { score: late, write: ENDLESS });
    expect(consumed).toMatchObject({ answer: failedAt('2'), predicted: 1 });
    expect(parts.table.numbers).toEqual(['1']);
  });

  test('counts as done only when all of it is', async () => {
    const parts = consumerOf(logarithm, { deaggregate });
    parts.stream.next.push(3);
    const consumed = await consume(kinesisEvent('{"x":1}', three), parts, ALL_TIME);
    expect(consumed).toMatchObject({ answer: failedAt('2'), predicted: 1 });
  });
});

test('rows of CSV are records as well', async () => {
  const parts = consumerOf(pair, { decode: recordDecoder('csv', pair.model.input) });
  await consume(kinesisEvent('1,2\n', '"3","4"', '1', '1,no', '1,2\n3,4'), parts, ALL_TIME);
  expect(parts.table.written.map(({ prediction }) => prediction)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(parts.quarantine.records.map(({ reason, cause }) => `${reason}: ${cause}`)).toEqual([
    'UNDECODABLE: it has 1 values instead of 2',
    'INVALID_INPUT: height must be a finite number',
    'UNDECODABLE: it has more than one row',
  ]);
});

test('an event without records is done', async () => {
  expect((await consume({ Records: [] }, consumerOf(pair), ALL_TIME)).answer).toEqual(DONE);
});

test('an event of another service fails the invocation', async () => {
  const event = { Records: [kinesisRecord('{}', '1', { source: 'arn:aws:sqs:eu-west-1:123456789012:queue' })] };
  await expect(consume(event, consumerOf(pair), ALL_TIME)).rejects.toThrow('none of a Kinesis stream');
});

test('a prediction names the model that made it, where the scorer says that it was another one', async () => {
  const other = { name: 'm', version: 'challenger' };
  const scorer: Scorer = {
    model: { name: 'm', version: '1' },
    score: (instances) => ({
      predictions: instances,
      models: new Map([[1, other]]),
      faults: new Map(),
      reached: instances.length,
      modelMilliseconds: 0,
    }),
  };
  const parts = {
    ...consumerOf(pair),
    scorer: { ...scorer, input: pair.model.input },
    encode: encoder(scorer.model, false),
  };
  await consume(kinesisEvent(...Array<string>(3).fill('{"width":1,"height":2}')), parts, ALL_TIME);
  expect(parts.table.written.map(({ model: { version } }) => version)).toEqual(['1', 'challenger', '1']);
});
