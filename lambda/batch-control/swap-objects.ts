import { heaviest, type Packing } from './packing';

/** Pairs of objects that are looked at; about a third of a second. */
const PAIRS = 200_000_000;

interface Exchange {
  readonly partition: number;
  readonly given: number;
  /** Undefined where an object is only given away. */
  readonly taken?: number;
}

/**
 * Takes load off the fullest partition until it has no more than `enough`: of all objects that it could give away or swap for one of
 * another partition the best, again and again, while that helps.
 */
export function swapObjects(packing: Packing, weights: Float64Array, enough: number, maxObjects: number): void {
  const { partitionOf, loads, counts } = packing;
  const members: number[][] = Array.from(loads, () => []);
  partitionOf.forEach((partition, object) => members[partition].push(object));
  for (let pairs = 0; pairs < PAIRS;) {
    const most = heaviest(loads);
    const fullest = loads.indexOf(most);
    pairs += members[fullest].length * (partitionOf.length + loads.length);
    const exchange = most > enough ? bestExchange(fullest, members, loads, weights, maxObjects) : undefined;
    if (exchange === undefined) {
      return;
    }
    const { partition, given, taken } = exchange;
    move(given, fullest, partition);
    if (taken !== undefined) {
      move(taken, partition, fullest);
    }
  }

  function move(object: number, from: number, to: number): void {
    members[from].splice(members[from].indexOf(object), 1);
    members[to].push(object);
    partitionOf[object] = to;
    counts[from]--;
    counts[to]++;
    loads[from] -= weights[object];
    loads[to] += weights[object];
  }
}

/** What leaves the fuller of the two partitions with the least load; undefined where nothing makes that less than it is. */
function bestExchange(
  fullest: number,
  members: readonly (readonly number[])[],
  loads: Float64Array,
  weights: Float64Array,
  maxObjects: number,
): Exchange | undefined {
  let least = loads[fullest];
  let best: Exchange | undefined;
  const consider = (partition: number, given: number, taken?: number): void => {
    const moved = weights[given] - (taken === undefined ? 0 : weights[taken]);
    const fuller = Math.max(loads[fullest] - moved, loads[partition] + moved);
    if (fuller < least) {
      least = fuller;
      best = { partition, given, taken };
    }
  };
  members.forEach((others, partition) => {
    if (partition !== fullest) {
      for (const given of members[fullest]) {
        if (others.length < maxObjects) {
          consider(partition, given);
        }
        others.forEach((taken) => consider(partition, given, taken));
      }
    }
  });
  return best;
}
