import fc from 'fast-check';
import { chooseBatching, LARGEST_RECORD_BYTES, recordsOfEvent } from '../../../lib/streaming/stream-batching';

const flow = { recordBytes: 300, maxWaitSeconds: 5 };

test('small records fill what AWS Lambda gives at most', () => {
  expect(chooseBatching({ ...flow, recordBytes: 90 }).batchSize).toBe(10_000);
  expect(chooseBatching({ ...flow, recordBytes: 100 }).batchSize).toBe(9892);
  expect(recordsOfEvent(300)).toBe(6990);
});

test('large records are as many as an event holds, and at least one', () => {
  expect(chooseBatching({ ...flow, recordBytes: 1024 * 1024 }).batchSize).toBe(4);
  expect(chooseBatching({ ...flow, recordBytes: LARGEST_RECORD_BYTES }).batchSize).toBe(1);
  expect(recordsOfEvent(LARGEST_RECORD_BYTES + 3)).toBe(0);
});

test.each([
  [undefined, 1, 'is not known'],
  [10_000, 1, 'time for 256 records'],
  [100, 3, 'time for 256 records'],
  [10, 5, 'no record may wait longer, though 256 records take 26 s'],
])('with %p records a second the window is %d s: %s', (recordsPerSecond, windowSeconds, reason) => {
  const batching = chooseBatching({ ...flow, recordsPerSecond });
  expect(batching.windowSeconds).toBe(windowSeconds);
  expect(batching.reasons[1]).toContain(reason);
});

test('where no record may wait, none does', () => {
  expect(chooseBatching({ ...flow, maxWaitSeconds: 0.5, recordsPerSecond: 1 }).windowSeconds).toBe(0);
});

test('whatever the records are, a batch fits into an event and into the bounds of AWS Lambda', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: LARGEST_RECORD_BYTES }),
      fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
      fc.integer({ min: 0, max: 1000 }),
      (recordBytes, recordsPerSecond, maxWaitSeconds) => {
        const { batchSize, windowSeconds } = chooseBatching({ recordBytes, recordsPerSecond, maxWaitSeconds });
        expect(batchSize).toBeGreaterThanOrEqual(1);
        expect(batchSize).toBeLessThanOrEqual(10_000);
        expect(batchSize * 4 * Math.ceil(recordBytes / 3)).toBeLessThanOrEqual(6 * 1024 * 1024);
        expect(windowSeconds).toBeLessThanOrEqual(Math.min(300, maxWaitSeconds));
      },
    ),
  );
});
