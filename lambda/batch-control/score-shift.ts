import type { ScoreHistogram } from '../batch/contract';
import { bucketsOf } from '../batch/score-histogram';

/** Parts of the reference with about as many scores each. */
const PARTS = 10;

/** Fewer scores say nothing about where scores fall. */
export const LEAST_SCORES = 200;

/** Added to each count, so that a part without scores does not decide alone. */
const SMOOTHING = 0.5;

/** The 99th percentile of chi-square with one degree of freedom less than there are parts. */
const CHANCE = [0, 6.635, 9.21, 11.345, 13.277, 15.086, 16.812, 18.475, 20.09, 21.666];

/** How far scores have moved. */
export interface ScoreShift {
  /** Population stability index: 0.1 is a moderate shift, 0.25 a large one. */
  readonly index: number;
  /** What the index is by chance at most, in 99 of 100 comparisons of so many scores. */
  readonly byChance: number;
}

/** How far scores have moved from a reference; undefined where there are too few, or all of the reference are the same. */
export function scoreShift(reference: ScoreHistogram, scores: ScoreHistogram): ScoreShift | undefined {
  const parts = partsOf(reference);
  if (reference.count < LEAST_SCORES || scores.count < LEAST_SCORES || parts.length < 2) {
    return undefined;
  }
  const [before, after] = [reference, scores].map((each) => shares(each, parts));
  const index = before.reduce((sum, share, part) => sum + (after[part] - share) * Math.log(after[part] / share), 0);
  return { index, byChance: (1 / reference.count + 1 / scores.count) * CHANCE[parts.length - 1] };
}

/** The last bucket of each part; a bucket that holds several tenths of the scores is one part. */
function partsOf(histogram: ScoreHistogram): readonly number[] {
  const { count, buckets } = histogram;
  const ends: number[] = [];
  let seen = 0;
  let part = 1;
  for (const bucket of bucketsOf(histogram)) {
    seen += buckets[bucket];
    if (seen >= (part * count) / PARTS) {
      ends.push(bucket);
      part = Math.floor((seen * PARTS) / count) + 1;
    }
  }
  // Scores beyond what the reference has belong to its last part.
  return [...ends.slice(0, -1), Infinity];
}

function shares(histogram: ScoreHistogram, parts: readonly number[]): readonly number[] {
  const { count, buckets } = histogram;
  const counts = new Array<number>(parts.length).fill(0);
  for (const bucket of bucketsOf(histogram)) {
    counts[parts.findIndex((end) => bucket <= end)] += buckets[bucket];
  }
  return counts.map((each) => (each + SMOOTHING) / (count + parts.length * SMOOTHING));
}
