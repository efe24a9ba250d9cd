import fc from 'fast-check';
import { judgedSample } from '../../../lambda/batch-control/judged-sample';
import { LeastLoaded } from '../../../lambda/batch-control/least-loaded';
import { packPartitions, type PackingLimits } from '../../../lambda/batch-control/pack-partitions';
import { heaviest, type Packing } from '../../../lambda/batch-control/packing';
import { searchPacking } from '../../../lambda/batch-control/search-packing';

const LIMITS: PackingLimits = { partitions: 1, workers: 1, maxPartitions: 40_000, maxObjects: 1000 };

const pack = (weights: readonly number[], limits: Partial<PackingLimits> = {}): Packing =>
  packPartitions(Float64Array.from(weights), { ...LIMITS, ...limits });

/** The least that the fullest of some partitions can have: every packing is tried. */
function leastPossible(weights: readonly number[], partitions: number): number {
  const loads = new Array<number>(partitions).fill(0);
  let least = Infinity;
  const place = (object: number): void => {
    if (object === weights.length) {
      least = Math.min(least, Math.max(...loads));
      return;
    }
    loads.forEach((load, partition) => {
      // Of partitions that are alike the first will do.
      if (load + weights[object] < least && loads.indexOf(load) === partition) {
        loads[partition] += weights[object];
        place(object + 1);
        loads[partition] = load;
      }
    });
  };
  place(0);
  return least;
}

/**
 * What the fullest partition has in any packing: the mean in whole bytes, the largest object, and as many objects as one of them must have of those
 * that are large.
 */
function leastProven(weights: readonly number[], partitions: number): number {
  const sorted = [...weights].sort((one, other) => other - one);
  const sum = (some: readonly number[]) => some.reduce((total, weight) => total + weight, 0);
  const crowded = Array.from({ length: Math.ceil(sorted.length / partitions) }, (_, n) =>
    sum(sorted.slice(n * partitions - n, n * partitions + 1)),
  );
  return Math.max(Math.ceil(sum(sorted) / partitions), ...crowded);
}

const bytes = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 100, max: 200 }),
  fc.integer({ min: 0, max: 1e12 }),
);

/** Sizes as they are found: most are small, few are very large. */
const skewed = fc.double({ min: 0, max: 12, noNaN: true }).map((power) => Math.floor(Math.exp(power)));

test('few objects are within 5 % of the best of all packings', () => {
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 10 }), fc.integer({ min: 1, max: 4 }), (weights, wanted) => {
      const { loads } = pack(weights, { partitions: wanted });
      const least = leastPossible(weights, loads.length);
      expect(heaviest(loads)).toBeLessThanOrEqual(1.05 * least);
      expect(leastProven(weights, loads.length)).toBeLessThanOrEqual(least);
    }),
    { numRuns: 1500 },
  );
});

test('where the usual rule is a fifth off, the packing is not', () => {
  // The largest to the least loaded gives 1121 of 912.
  const weights = [524, 367, 477, 451, 551, 373, 637, 618, 356];
  expect(heaviest(pack(weights, { partitions: 4 }).loads)).toBeLessThanOrEqual(1.05 * leastPossible(weights, 4));
  expect(heaviest(pack([5, 6, 4, 4, 5, 3, 6, 10], { partitions: 4 }).loads)).toBe(11);
});

test('many objects are within 5 % of the best that there can be', () => {
  fc.assert(
    fc.property(
      fc.array(skewed, { minLength: 200, maxLength: 3000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 20, max: 1000 }),
      (weights, wanted, maxObjects) => {
        const { loads } = pack(weights, { partitions: wanted, maxObjects });
        expect(heaviest(loads)).toBeLessThanOrEqual(1.05 * leastProven(weights, loads.length));
      },
    ),
    { numRuns: 200 },
  );
});

test('a few objects for each of many partitions are within 5 % of the best that there can be', () => {
  // The usual rule alone is off here every other time.
  const anySize = fc.noBias(fc.integer({ min: 1, max: 1_000_000 }));
  const several = fc.noBias(fc.array(anySize, { minLength: 120, maxLength: 200, size: 'max' }));
  fc.assert(
    fc.property(several, (weights) => {
      const { loads } = pack(weights, { partitions: Math.round(weights.length / 3.3) });
      expect(heaviest(loads)).toBeLessThanOrEqual(1.05 * leastProven(weights, loads.length));
    }),
  );
});

test('no partition has more objects than it may after swaps and searches either', () => {
  fc.assert(
    fc.property(
      fc.array(bytes, { maxLength: 24 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (weights, partitions, maxObjects) => {
        const { counts } = pack(weights, { partitions, maxObjects });
        expect(counts.every((count) => count > 0 && count <= maxObjects)).toBe(true);
      },
    ),
    { numRuns: 3000 },
  );
});

test('each object is in one partition, none is empty, none has more than it may, and the loads are what is in them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(bytes, skewed, fc.constant(0)), { maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 30 }),
      (weights, partitions, workers, maxObjects) => {
        const { partitionOf, loads, counts } = pack(weights, { partitions, workers, maxObjects });
        const expectedLoads = new Float64Array(loads.length);
        const expectedCounts = new Uint32Array(loads.length);
        expect(partitionOf).toHaveLength(weights.length);
        partitionOf.forEach((partition, object) => {
          expectedLoads[partition] += weights[object];
          expectedCounts[partition]++;
        });
        expect(loads).toEqual(expectedLoads);
        expect(counts).toEqual(expectedCounts);
        expect(counts.every((count) => count > 0 && count <= maxObjects)).toBe(true);
        expect(loads.length).toBeGreaterThanOrEqual(Math.min(partitions, weights.length));
        // A multiple of the workers, unless there are no more objects.
        expect(loads.length <= workers || loads.length % workers === 0 || loads.length === weights.length).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

test('the same weights give the same packing', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 100 }), fc.integer({ min: 1, max: 9 }), (weights, partitions) => {
      expect(pack(weights, { partitions })).toEqual(pack(weights, { partitions }));
    }),
  );
});

test('objects that weigh nothing are spread by number', () => {
  expect([...pack(new Array<number>(10).fill(0), { partitions: 5 }).counts]).toEqual([2, 2, 2, 2, 2]);
});

test('many small objects beside a few large ones get partitions of their own', () => {
  // In two partitions the small ones would have to lie beside the large one.
  const weights = [1000, ...new Array<number>(200).fill(10)];
  const { loads, counts } = pack(weights, { partitions: 2, maxObjects: 101 });
  expect(heaviest(loads)).toBe(1000);
  expect(Math.max(...counts)).toBeLessThanOrEqual(101);
});

test('with as many partitions as there may be, those who have room take the rest', () => {
  const weights = [1000, ...new Array<number>(199).fill(1)];
  const { loads, counts } = pack(weights, { partitions: 2, maxPartitions: 2, maxObjects: 100 });
  expect([...counts]).toEqual([100, 100]);
  expect([...loads]).toEqual([1099, 100]);
});

test('more objects than a run takes are refused', () => {
  const limits = { maxPartitions: 3, maxObjects: 2 };
  expect(pack([1, 1, 1, 1, 1, 1], limits).loads).toHaveLength(3);
  expect(() => pack([1, 1, 1, 1, 1, 1, 1], limits)).toThrow("start runs with a 'prefix' each");
});

test('a search leaves alone what would be too many objects', () => {
  const weights = Float64Array.of(6, 3, 3, 2, 2, 2);
  const given: Packing = {
    partitionOf: Uint32Array.of(0, 0, 0, 1, 1, 1),
    loads: Float64Array.of(12, 6),
    counts: Uint32Array.of(3, 3),
  };
  const search = (maxObjects: number) => searchPacking(given, Uint32Array.from(weights.keys()), weights, 9, maxObjects);
  expect([...search(4).loads]).toEqual([9, 9]);
  expect([...search(3).loads]).toEqual([10, 8]);
  expect([...search(3).counts]).toEqual([3, 3]);
});

test('the least loaded comes first, then that with fewer objects, then the first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 3 })), (partitions, weights) => {
      const least = new LeastLoaded(partitions);
      for (const weight of weights) {
        const inOrder = [...least.loads.keys()].sort(
          (one, other) =>
            least.loads[one] - least.loads[other] || least.counts[one] - least.counts[other] || one - other,
        );
        expect(least.partition).toBe(inOrder[0]);
        least.add(weight);
      }
    }),
  );
});

test('a sample is the asked share, spread evenly, and no heavier than it may be', () => {
  fc.assert(
    fc.property(
      fc.array(skewed, { minLength: 1, maxLength: 500 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 100_000 }),
      (weights, share, objects, weight) => {
        const all = weights.length;
        const most = { objects, weight };
        const sample = [...judgedSample(Float64Array.from(weights), share, most)];
        const asked = Math.min(all, objects, Math.max(1, Math.round(share * all)));
        const load = sample.reduce((sum, position) => sum + weights[position], 0);
        expect(sample.length).toBeGreaterThanOrEqual(1);
        expect(sample.length).toBeLessThanOrEqual(asked);
        expect(load <= weight || sample.length === 1).toBe(true);
        const free = judgedSample(Float64Array.from(weights), share, { objects, weight: Infinity });
        expect(free).toHaveLength(asked);
        const gaps = sample.slice(1).map((position, index) => position - sample[index]);
        const even = all / sample.length;
        expect(gaps.every((gap) => gap >= Math.floor(even) && gap <= Math.ceil(even) && gap >= 1)).toBe(true);
        expect(sample.every((position) => position < all)).toBe(true);
      },
    ),
  );
});
