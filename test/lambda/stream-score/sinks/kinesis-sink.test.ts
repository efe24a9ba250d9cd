import { KinesisSink, kinesisClient } from '../../../../lambda/stream-score/sinks/kinesis-sink';
import { realDeadline } from '../real-deadline';
import { encoded, encodedMany } from './encoded';
import { type Answer, LoopbackService } from './loopback-service';

jest.setTimeout(30_000);

interface Put {
  readonly PartitionKey: string;
  readonly Data: string;
}

const kinesis = new LoopbackService();
const stored: Put[] = [];
let stop: () => void;
let sink: KinesisSink;

/** As Kinesis does: each record by itself, and an error beside those that are written. */
const put = (records: readonly Put[], fails: (record: Put, index: number) => boolean = () => false): Answer => {
  const results = records.map((record, index) => {
    if (fails(record, index)) {
      return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard' };
    }
    stored.push(record);
    return { SequenceNumber: String(stored.length), ShardId: 'shardId-000000000000' };
  });
  return { body: { FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length, Records: results } };
};

const recordsOf = (body: Record<string, unknown>): readonly Put[] => body.Records as Put[];
const texts = (): string[] => stored.map(({ Data }) => Buffer.from(Data, 'base64').toString());

beforeAll(async () => {
  stop = await kinesis.start();
  sink = new KinesisSink(kinesisClient(), 'scores');
});
afterAll(() => stop());
beforeEach(() => {
  stored.length = 0;
  kinesis.requests.length = 0;
  kinesis.answer = (_, body) => put(recordsOf(body));
});

test('predictions become records under the keys of theirs, in their order', async () => {
  const predictions = encodedMany(700, 700);
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(700);
  expect(kinesis.requests.map((request) => recordsOf(request).length)).toEqual([500, 200]);
  expect(kinesis.requests[0].StreamName).toBe('scores');
  expect(texts()).toEqual(predictions.map(({ json }) => json));
  expect(stored.map(({ PartitionKey }) => PartitionKey)).toEqual(predictions.map(({ prediction }) => prediction.key));
});

test('what Kinesis throttles is written again, before the next one of its key', async () => {
  let throttled = 0;
  kinesis.answer = (_, body) => put(recordsOf(body), ({ PartitionKey }) => PartitionKey === 'key-1' && throttled++ < 3);
  const predictions = encodedMany(12, 3);
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(12);
  const ofKey = (key: string): string[] =>
    predictions.filter(({ prediction }) => prediction.key === key).map(({ json }) => json);
  for (const key of ['key-0', 'key-1', 'key-2']) {
    expect(texts().filter((text) => (JSON.parse(text) as { key: string }).key === key)).toEqual(ofKey(key));
  }
  expect(stored).toHaveLength(12);
});

test.each<[string, Answer]>([
  ['throttled', { status: 400, error: 'ProvisionedThroughputExceededException' }],
  ['refused by its key service for now', { status: 400, error: 'KMSThrottlingException' }],
  ['broken off', 'reset'],
  ['failed by the service', { status: 500, error: 'InternalFailure' }],
  ['without results', { body: {} }],
])('a call that is %s is made again', async (_, fault) => {
  kinesis.answer = (_operation, body, count) => (count === 1 ? fault : put(recordsOf(body)));
  expect(await sink.write(encodedMany(5, 5), realDeadline(10_000))).toBe(5);
  expect(kinesis.requests.length).toBe(2);
});

test('a stream that is silent costs the time that there is, and no more', async () => {
  kinesis.answer = () => 'silence';
  const started = Date.now();
  await expect(sink.write(encodedMany(5, 5), realDeadline(600))).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(600);
});

test('what was written before the stream failed is said', async () => {
  kinesis.answer = (_, body, count) => (count === 1 ? put(recordsOf(body)) : { status: 500, error: 'InternalFailure' });
  expect(await sink.write(encodedMany(4, 2), realDeadline(600))).toBe(2);
});

test('a right or a stream that is missing is not tried again', async () => {
  kinesis.answer = () => ({ status: 400, error: 'ResourceNotFoundException' });
  await expect(sink.write(encodedMany(3, 3), realDeadline(10_000))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect(kinesis.requests).toHaveLength(1);
});

test('the largest prediction fits a record beside the longest key', async () => {
  const { json } = encoded(0, '😀'.repeat(256));
  const largest = {
    ...encoded(0, '😀'.repeat(256)),
    json: json.padEnd(sink.maxBytes - Buffer.byteLength(json) + json.length),
  };
  expect(Buffer.byteLength(largest.json)).toBe(sink.maxBytes);
  expect(await sink.write([largest], realDeadline(10_000))).toBe(1);
  const [{ PartitionKey, Data }] = stored;
  expect(Buffer.from(Data, 'base64').length + Buffer.byteLength(PartitionKey)).toBeLessThanOrEqual(1024 * 1024);
});
