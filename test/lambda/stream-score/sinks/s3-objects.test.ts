import { S3Quarantine, S3Sink, sinkClient } from '../../../../lambda/stream-score/sinks/s3-objects';
import type { QuarantinedRecord } from '../../../../lambda/stream/contract';
import { LoopbackS3 } from '../../batch/loopback-s3';
import { realDeadline } from '../real-deadline';
import { encoded, encodedMany } from './encoded';

jest.setTimeout(30_000);

const s3 = new LoopbackS3();
let stop: () => void;
let sink: S3Sink;
let quarantine: S3Quarantine;

beforeAll(async () => {
  stop = await s3.start();
  sink = new S3Sink(sinkClient(), { bucket: 'scores', prefix: 'out/' });
  quarantine = new S3Quarantine(sinkClient(), { bucket: 'scores', prefix: 'quarantine/' });
});
afterAll(() => stop());
beforeEach(() => {
  s3.objects.clear();
  s3.requests.length = 0;
  s3.interfere = () => undefined;
});

const quarantined = (place: number, data: Buffer): QuarantinedRecord => {
  const { inferenceId, key, sequenceNumber, subSequence, eventTime, model } = encoded(place, 'a').prediction;
  return {
    inferenceId,
    reason: 'UNDECODABLE',
    cause: 'it is not valid JSON',
    stream: 'events',
    shard: 'shardId-000000000003',
    key,
    sequenceNumber,
    subSequence,
    eventTime,
    model,
    data: data.toString('base64'),
  };
};
const keys = (): string[] => [...s3.objects.keys()];

test('what an invocation predicted is one object of JSON Lines, by stream, shard and sequence numbers', async () => {
  const predictions = encodedMany(3, 2);
  expect(await sink.write(predictions, realDeadline(10_000))).toBe(3);
  const [first, , last] = predictions.map(({ prediction }) => prediction.sequenceNumber);
  expect(keys()).toHaveLength(1);
  expect(keys()[0]).toMatch(
    new RegExp(`^scores/out/events/shardId-000000000003/${first}-${last}-[0-9a-f]{16}\\.jsonl$`),
  );
  expect(s3.text(keys()[0])).toBe(predictions.map(({ json }) => `${json}\n`).join(''));
  expect(s3.objects.get(keys()[0])?.type).toBe('application/jsonlines');
});

test('the same predictions overwrite their object; others with the same ends do not', async () => {
  await sink.write(encodedMany(3, 1), realDeadline(10_000));
  await sink.write(encodedMany(3, 1), realDeadline(10_000));
  expect(keys()).toHaveLength(1);
  const [first, , last] = encodedMany(3, 1);
  await sink.write([first, last], realDeadline(10_000));
  expect(keys()).toHaveLength(2);
});

test('nothing is written of nothing', async () => {
  expect(await sink.write([], realDeadline(10_000))).toBe(0);
  await quarantine.write([], realDeadline(10_000));
  expect(s3.requests).toEqual([]);
});

test('a fault that passes is tried again, one that stays rejects', async () => {
  s3.interfere = () => (s3.requests.length < 3 ? { status: 503, code: 'SlowDown' } : undefined);
  expect(await sink.write(encodedMany(3, 1), realDeadline(10_000))).toBe(3);
  s3.interfere = () => ({ status: 403, code: 'AccessDenied' });
  await expect(sink.write(encodedMany(3, 1), realDeadline(10_000))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(quarantine.write([quarantined(1, Buffer.from('x'))], realDeadline(10_000))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
});

test('a bucket that is silent costs the time that there is, and no more', async () => {
  s3.interfere = () => 'silence';
  const started = Date.now();
  await expect(quarantine.write([quarantined(1, Buffer.from('x'))], realDeadline(300))).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(2_000);
});

test('a record in quarantine has every byte that it had', async () => {
  const data = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
  const records = [quarantined(1, data), quarantined(5, Buffer.alloc(0))];
  await quarantine.write(records, realDeadline(10_000));
  expect(keys()[0]).toMatch(/^scores\/quarantine\/events\/shardId-000000000003\/\d+0001-\d+0005-[0-9a-f]{16}\.jsonl$/);
  const lines = s3.text(keys()[0])!.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as QuarantinedRecord)).toEqual(records);
  expect(Buffer.from((JSON.parse(lines[0]) as QuarantinedRecord).data, 'base64')).toEqual(data);
});
