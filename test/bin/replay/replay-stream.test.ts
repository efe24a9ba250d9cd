import { ExpiredIteratorException, KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { streamReader } from '../../../bin/replay/read-stream';
import type { StreamSettings } from '../../../bin/replay/settings';
import type { ReplaySummary } from '../../../bin/replay/tally';
import { type Answer, LoopbackService } from '../../lambda/stream-score/sinks/loopback-service';
import { replay } from './command';
import { LoopbackConsumer } from './loopback-consumer';
import { ARN, DEAF, inEvent, shardOf } from './records';

jest.setTimeout(60_000);

const kinesis = new LoopbackService();
const consumer = new LoopbackConsumer();
const stops: (() => void)[] = [];

interface LoopbackShard {
  readonly parents?: readonly string[];
  /** Sequence numbers, and when they arrived: minutes after the beginning. */
  readonly records: readonly (readonly [sequenceNumber: number, minute: number])[];
  readonly closed?: boolean;
}

const BEGIN = Date.parse('2026-01-31T08:00:00.250Z');
const at = (minute: number): number => BEGIN + minute * 60_000;
const PAGE = 2;

let shards: Record<string, LoopbackShard>;
/** Iterators that nobody may use any more. */
let expire: (iterator: string) => boolean;

beforeAll(async () => {
  stops.unshift(await kinesis.start());
  stops.unshift(await consumer.start());
});
afterAll(() => stops.forEach((stop) => stop()));
beforeEach(() => {
  [kinesis.requests, consumer.called, consumer.events].forEach((each) => each.splice(0));
  consumer.invoke = () => ({ answer: { batchItemFailures: [] } });
  kinesis.answer = answer;
  expire = () => false;
  // Shard 0 was split into 2 and 3, of which 2 and 1 were merged into 4.
  shards = {
    [shardOf(4)]: {
      parents: [shardOf(2), shardOf(1)],
      records: [
        [9, 30],
        [10, 31],
        [11, 61],
        [12, 62],
      ],
    },
    [shardOf(1)]: {
      records: [
        [2, 2],
        [6, 12],
      ],
      closed: true,
    },
    [shardOf(0)]: {
      records: [
        [1, -1],
        [3, 3],
        [4, 4],
        [5, 9],
      ],
      closed: true,
    },
    [shardOf(2)]: { parents: [shardOf(0)], records: [[7, 14]], closed: true },
    [shardOf(3)]: { parents: [shardOf(0)], records: [[8, 20]] },
  };
});

/** What Kinesis answers: iterators are `<shard>/<place of the next record>`. */
function answer(operation: string, body: Record<string, unknown>): Answer {
  if (operation === 'ListShards') {
    const listed = Object.entries(shards).map(([ShardId, { parents = [] }]) => ({
      ShardId,
      ParentShardId: parents[0],
      AdjacentParentShardId: parents[1],
    }));
    // Two pages.
    return {
      body:
        body.NextToken === undefined ? { Shards: listed.slice(0, 2), NextToken: 'more' } : { Shards: listed.slice(2) },
    };
  }
  if (operation === 'GetShardIterator') {
    const { records } = shards[String(body.ShardId)];
    const place = records.findIndex(([number, minute]) =>
      body.ShardIteratorType === 'AT_TIMESTAMP'
        ? at(minute) >= Number(body.Timestamp) * 1000
        : number > Number(body.StartingSequenceNumber),
    );
    return { body: { ShardIterator: `${String(body.ShardId)}/${place < 0 ? records.length : place}` } };
  }
  const iterator = String(body.ShardIterator);
  if (expire(iterator)) {
    return { status: 400, error: ExpiredIteratorException.name };
  }
  const [shard, place] = [iterator.split('/')[0], Number(iterator.split('/')[1])];
  const { records, closed = false } = shards[shard];
  const page = records.slice(place, place + PAGE);
  const next = place + page.length;
  return {
    body: {
      Records: page.map(([number, minute]) => ({
        SequenceNumber: String(number),
        PartitionKey: 'k',
        Data: Buffer.from(`{"x":${number}}`).toString('base64'),
        ApproximateArrivalTimestamp: at(minute) / 1000,
      })),
      MillisBehindLatest: next < records.length ? Date.now() - at(records[next][1]) : 0,
      ...(closed && next === records.length ? {} : { NextShardIterator: `${shard}/${next}` }),
    },
  };
}

const RANGE = ['--since', '2026-01-31T08:00:00Z', '--until', '2026-01-31T09:00:00Z'];
const THROUGH = ['stream', '--stream', ARN, '--function', 'consumer:live', ...RANGE];
const numbers = (): string[] => consumer.numbers.flat();

test('what arrived within the range is put through as it was, parents before the shards that came out of them', async () => {
  const { status, stdout, stderr } = await replay(THROUGH);
  expect([status, stderr]).toEqual([0, '']);
  expect(numbers()).toEqual(['3', '4', '5', '2', '6', '7', '8', '9', '10']);
  const [first] = consumer.events[0].Records;
  const expected = inEvent('3', '{"x":3}');
  expect(first).toEqual({
    ...expected,
    kinesis: { ...expected.kinesis, approximateArrivalTimestamp: at(3) / 1000 },
  });
  expect(stdout).toMatch(/^read +9 {2}records of 5 shards of arn:aws:kinesis:.*stream\/live$/m);
  const filter = { Type: 'FROM_TIMESTAMP', Timestamp: Date.parse('2026-01-31T08:00:00Z') / 1000 };
  expect(kinesis.requests[0]).toEqual({ StreamARN: ARN, ShardFilter: filter });
});

test('a stream by its name is the one of the region', async () => {
  await replay(['stream', '--stream', 'live', '--function', 'consumer:live', ...RANGE]);
  expect(kinesis.requests[0]).toMatchObject({ StreamName: 'live' });
  expect(consumer.events[0].Records[0].eventSourceARN).toBe('arn:aws:kinesis:eu-west-1::stream/live');
});

test('it goes on behind the record at which it stopped', async () => {
  consumer.invoke = ({ Records }) =>
    Records[0].kinesis.sequenceNumber === '6' ? { error: {} } : { answer: { batchItemFailures: [] } };
  const less = ['--attempts', '1', '--batch-size', '1', '--json'];
  const { status, stdout } = await replay([...THROUGH, ...less]);
  const { goOn, putThrough } = JSON.parse(stdout) as ReplaySummary;
  expect([status, putThrough, goOn]).toEqual([1, 4, `${shardOf(1)}:2`]);
  consumer.events.splice(0);
  consumer.invoke = () => ({ answer: { batchItemFailures: [] } });
  expect((await replay([...THROUGH, '--after', goOn!])).status).toBe(0);
  expect(numbers()).toEqual(['6', '7', '8', '9', '10']);
});

test('an iterator that expired while its records were put through is replaced by one behind them', async () => {
  const used = new Set<string>();
  expire = (iterator) => iterator === `${shardOf(0)}/3` && used.size === used.add(iterator).size - 1;
  expect((await replay(THROUGH)).status).toBe(0);
  expect(used.size).toBe(1);
  expect(numbers().slice(0, 3)).toEqual(['3', '4', '5']);
  expect(kinesis.requests).toContainEqual(
    expect.objectContaining({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '4' }),
  );
});

test('a stream that others read as well is asked again', async () => {
  let refused = 0;
  kinesis.answer = (operation, body) =>
    operation === 'GetRecords' && refused++ < 3
      ? { status: 400, error: 'ProvisionedThroughputExceededException' }
      : answer(operation, body);
  expect((await replay(THROUGH)).status).toBe(0);
  expect(numbers()).toHaveLength(9);
});

test('a dry run counts by shard', async () => {
  const { stdout } = await replay(['stream', '--stream', ARN, ...RANGE, '--dry-run']);
  expect(consumer.events).toEqual([]);
  expect(stdout).toMatch(new RegExp(`^ {2}live/${shardOf(0)} +3$`, 'm'));
});

test.each<[string, readonly string[], () => void, string]>([
  [
    'a stream that does not exist',
    [],
    () => (kinesis.answer = () => ({ status: 400, error: 'ResourceNotFoundException' })),
    `${ARN} has no shards to read: ResourceNotFoundException it is`,
  ],
  [
    'a shard to go on in that is gone',
    ['--after', `${shardOf(9)}:5`],
    () => undefined,
    `--after names the shard '${shardOf(9)}', and ${ARN} has no records of it since then; give a later --since instead`,
  ],
])('%s is said in one line, and the exit code is 2', async (_, more, arrange, words) => {
  arrange();
  const { status, stderr } = await replay([...THROUGH, ...more]);
  expect([status, stderr.trimEnd()]).toEqual([2, words]);
});

test('it leaves others their share of a shard, and reads no page before it is asked for', async () => {
  const client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  const pauses: number[] = [];
  const settings = { stream: ARN, since: at(0), until: at(60) } as StreamSettings;
  const time = {
    now: () => 1_000_000,
    sleep: (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds)),
  };
  const region = { partition: 'aws', region: 'eu-west-1', account: '' };
  const records = streamReader(
    client,
    settings,
    region,
    time,
  )(DEAF, new AbortController().signal)[Symbol.asyncIterator]();
  const pages = (): number => kinesis.requests.filter((request) => 'ShardIterator' in request).length;
  await records.next();
  await records.next();
  expect(pages()).toBe(1);
  await records.next();
  expect([pages(), pauses]).toEqual([2, [-Infinity, 500]]);
  await records.return?.();
  client.destroy();
});
