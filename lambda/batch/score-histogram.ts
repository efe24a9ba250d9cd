import type { ScoreHistogram } from './contract';

/**
 * Width of a bucket: a number and the bound of its bucket differ by at most 5 %, whatever their size, so histograms of any two
 * runs have the same buckets and can be added and compared.
 */
const GROWTH = Math.log(1.05);

/** Smaller numbers are one bucket with 0. */
const SMALLEST = 1e-9;

export const EMPTY_HISTOGRAM: ScoreHistogram = { count: 0, buckets: {} };

/** The number of the bucket that a score falls into: 0 around zero, negative below, rising with the score. */
export function bucketOf(score: number): number {
  const size = Math.abs(score);
  return size < SMALLEST ? 0 : Math.sign(score) * (1 + Math.floor(Math.log(size / SMALLEST) / GROWTH));
}

export function histogramOf(scores: Iterable<number>): ScoreHistogram {
  const buckets: Record<string, number> = {};
  let count = 0;
  for (const score of scores) {
    const bucket = bucketOf(score);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    count++;
  }
  return { count, buckets };
}

export function addHistograms(one: ScoreHistogram, other: ScoreHistogram): ScoreHistogram {
  const buckets: Record<string, number> = { ...one.buckets };
  for (const [bucket, count] of Object.entries(other.buckets)) {
    buckets[bucket] = (buckets[bucket] ?? 0) + count;
  }
  return { count: one.count + other.count, buckets };
}

/**
 * A histogram with a share of the scores of another, spread over the buckets as they are there: counts are rounded so that no score
 * moves farther than to where the next one lies.
 */
export function shareOf({ count, buckets }: ScoreHistogram, share: number): ScoreHistogram {
  const part: Record<string, number> = {};
  let seen = 0;
  let given = 0;
  for (const bucket of bucketsOf({ count, buckets })) {
    seen += buckets[bucket];
    const due = Math.round(seen * share) - given;
    if (due > 0) {
      part[bucket] = due;
      given += due;
    }
  }
  return { count: given, buckets: part };
}

/** The numbers of buckets that have scores, ascending. */
export function bucketsOf({ buckets }: ScoreHistogram): number[] {
  return Object.keys(buckets)
    .map(Number)
    .sort((one, other) => one - other);
}
