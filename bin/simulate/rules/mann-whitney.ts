import { onTime, type Rule } from './rule';

/** Two-sided, at 98 %, as Kayenta's judge has it. */
const CRITICAL = 2.3263478740408408;
/** Part of the difference that the interval must keep from 0. */
const TOLERANCE = 0.25;
const HALVINGS = 50;

/**
 * Kayenta's judge: the rates of all minutes so far, by the interval of a Mann-Whitney test, at the end of each step. Higher when the
 * interval lies above a quarter of the difference that it estimates, and the mean is not lower.
 */
export function mannWhitney(): Rule {
  return onTime('Mann-Whitney at step ends', () => {
    const rates: { candidate: number[]; baseline: number[] }[] = [];
    return ({ candidate, baseline }, stepEnds) => {
      if (candidate.requests > 0 && baseline.requests > 0) {
        candidate.bad.forEach((count, place) => {
          rates[place] ??= { candidate: [], baseline: [] };
          rates[place].candidate.push((count ?? 0) / candidate.requests);
          rates[place].baseline.push((baseline.bad[place] ?? 0) / baseline.requests);
        });
      }
      return stepEnds && rates.some((arms) => isHigher(arms.candidate, arms.baseline));
    };
  });
}

export function isHigher(candidate: readonly number[], baseline: readonly number[]): boolean {
  const { low, estimate } = shiftInterval(candidate, baseline, CRITICAL);
  return low > TOLERANCE * Math.abs(estimate) && mean(candidate) >= mean(baseline);
}

/**
 * By how much the candidate is shifted: where the normal approximation of the test, corrected for ties and continuity, stops rejecting,
 * and where it is in the middle (Hodges and Lehmann).
 */
export function shiftInterval(
  candidate: readonly number[],
  baseline: readonly number[],
  critical: number,
): { readonly low: number; readonly estimate: number; readonly high: number } {
  const least = Math.min(...candidate) - Math.max(...baseline);
  const most = Math.max(...candidate) - Math.min(...baseline);
  const crossing = (rejects: (shift: number) => boolean): number => {
    let low = least;
    let high = most;
    for (let halving = 0; halving < HALVINGS && high - low > 1e-12; halving++) {
      const middle = (low + high) / 2;
      if (rejects(middle)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  };
  const corrected = (shift: number): number => statistic(candidate, baseline, shift, true);
  const plain = (shift: number): number => statistic(candidate, baseline, shift, false);
  return {
    low: crossing((shift) => corrected(shift) > critical),
    // Between two differences it is in the middle all the way.
    estimate: (crossing((shift) => plain(shift) > 0) + crossing((shift) => plain(shift) >= 0)) / 2,
    high: crossing((shift) => corrected(shift) > -critical),
  };
}

/** The test of candidate - shift against the baseline, standardized; it falls with the shift. */
function statistic(
  candidate: readonly number[],
  baseline: readonly number[],
  shift: number,
  continuous: boolean,
): number {
  const all = [
    ...candidate.map((value) => ({ value: value - shift, mine: true })),
    ...baseline.map((value) => ({ value, mine: false })),
  ].sort((a, b) => a.value - b.value);
  let ranks = 0;
  let ties = 0;
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to].value === all[from].value) {
      to += 1;
    }
    const size = to - from;
    ties += size ** 3 - size;
    for (let at = from; at < to; at++) {
      ranks += all[at].mine ? (from + 1 + to) / 2 : 0;
    }
  }
  const [m, n] = [candidate.length, baseline.length];
  const distance = ranks - (m * (m + 1)) / 2 - (m * n) / 2;
  const spread = Math.sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
  const corrected = continuous ? distance - Math.sign(distance) * 0.5 : distance;
  return spread > 0 ? corrected / spread : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
