import type { CountProcess } from './count-process';

/** So many minutes as chance has them are added to those seen: a few cannot tell. */
const PSEUDO_MINUTES = 5;

/**
 * By how much the split of events between the arms scatters more than chance, at least 1: Pearson's statistic over its degrees of
 * freedom. Dividing log evidence by it is a rule of thumb and no theorem; in simulation it keeps bursts of one arm's own from
 * passing for a regression.
 */
export function overDispersion(process: CountProcess, ratio: number): number {
  const freedom = Math.max(0, process.minutes - 1);
  return Math.max(1, (scatter(process, ratio) + PSEUDO_MINUTES) / (freedom + PSEUDO_MINUTES));
}

/**
 * Sum of (seen - expected)² / variance. With the odds of the requests o, the expected part of the events is o * ratio / (1 + o * ratio), and
 * each term becomes (suspected / sqrt(o * ratio) - other * sqrt(o * ratio))² / events: three sums that do not know the ratio.
 */
function scatter({ suspected, other, squares }: CountProcess, ratio: number): number {
  return suspected === 0 || other === 0 ? 0 : squares[0] / ratio - 2 * squares[1] + squares[2] * ratio;
}
