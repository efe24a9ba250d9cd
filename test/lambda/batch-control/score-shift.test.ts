import fc from 'fast-check';
import type { ScoreHistogram } from '../../../lambda/batch/contract';
import { scoreShift } from '../../../lambda/batch-control/score-shift';

/** So many scores in the buckets 1, 2 and so on. */
function counts(...each: readonly number[]): ScoreHistogram {
  return {
    count: each.reduce((sum, count) => sum + count, 0),
    buckets: Object.fromEntries(each.map((count, index) => [index + 1, count] as const)),
  };
}

const EVEN = counts(...Array<number>(10).fill(100));

// Shares are (count + 0.5) / (all + 0.5 * parts); the index is the sum of (after - before) * ln(after / before).
test.each<[string, ScoreHistogram, ScoreHistogram, number]>([
  ['the same shares', EVEN, counts(...Array<number>(10).fill(40)), 0],
  ['three of four in the lower half', EVEN, counts(60, 60, 60, 60, 60, 20, 20, 20, 20, 20), 0.2672144392327],
  ['all in the lowest tenth', EVEN, counts(400), 5.942987508505211],
  ['two parts', counts(500, 500), counts(120, 80), 0.040138564030467],
])('the index of %s is that of the formula', (_, reference, scores, index) => {
  expect(scoreShift(reference, scores)?.index).toBeCloseTo(index, 12);
});

test('what chance explains falls with the number of scores: a percentile of chi-square by their sizes', () => {
  expect(scoreShift(EVEN, counts(...Array<number>(10).fill(40)))?.byChance).toBeCloseTo(
    21.666 * (1 / 1000 + 1 / 400),
    12,
  );
  expect(scoreShift(counts(500, 500), counts(100, 100))?.byChance).toBeCloseTo(6.635 * (1 / 1000 + 1 / 200), 12);
});

test('scores beyond those of the reference belong to its outermost parts', () => {
  const beyond = { count: 400, buckets: { '-50': 200, 99: 200 } };
  expect(scoreShift(EVEN, beyond)?.index).toBeCloseTo(
    scoreShift(EVEN, counts(200, 0, 0, 0, 0, 0, 0, 0, 0, 200))!.index,
    12,
  );
});

test('a bucket with several tenths of the scores is one part', () => {
  // The parts end at the buckets 1 and 3: half of the scores lie in the first, the last has what is left.
  const reference = { count: 1000, buckets: { 1: 950, 2: 20, 3: 30 } };
  expect(scoreShift(reference, reference)).toMatchObject({
    index: 0,
    byChance: expect.closeTo(6.635 / 500, 9) as number,
  });
});

test.each<[string, ScoreHistogram, ScoreHistogram]>([
  ['few scores', EVEN, counts(199)],
  ['a reference of few scores', counts(100, 99), EVEN],
  ['a reference of nothing', counts(), EVEN],
  ['a reference of scores that are all the same', counts(1000), EVEN],
])('%s say nothing', (_, reference, scores) => {
  expect(scoreShift(reference, scores)).toBeUndefined();
});

test('scores below zero come before those above it, in whatever order the buckets are', () => {
  const buckets = (...order: readonly number[]): ScoreHistogram => ({
    count: 400,
    buckets: Object.fromEntries(order.map((bucket) => [bucket, 100])),
  });
  const scores = { count: 400, buckets: { '-9': 250, '-2': 50, 3: 50, 8: 50 } };
  // Shares of 250.5 and 50.5 of 402 beside a quarter each.
  const index = (250.5 / 402 - 0.25) * Math.log(250.5 / 100.5) + 3 * (50.5 / 402 - 0.25) * Math.log(50.5 / 100.5);
  for (const order of [
    [-9, -2, 3, 8],
    [8, 3, -2, -9],
    [-2, 8, -9, 3],
  ]) {
    expect(scoreShift(buckets(...order), scores)?.index).toBeCloseTo(index, 12);
  }
});

test('200 are enough', () => {
  expect(scoreShift(counts(100, 100), counts(200))).toBeDefined();
});

const histogram = fc
  .dictionary(fc.integer({ min: -600, max: 600 }).map(String), fc.integer({ min: 1, max: 5000 }), {
    minKeys: 1,
    maxKeys: 60,
  })
  .map((buckets) => ({ count: Object.values(buckets).reduce((sum, count) => sum + count, 0), buckets }));

test('the index is a finite number that is never negative, and 0 for the reference itself', () => {
  fc.assert(
    fc.property(histogram, histogram, (reference, scores) => {
      const shift = scoreShift(reference, scores);
      expect(shift === undefined || (Number.isFinite(shift.index) && shift.index >= 0 && shift.byChance > 0)).toBe(
        true,
      );
      expect(scoreShift(reference, reference)?.index ?? 0).toBeCloseTo(0, 12);
    }),
    { numRuns: 500 },
  );
});

test('in 99 of 100 comparisons of scores of the same kind the index is what chance explains', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const drawn = (size: number): ScoreHistogram => {
    const each = Array<number>(50).fill(0);
    for (let index = 0; index < size; index++) {
      each[Math.floor(50 * random() ** 2)]++;
    }
    return counts(...each);
  };
  let beyond = 0;
  for (let round = 0; round < 2000; round++) {
    const shift = scoreShift(drawn(2000), drawn(300))!;
    beyond += shift.index > shift.byChance ? 1 : 0;
  }
  expect(beyond / 2000).toBeLessThan(0.025);
});
