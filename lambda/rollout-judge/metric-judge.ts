import type { ArmCounts, Decision, FastPath, Gate, JudgedMetric, JudgedStep, JudgeSettings } from './contract';
import { addCounts } from './count-process';
import type { MetricState } from './judge-state';
import { watchRates } from './rate-watch';

/** Requests and bad events of one arm in a minute with data. */
export interface Counted {
  readonly requests: number;
  readonly bad: number;
}

/** A warning is as much of the evidence that rolls back. */
export const WARNING = 0.1;
/** Looks at a candidate alone that must agree. */
const ALONE_LOOKS = 2;

/** Null when the minute says nothing about the metric. */
export function countOf({ missingData }: JudgedMetric, { requests, bad }: ArmCounts, place: number): Counted | null {
  const count = bad[place];
  if (count !== null) {
    return { requests, bad: count };
  }
  return missingData === 'missing' ? null : { requests, bad: missingData === 'breaching' ? requests : 0 };
}

/** One more minute with requests in both arms: the suspected one has this share of them, with the weights of `eventWeights` for it. */
export function compareMinute(
  state: MetricState,
  { direction }: JudgedMetric,
  fastPath: FastPath | undefined,
  share: number,
  weights: readonly number[],
  candidate: Counted,
  baseline: Counted,
): void {
  const suspected = direction === 'increase' ? candidate : baseline;
  const other = direction === 'increase' ? baseline : candidate;
  state.candidateRequests += candidate.requests;
  state.baselineRequests += baseline.requests;
  addCounts(state.process, share, weights, suspected.bad, other.bad);
  state.fast ||= fastPath !== undefined && isFast(fastPath, suspected, other);
}

/** One more minute of which each arm says how bad it is by itself. */
export function watchMinute(
  state: MetricState,
  { ceiling }: JudgedMetric,
  candidate: Counted,
  baseline: Counted,
): void {
  if (ceiling !== undefined) {
    watchRates(state.watch, ceiling, candidate, baseline);
  }
}

function isFast({ bad, rate, ratio }: FastPath, suspected: Counted, other: Counted): boolean {
  return (
    suspected.bad >= bad &&
    suspected.bad >= rate * suspected.requests &&
    suspected.bad * other.requests >= ratio * other.bad * suspected.requests
  );
}

/** How much evidence there is of a regression: enough to roll back, though by an effect that is too small, or a tenth of that. */
export type Doubt = 'second-look' | 'effect' | 'warning';

/** What a metric says by itself. */
export function decideMetric(
  state: MetricState,
  settings: JudgeSettings,
  step: JudgedStep,
  bakedMinutes: number,
  doubt: Doubt | undefined,
): Decision {
  const rollback = rollbackGate(state, settings);
  if (rollback !== undefined) {
    return { verdict: 'ROLLBACK', gate: rollback };
  }
  const gate = holdGate(state, settings, step, bakedMinutes, doubt);
  if (gate === 'none') {
    return { verdict: 'PROMOTE', gate };
  }
  return { verdict: isInconclusive(gate, step, bakedMinutes) ? 'INCONCLUSIVE' : 'HOLD', gate };
}

/** A step that was extended as far as it may be ends without a verdict; while both arms are bad, its clock stands still. */
export function isInconclusive(gate: Gate, { maxBakeMinutes }: JudgedStep, bakedMinutes: number): boolean {
  return gate !== 'bake' && gate !== 'baseline-bad' && bakedMinutes >= maxBakeMinutes;
}

function rollbackGate({ fast, looks, watch }: MetricState, settings: JudgeSettings): Gate | undefined {
  if (fast) {
    return 'fast-path';
  }
  if (looks >= settings.looks) {
    return 'evidence';
  }
  return watch.aloneBad >= ALONE_LOOKS ? 'ceiling' : undefined;
}

function holdGate(
  state: MetricState,
  { allowUnhealthyBaseline }: JudgeSettings,
  { minRequests, bakeMinutes }: JudgedStep,
  bakedMinutes: number,
  doubt: Doubt | undefined,
): Gate {
  if (state.watch.bothBad && !allowUnhealthyBaseline) {
    return 'baseline-bad';
  }
  if (doubt !== undefined) {
    return doubt;
  }
  if (state.stepRequests < minRequests) {
    return state.stepRequests === 0 ? 'no-data' : 'samples';
  }
  return bakedMinutes < bakeMinutes ? 'bake' : 'none';
}
