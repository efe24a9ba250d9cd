import { linearShares } from '../checks/bounds/code-deploy';
import type { Fault } from '../checks/bounds/fault';
import type { Rollout } from './rollout';

/** How much shifts at a time, as the user put it. */
export type StepSize = { readonly percent: number } | { readonly instances: number };

/**
 * Traffic over time, as it was asked for.
 *
 * @internal
 */
export interface TrafficShift {
  readonly kind: 'allAtOnce' | 'canary' | 'linear' | 'rolling' | 'staged';
  /** Absent where all traffic shifts at once. */
  readonly step?: StepSize;
  /** Time between two steps, in minutes; 0 where nothing was said. */
  readonly intervalMinutes: number;
  /** Watch after the last step, in minutes; absent where nothing was said. */
  readonly bakeMinutes?: number;
}

/**
 * Traffic as an AWS service shifts it.
 *
 * @internal
 */
export type NativeShift = TrafficShift & { readonly kind: Exclude<TrafficShift['kind'], 'staged'> };

/**
 * For those who hand the shift over to an AWS service, once it is known that this is what was asked for.
 *
 * @internal
 */
export function nativeShift({ _shift, description }: Rollout): NativeShift {
  if (_shift.kind === 'staged') {
    throw new Error(`no AWS service offers this: ${description}`);
  }
  return { ..._shift, kind: _shift.kind };
}

/**
 * A share of the traffic that nobody says how long to watch.
 *
 * @internal
 */
export function withoutBake({ kind, intervalMinutes }: TrafficShift): Fault[] {
  return kind === 'canary' && intervalMinutes === 0
    ? [
        {
          id: 'rollout-no-bake',
          message: "'rollout' is a canary, and does not say how long the new version is watched",
          fix: "give 'bake', such as Duration.minutes(10)",
        },
      ]
    : [];
}

/**
 * What share of the traffic is on the new version after each step, in percent; the last is 100.
 *
 * @internal
 */
export function sharesOf(kind: NativeShift['kind'], percent: number): number[] {
  switch (kind) {
    case 'allAtOnce':
      return [100];
    case 'canary':
      return [percent, 100];
    case 'linear':
    case 'rolling':
      return linearShares(percent);
  }
}

/** Versions that have environments of their own while the rollout goes on. */
export function sidesOf(rollout: Rollout | undefined): 1 | 2 {
  return rollout?._staged === undefined ? 1 : 2;
}
