import { RunError } from '../batch/run-error';
import { LeastLoaded } from './least-loaded';
import { heaviest, type Packing } from './packing';
import { searchPacking } from './search-packing';
import { swapObjects } from './swap-objects';

/** The fullest partition may have this much more than the best possible one. */
export const TOLERANCE = 1.05;

/** How much more partitions are tried where there are too many objects for an even load. */
const GROWTH = 1.25;

export interface PackingLimits {
  /** How many partitions there should be; there are more where the objects do not fit. */
  readonly partitions: number;
  /** A multiple of this many is wanted above it, so that all workers are busy to the end. */
  readonly workers: number;
  readonly maxPartitions: number;
  readonly maxObjects: number;
}

/**
 * Spreads objects over partitions so that the fullest has little more than it must: the largest object goes to the least loaded
 * partition, then the next. Few objects for each partition are then swapped, and very few are searched through, as that rule alone
 * may be a fifth off. The same weights give the same packing.
 */
export function packPartitions(weights: Float64Array, limits: PackingLimits): Packing {
  const room = limits.maxPartitions * limits.maxObjects;
  if (weights.length > room) {
    throw new RunError(
      'badInput',
      `${weights.length} objects are more than the ${room} of one run: start runs with a 'prefix' each`,
    );
  }
  const order = largestFirst(weights);
  const most = Math.min(weights.length, limits.maxPartitions);
  const rounded = (partitions: number) =>
    Math.min(most, partitions > limits.workers ? Math.ceil(partitions / limits.workers) * limits.workers : partitions);
  let partitions = rounded(Math.max(limits.partitions, Math.ceil(weights.length / limits.maxObjects)));
  for (;;) {
    const { packing, filled } = spread(order, weights, partitions, limits.maxObjects);
    const best = lowerBound(order, weights, partitions);
    if (isEven(packing.loads, best)) {
      return packing;
    }
    if (!filled) {
      swapObjects(packing, weights, best * TOLERANCE, limits.maxObjects);
      return isEven(packing.loads, best)
        ? packing
        : searchPacking(packing, order, weights, best * TOLERANCE, limits.maxObjects);
    }
    // Partitions have as many objects as they may, and not as many bytes as others: more of them have room.
    if (partitions === most) {
      return packing;
    }
    partitions = rounded(Math.ceil(partitions * GROWTH));
  }
}

function largestFirst(weights: Float64Array): Uint32Array {
  const order = Uint32Array.from(weights, (_, object) => object);
  return order.sort((one, other) => (weights[one] === weights[other] ? one - other : weights[other] - weights[one]));
}

function spread(
  order: Uint32Array,
  weights: Float64Array,
  partitions: number,
  maxObjects: number,
): { readonly packing: Packing; readonly filled: boolean } {
  const partitionOf = new Uint32Array(weights.length);
  const least = new LeastLoaded(partitions);
  let filled = false;
  for (const object of order) {
    while (least.counts[least.partition] === maxObjects) {
      least.close();
      filled = true;
    }
    partitionOf[object] = least.partition;
    least.add(weights[object]);
  }
  return { packing: { partitionOf, loads: least.loads, counts: least.counts }, filled };
}

function isEven(loads: Float64Array, best: number): boolean {
  return heaviest(loads) <= best * TOLERANCE;
}

/**
 * What the fullest partition has at least: the mean in whole bytes, and the largest object. And of the first `n * partitions + 1` objects some
 * partition has `n + 1`, which weigh no less than the lightest of them.
 */
function lowerBound(order: Uint32Array, weights: Float64Array, partitions: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let bound = Math.max(Math.ceil(total / Math.max(1, partitions)), order.length > 0 ? weights[order[0]] : 0);
  for (let n = 1; n * partitions < order.length; n++) {
    const lightest = order.subarray(n * partitions - n, n * partitions + 1);
    bound = Math.max(
      bound,
      lightest.reduce((sum, object) => sum + weights[object], 0),
    );
  }
  return bound;
}
