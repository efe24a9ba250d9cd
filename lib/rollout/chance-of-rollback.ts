/** Two versions under the judge, of which one is worse by a known ratio. */
export interface Comparison {
  /** Of both together. */
  readonly requestsPerMinute: number;
  /** Whether the worse arm, whose events are counted against it, is the new version; else the old one, whose events are good ones. */
  readonly candidateIsSuspected: boolean;
  /** Events of a request, of the suspected arm and of the other. */
  readonly suspectedRate: number;
  readonly otherRate: number;
  /** Of the judge: its reciprocal is the evidence that this metric needs by itself. */
  readonly alpha: number;
  readonly toleratedRatio: number;
  readonly tempering: boolean;
  readonly looks: number;
  readonly minBad: number;
  readonly minRatio: number;
  readonly minDifference: number;
}

/** Minutes that are compared at one share of the new version. */
export interface Stretch {
  readonly percent: number;
  readonly minutes: number;
}

/** The judge's mixture: half octaves from the tolerated ratio to 64 times it. */
const MIXTURE = 12;
const HALF_OCTAVE = Math.LN2 / 2;
/** What the fit of the best ratio to chance adds to its evidence on average, half of a chi-square of one degree. */
const FIT = 0.5;
/** Looks once a minute meet a level that much later than a look without end would, in deviations of a minute (Siegmund 1985). */
const LOOK = 0.583;
/** Minutes without over-dispersion that the judge adds to those seen, and mean of the positive part of a normal deviate. */
const PSEUDO_MINUTES = 5;
const POSITIVE_PART = 0.4;

/**
 * Chance that the judge's evidence is ever enough, and the effect large enough, within these stretches. Log evidence of the true ratio
 * grows as a walk whose steps have a known mean and variance, by the counts of each arm being Poisson; the time at which such a walk
 * first meets a level is inverse Gaussian. The level is that of the judge, and what its mixture, its tempering and its looks take on top.
 * Beside simulated rollouts it is right to about a tenth; test/lib/rollout/detectable.test.ts has the table.
 */
export function chanceOfRollback(stretches: readonly Stretch[], comparison: Comparison): number {
  const walk = walkOf(stretches, comparison);
  if (walk.mean <= 0) {
    return 0;
  }
  return Math.min(chanceToMeet(walk, levelOf(walk, comparison)), chanceOfEffect(walk, comparison));
}

interface Walk {
  readonly minutes: number;
  /** Of the log evidence at the end. */
  readonly mean: number;
  readonly variance: number;
  /** What the data say of the logarithm of the ratio. */
  readonly information: number;
  /** Mean of what one event of the suspected arm adds. */
  readonly jump: number;
  readonly suspectedRequests: number;
  readonly otherRequests: number;
}

function walkOf(stretches: readonly Stretch[], comparison: Comparison): Walk {
  const { requestsPerMinute, candidateIsSuspected, suspectedRate, otherRate, toleratedRatio, looks } = comparison;
  const most = HALF_OCTAVE * MIXTURE;
  const suspectedLog = Math.min(Math.max(Math.log(suspectedRate / otherRate / toleratedRatio), HALF_OCTAVE), most);
  const ratio = toleratedRatio * Math.exp(suspectedLog);
  const sum = { minutes: 0, mean: 0, variance: 0, information: 0, jumps: 0, suspectedRequests: 0, otherRequests: 0 };
  for (const [place, { percent, minutes: all }] of stretches.entries()) {
    // The looks that must agree come after the one that is enough.
    const minutes = Math.max(0, all - (place === stretches.length - 1 ? looks - 1 : 0));
    const share = (candidateIsSuspected ? percent : 100 - percent) / 100;
    const suspected = minutes * requestsPerMinute * share;
    const other = minutes * requestsPerMinute * (1 - share);
    const [suspectedEvents, otherEvents] = [suspected * suspectedRate, other * otherRate];
    const weight = Math.log((1 + share * (ratio - 1)) / (1 + share * (toleratedRatio - 1)));
    const part = (share * ratio) / (1 + share * (ratio - 1));
    sum.minutes += minutes;
    sum.mean += suspectedEvents * (suspectedLog - weight) - otherEvents * weight;
    sum.variance += suspectedEvents * (suspectedLog - weight) ** 2 + otherEvents * weight ** 2;
    sum.information += (suspectedEvents + otherEvents) * part * (1 - part);
    sum.jumps += suspectedEvents * (suspectedLog - weight);
    sum.suspectedRequests += suspected;
    sum.otherRequests += other;
  }
  return { ...sum, jump: sum.jumps / (sum.suspectedRequests * suspectedRate) };
}

/** Log evidence that the walk must meet. */
function levelOf({ minutes, variance, information, jump }: Walk, { alpha, tempering }: Comparison): number {
  // Ratios of the mixture that the data cannot tell from the best one share its evidence.
  const alike = Math.min(MIXTURE, Math.max(1, Math.sqrt((2 * Math.PI) / information) / HALF_OCTAVE));
  const level = -Math.log(alpha) + Math.log(MIXTURE / alike) - FIT;
  const freedom = Math.max(0, minutes - 1);
  const tempered = 1 + (POSITIVE_PART * Math.sqrt(2 * freedom)) / (freedom + PSEUDO_MINUTES);
  return level * (tempering ? tempered : 1) + LOOK * Math.sqrt(variance / minutes) + jump;
}

/** Distribution function of the inverse Gaussian. */
function chanceToMeet({ mean, variance }: Walk, level: number): number {
  const deviation = Math.sqrt(variance);
  const late = (level - mean) / deviation;
  return upperTail(late) + density(late) * tailOverDensity((level + mean) / deviation);
}

/** That no part of the effect looks too small. All hang on the same counts: the least likely part decides. */
function chanceOfEffect(walk: Walk, { suspectedRate, otherRate, minBad, minRatio, minDifference }: Comparison): number {
  const { suspectedRequests, otherRequests } = walk;
  const [suspected, other] = [suspectedRequests * suspectedRate, otherRequests * otherRate];
  const ratioDeviation = Math.sqrt(1 / suspected + 1 / other);
  const differenceDeviation = Math.sqrt(suspectedRate / suspectedRequests + otherRate / otherRequests);
  return Math.min(
    chanceOfAtLeast(Math.ceil(minBad), suspected),
    upperTail((Math.log(minRatio) - Math.log(suspectedRate / otherRate)) / ratioDeviation),
    upperTail((minDifference - suspectedRate + otherRate) / differenceDeviation),
  );
}

/** Of a Poisson count. */
function chanceOfAtLeast(count: number, mean: number): number {
  if (mean > 100) {
    return upperTail((count - 0.5 - mean) / Math.sqrt(mean));
  }
  let part = Math.exp(-mean);
  let below = 0;
  for (let events = 0; events < count && part > 0; events++) {
    below += part;
    part *= mean / (events + 1);
  }
  return Math.max(0, 1 - below);
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Of the standard normal distribution. */
function upperTail(x: number): number {
  return x < 0 ? 1 - upperTail(-x) : density(x) * tailOverDensity(x);
}

/** For x of at least 0: Abramowitz and Stegun 26.2.17. */
function tailOverDensity(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  return t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
}
