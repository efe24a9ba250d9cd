import type { RunSettings } from '../batch/contract';
import { judgedSample } from './judged-sample';
import { LeastLoaded } from './least-loaded';
import { packPartitions } from './pack-partitions';

/**
 * Also what keeps the file of a partition small: 1000 of the longest keys with each character escaped are 6 MB. And the list of this many
 * partitions is 5 MB.
 */
const MAX_OBJECTS = 1000;
const MAX_PARTITIONS = 40_000;

/** With no partition longer than a quarter of the time there is, the first one and another try of a late one have a place in it. */
const SHARE_OF_DEADLINE = 0.25;

type Pace = Pick<
  RunSettings,
  'maxConcurrency' | 'deadlineSeconds' | 'bytesPerSecond' | 'startSeconds' | 'partitionSeconds'
>;

/** Positions of objects, by partition. */
export interface Division {
  readonly first?: Uint32Array;
  readonly rest: readonly Uint32Array[];
  /** How long scoring takes at the expected pace. */
  readonly seconds: number;
}

/** Makes partitions of objects with these weights: bytes that have to be read. The first is of objects that may be judged. */
export function divideObjects(
  weights: Float64Array,
  judgedShare: number,
  pace: Pace,
  mayJudge: (position: number) => boolean = () => true,
): Division {
  const { maxConcurrency, bytesPerSecond } = pace;
  const mostWeight = bytesPerSecond * longestPartition(pace);
  const first = judgedShare > 0 ? sampleOf(weights, judgedShare, mostWeight, mayJudge) : new Uint32Array();
  const others = without(first, weights.length);
  const otherWeights = Float64Array.from(others, (position) => weights[position]);
  const { partitionOf, loads, counts } = packPartitions(otherWeights, {
    partitions: Math.max(maxConcurrency, Math.ceil(total(otherWeights) / mostWeight)),
    workers: maxConcurrency,
    maxPartitions: MAX_PARTITIONS - 1,
    maxObjects: MAX_OBJECTS,
  });
  const firstWeight = first.reduce((sum, position) => sum + weights[position], 0);
  return {
    ...(first.length > 0 ? { first } : {}),
    rest: gathered(others, partitionOf, counts),
    seconds: secondsOf(Float64Array.of(firstWeight), pace) + secondsOf(loads, pace),
  };
}

function sampleOf(
  weights: Float64Array,
  share: number,
  mostWeight: number,
  mayJudge: (position: number) => boolean,
): Uint32Array {
  const candidates = Uint32Array.from(weights.keys()).filter(mayJudge);
  const candidateWeights = Float64Array.from(candidates, (position) => weights[position]);
  const sample = judgedSample(candidateWeights, share, { objects: MAX_OBJECTS, weight: mostWeight });
  return sample.map((index) => candidates[index]);
}

/** All positions but some, which ascend. */
function without(some: Uint32Array, all: number): Uint32Array {
  const others = new Uint32Array(all - some.length);
  for (let position = 0, skipped = 0; position < all; position++) {
    if (position === some[skipped]) {
      skipped++;
    } else {
      others[position - skipped] = position;
    }
  }
  return others;
}

function gathered(positions: Uint32Array, partitionOf: Uint32Array, counts: Uint32Array): Uint32Array[] {
  const partitions = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(counts.length);
  partitionOf.forEach((partition, index) => {
    partitions[partition][filled[partition]++] = positions[index];
  });
  return partitions;
}

/** Its start counts, too: where that takes long, there are fewer and longer partitions. */
function longestPartition({ deadlineSeconds, partitionSeconds, startSeconds }: Pace): number {
  return Math.max(startSeconds, Math.min(partitionSeconds, SHARE_OF_DEADLINE * deadlineSeconds) - startSeconds);
}

/** How long the worker with the most has to do, where each takes the next partition when it is free. */
function secondsOf(loads: Float64Array, { maxConcurrency, bytesPerSecond, startSeconds }: Pace): number {
  const free = new LeastLoaded(maxConcurrency);
  loads.filter((load) => load > 0).forEach((load) => free.add(startSeconds + load / bytesPerSecond));
  return free.loads.reduce((most, seconds) => Math.max(most, seconds), 0);
}

function total(weights: Float64Array): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}
