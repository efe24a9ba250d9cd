import { heaviest, type Packing } from './packing';

/** More are never searched through: swaps alone leave next to nothing to gain. */
const MAX_OBJECTS = 100;
/** Placements that are tried; some tens of milliseconds. */
const PLACEMENTS = 50_000;

/**
 * A packing whose fullest partition has less than that of a given one, or the given one where none is found: objects are placed from
 * the largest on, in the least loaded partition first, and each placement that cannot be better is taken back. Ends with the first
 * packing that has no more than `enough`.
 */
export function searchPacking(
  given: Packing,
  order: Uint32Array,
  weights: Float64Array,
  enough: number,
  maxObjects: number,
): Packing {
  if (order.length > MAX_OBJECTS) {
    return given;
  }
  const partitions = given.loads.length;
  const loads = new Float64Array(partitions);
  const counts = new Uint32Array(partitions);
  const partitionOf = new Uint32Array(order.length);
  let best = given;
  let most = heaviest(given.loads);
  let placements = 0;
  place(0);
  return best;

  function place(position: number): void {
    if (position === order.length) {
      if (!counts.includes(0)) {
        best = { partitionOf: partitionOf.slice(), loads: loads.slice(), counts: counts.slice() };
        most = heaviest(loads);
      }
      return;
    }
    const object = order[position];
    const weight = weights[object];
    const byLoad = Array.from(loads.keys()).sort((one, other) => loads[one] - loads[other] || one - other);
    let tried = -1;
    for (const partition of byLoad) {
      if (most <= enough || placements >= PLACEMENTS || loads[partition] + weight >= most) {
        return;
      }
      // Two with the same load are the same choice.
      if (loads[partition] !== tried && counts[partition] < maxObjects) {
        tried = loads[partition];
        placements++;
        partitionOf[object] = partition;
        loads[partition] += weight;
        counts[partition]++;
        place(position + 1);
        loads[partition] -= weight;
        counts[partition]--;
      }
    }
  }
}
