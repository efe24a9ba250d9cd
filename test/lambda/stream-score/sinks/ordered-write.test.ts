import fc from 'fast-check';
import { type Entry, type Put, writeInOrder } from '../../../../lambda/stream-score/sinks/ordered-write';
import { VirtualTime } from '../../batch-arrival/virtual-time';
import { deadlineIn, passing, timeOf } from '../virtual-time';

interface Numbered extends Entry {
  readonly place: number;
}

const entriesOf = (keys: readonly string[]): Numbered[] => keys.map((key, place) => ({ key, bytes: 10, place }));
const many = (count: number, keys: number): string[] => Array.from({ length: count }, (_, place) => `k${place % keys}`);
const LIMITS = { entries: 500, bytes: 10_000_000, calls: 1 };

/** A service that takes some time for each call, and writes what it is told to. */
class Service {
  public readonly time = new VirtualTime();
  public readonly written: number[] = [];
  public readonly calls: number[][] = [];
  public takes: (entry: Numbered) => boolean = () => true;
  public most = 0;
  private now = 0;

  public readonly put: Put<Numbered> = async (entries) => {
    this.calls.push(entries.map(({ place }) => place));
    this.most = Math.max(this.most, ++this.now);
    await this.time.sleep(10);
    this.now--;
    return entries.map((entry) => {
      const taken = this.takes(entry);
      if (taken) {
        this.written.push(entry.place);
      }
      return taken;
    });
  };

  public write(entries: readonly Numbered[], milliseconds = 60_000, limits = LIMITS, put = this.put): Promise<number> {
    const deadline = deadlineIn(this.time, milliseconds);
    return passing(
      this.time,
      writeInOrder(entries, put, limits, deadline, timeOf(this.time), () => 0.5),
    );
  }

  /** For each key the places in the order in which they were written first. */
  public order(entries: readonly Numbered[]): number[][] {
    const byKey = new Map<string, number[]>();
    for (const place of new Set(this.written)) {
      const { key } = entries[place];
      byKey.set(key, [...(byKey.get(key) ?? []), place]);
    }
    return [...byKey.values()];
  }
}

const ascending = (places: readonly number[]): boolean => places.every((place, i) => i === 0 || places[i - 1] < place);

test('1,000 entries of as many keys are two calls', async () => {
  const service = new Service();
  expect(await service.write(entriesOf(many(1_000, 1_000)))).toBe(1_000);
  expect(service.calls.map((call) => call.length)).toEqual([500, 500]);
});

test('a call has each key once, so that there are as many calls as a key has entries', async () => {
  const service = new Service();
  const entries = entriesOf(many(1_000, 100));
  expect(await service.write(entries)).toBe(1_000);
  expect(service.calls).toHaveLength(10);
  for (const call of service.calls) {
    expect(new Set(call.map((place) => entries[place].key)).size).toBe(call.length);
  }
});

test('a call stays within its bytes, and one entry always fits', async () => {
  const service = new Service();
  const entries = [600, 300, 200, 2_000, 100].map((bytes, place) => ({ key: `k${place}`, bytes, place }));
  expect(await service.write(entries, 60_000, { ...LIMITS, bytes: 1_000 })).toBe(5);
  expect(service.calls).toEqual([[0, 1], [2], [3], [4]]);
});

test('an entry that fails is written before the next one of its key, and other keys go on', async () => {
  const service = new Service();
  let failures = 2;
  service.takes = ({ place }) => place !== 0 || failures-- <= 0;
  const entries = entriesOf(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(await service.write(entries)).toBe(6);
  expect(service.order(entries).every(ascending)).toBe(true);
  expect(service.written.slice(0, 3)).toEqual([1, 3, 5]);
});

test('what fails again and again is tried ever less often, and holds back what comes after it', async () => {
  const service = new Service();
  service.takes = ({ place }) => place !== 3;
  // A key whose entries go out one by one keeps calls coming meanwhile.
  const entries = entriesOf([...many(10, 10), ...many(1_000, 1)]);
  expect(await service.write(entries, 20_000)).toBe(3);
  const attempts = service.calls.filter((call) => call.includes(3)).length;
  expect(attempts).toBeGreaterThan(8);
  expect(attempts).toBeLessThan(20);
  expect(service.written.length).toBeLessThan(100);
  expect(service.time.now).toBeLessThanOrEqual(20_000);
});

test('at the deadline it says what is written by then', async () => {
  const service = new Service();
  expect(await service.write(entriesOf(many(100, 1)), 305)).toBe(21);
  expect(service.time.now).toBeLessThanOrEqual(305);
});

test('without time nothing is begun', async () => {
  const service = new Service();
  expect(await service.write(entriesOf(['a']), 50)).toBe(0);
  expect(service.calls).toEqual([]);
});

test('a refusal ends it: with what is written, or as an error where nothing is', async () => {
  const service = new Service();
  const refusal = Object.assign(new Error('no right'), { $metadata: { httpStatusCode: 403 } });
  const refusing: Put<Numbered> = (entries, time) =>
    entries[0].place === 2 ? Promise.reject(refusal) : service.put(entries, time);
  expect(await service.write(entriesOf(['a', 'a', 'a', 'a']), 60_000, LIMITS, refusing)).toBe(2);
  await expect(service.write(entriesOf(['a']), 60_000, LIMITS, () => Promise.reject(refusal))).rejects.toThrow(
    'no right',
  );
});

test('calls that fail as a whole are made again, all of it together; why they failed is said where nothing is written', async () => {
  const service = new Service();
  const failing = (times: number): Put<Numbered> => {
    let calls = 0;
    return (entries, time) => (calls++ < times ? Promise.reject(new Error('broken off')) : service.put(entries, time));
  };
  expect(await service.write(entriesOf(many(400, 400)), 60_000, LIMITS, failing(5))).toBe(400);
  expect(service.calls).toHaveLength(1);
  await expect(service.write(entriesOf(['a']), 5_000, LIMITS, failing(1_000))).rejects.toThrow('broken off');
});

test('several calls are under way where they may be, and no more', async () => {
  const service = new Service();
  expect(await service.write(entriesOf(many(1_000, 1_000)), 60_000, { ...LIMITS, entries: 25, calls: 8 })).toBe(1_000);
  expect(service.calls).toHaveLength(40);
  expect(service.most).toBe(8);
  expect(service.time.now).toBe(50);
});

test('whatever fails, the order of each key holds, and all that is said to be written is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.boolean()),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 100, max: 3_000 }),
      async (keys, fates, calls, perCall, milliseconds) => {
        const service = new Service();
        const entries = entriesOf(keys);
        service.takes = () => fates.next().value as boolean;
        const written = await service.write(entries, milliseconds, { entries: perCall, bytes: 1_000, calls });
        expect(service.order(entries).every(ascending)).toBe(true);
        expect(new Set(service.written).size).toBe(service.written.length);
        for (let place = 0; place < written; place++) {
          expect(service.written).toContain(place);
        }
        expect(service.written).not.toContain(written);
      },
    ),
    { numRuns: 300 },
  );
});
