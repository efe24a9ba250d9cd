/** Of a product of decimal fractions, which is seldom exact. */
const ROUNDING = 1e-9;

/**
 * Instances that are ready for a share of the traffic for which `all` are ready. Each answers many requests at a time, so unlike
 * environments of a function they need no more than their share; and a variant has at least one.
 */
export function instancesForShare(percent: number, all: number): number {
  return Math.max(1, Math.ceil((all * percent) / 100 - ROUNDING));
}

/** How many instances a version is asked for, and of which type. */
export interface Fleet {
  readonly instanceType: string | undefined;
  /** What its own configuration asks for. */
  readonly asked: number;
}

/**
 * Instances that the candidate needs for all traffic: never fewer than the live version has now. Of another type they are compared by
 * what each configuration asks for.
 */
export function instancesForAll(live: Fleet & { readonly now: number }, candidate: Fleet, floor: number): number {
  const traffic = Math.max(live.now, floor);
  if (live.instanceType === candidate.instanceType && live.instanceType !== undefined) {
    return Math.max(traffic, candidate.asked);
  }
  return Math.max(candidate.asked, Math.ceil((traffic * candidate.asked) / live.asked - ROUNDING));
}
