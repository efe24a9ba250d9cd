import fc from 'fast-check';
import { inFlight } from '../../../lambda/batch/in-flight';

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

/** Takes as many turns as it is told. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise(setImmediate);
  }
}

test('results come in the order of the items, and no more is under way than asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 6 }), async (durations, atATime) => {
      let underWay = 0;
      let most = 0;
      const work = async (duration: number): Promise<number> => {
        most = Math.max(most, ++underWay);
        await turns(duration);
        underWay--;
        return duration;
      };
      expect(await all(inFlight(durations, atATime, work))).toEqual(durations);
      expect(most).toBeLessThanOrEqual(atATime);
      expect(underWay).toBe(0);
    }),
  );
});

test('nothing more is begun after a failure, and others that fail behind it do not end the process', async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<number> => {
    begun.push(item);
    await turns(item);
    throw new Error(`item ${item} failed`);
  };
  await expect(all(inFlight([3, 1, 2, 1, 1, 1], 3, work))).rejects.toThrow('item 3 failed');
  await turns(5);
  expect(begun).toEqual([3, 1, 2]);
});
