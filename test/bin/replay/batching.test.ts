import fc from 'fast-check';
import { batchesOf, EVENT_BYTES, eventOf } from '../../../bin/replay/batching';
import type { Replayable } from '../../../bin/replay/replayable';
import { DEAF, numbered, readerOf } from './records';

const LIMITS = { records: 7, bytes: 4_000 };

async function batched(records: readonly Replayable[], limits = LIMITS): Promise<(readonly Replayable[])[]> {
  const batches: (readonly Replayable[])[] = [];
  for await (const batch of batchesOf(readerOf(records)(DEAF, new AbortController().signal), limits)) {
    batches.push(batch);
  }
  return batches;
}

test('batches have all records in their order, one shard each, and are within their limits, but as large as these allow', async () => {
  const sizes = fc.array(fc.tuple(fc.nat(2), fc.nat(4_000)), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, async (each) => {
      const records = numbered(each);
      const batches = await batched(records);
      expect(batches.flat()).toEqual(records);
      for (const [place, batch] of batches.entries()) {
        expect(new Set(batch.map(({ shard }) => shard)).size).toBe(1);
        expect(batch.length).toBeLessThanOrEqual(LIMITS.records);
        if (batch.length > 1) {
          expect(Buffer.byteLength(eventOf(batch))).toBeLessThanOrEqual(LIMITS.bytes);
        }
        const next = batches[place + 1]?.[0];
        if (next?.shard === batch[0].shard && batch.length < LIMITS.records) {
          // A byte to spare for the comma of the first one.
          expect(Buffer.byteLength(eventOf([...batch, next]))).toBeGreaterThanOrEqual(LIMITS.bytes);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the event of a batch is the one that Lambda would send', async () => {
  const records = numbered([
    [0, 3],
    [0, 4],
  ]);
  const [batch] = await batched(records);
  expect(JSON.parse(eventOf(batch))).toMatchObject({
    Records: [{ kinesis: { sequenceNumber: '1' } }, { kinesis: { sequenceNumber: '2' } }],
  });
});

test('records that are not asked for yet are not read', async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Replayable> {
    for (;;) {
      read++;
      yield await Promise.resolve(numbered([[0, 3]])[0]);
    }
  }
  for await (const batch of batchesOf(endless(), { records: 10, bytes: EVENT_BYTES })) {
    expect([batch.length, read]).toEqual([10, 11]);
    break;
  }
});
