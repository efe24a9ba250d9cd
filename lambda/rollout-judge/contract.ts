/**
 * What crosses the lines between the construct of a staged rollout, its controller, and the judge: what the judge is told, and what it
 * answers. All of it is plain JSON. All sides import this file; it imports nothing.
 */

/** What the judge does in one rollout; it stays the same from the first minute to the last. */
export interface JudgeSettings {
  readonly steps: readonly JudgedStep[];
  /** Counts of minutes have one number for each of them, in this order. */
  readonly metrics: readonly JudgedMetric[];
  /** Chance that a version as good as the baseline is ever rolled back by the test, over the whole rollout. */
  readonly alpha: number;
  /** So many times as bad as the baseline is still no regression. */
  readonly toleratedRatio: number;
  /** Whether evidence is divided by the over-dispersion that the counts show. */
  readonly tempering: boolean;
  /** Looks in a row that must agree before a rollback; a look is a minute in which both arms had requests. */
  readonly looks: number;
  /** Minutes after each change of weight that are not compared: requests of both weights are in them. */
  readonly warmupMinutes: number;
  /** What one minute must show to roll back at once; undefined for never. */
  readonly fastPath?: FastPath;
  /** A rollout that is held because both arms are bad is rolled back after so many minutes. */
  readonly maxHoldMinutes: number;
  /** Whether a baseline that is bad as well is no reason to hold: what ships is likely the remedy. */
  readonly allowUnhealthyBaseline: boolean;
  readonly onInconclusive: OnInconclusive;
}

export interface JudgedStep {
  /** Share of the traffic that the candidate gets, above 0; the last step has 100. */
  readonly percent: number;
  /** Minutes before which the step is not promoted. */
  readonly bakeMinutes: number;
  /** Minutes to which the step is extended when there is too little to say. */
  readonly maxBakeMinutes: number;
  /** Requests that the candidate must have served in this step, for each metric with data of it. */
  readonly minRequests: number;
}

/** Events of which each is bad, such as errors, answers slower than a threshold that was fixed before, invalid predictions. */
export interface JudgedMetric {
  readonly name: string;
  /** What a bad version does to the count: `decrease` for events that are good. For either, two metrics. */
  readonly direction: 'increase' | 'decrease';
  /** Whether it may roll back. One that may not holds the step when it looks worse, and then asks. */
  readonly critical: boolean;
  /** Judged and reported, and without any say. */
  readonly observeOnly: boolean;
  /**
   * What a minute without data means, as for CloudWatch alarms: the metric is not compared (`missing`), nothing bad happened
   * (`notBreaching`, for metrics that are only published when something happens), or every request was bad (`breaching`).
   */
  readonly missingData: 'missing' | 'notBreaching' | 'breaching';
  /** Share in the evidence of all critical metrics, relative to the others. */
  readonly weight: number;
  /** Bad events, times as bad, and difference of rates below which nothing is rolled back, however sure it is. */
  readonly minBad: number;
  readonly minRatio: number;
  readonly minDifference: number;
  /**
   * Rate from which on an arm is bad by itself: with both arms there the rollout is held, with the candidate alone (no baseline left to
   * compare with) it is rolled back. Undefined for never; never for events that are good.
   */
  readonly ceiling?: number;
}

export interface FastPath {
  readonly bad: number;
  readonly rate: number;
  readonly ratio: number;
}

/** What happens when a step has been extended and there is still too little to say. */
export type OnInconclusive = 'pause' | 'rollback' | 'promote';

/** What is told; the rest is by {@link DEFAULTS}. Null is told as well, and stands for none where JSON has no undefined. */
export interface JudgeOptions extends Partial<Omit<JudgeSettings, 'steps' | 'metrics' | 'fastPath'>> {
  readonly steps: readonly StepOptions[];
  readonly metrics: readonly MetricOptions[];
  readonly fastPath?: FastPath | null;
}
export type StepOptions = Pick<JudgedStep, 'percent' | 'bakeMinutes'> & Partial<JudgedStep>;
export type MetricOptions = Pick<JudgedMetric, 'name'> &
  Partial<Omit<JudgedMetric, 'ceiling'>> & { readonly ceiling?: number | null };

export const DEFAULTS = {
  alpha: 0.01,
  toleratedRatio: 1,
  tempering: true,
  looks: 2,
  warmupMinutes: 1,
  fastPath: { bad: 20, rate: 0.25, ratio: 5 },
  maxHoldMinutes: 15,
  allowUnhealthyBaseline: false,
  onInconclusive: 'pause',
  /** A step is extended to so many times its bake. */
  maxBake: 3,
  /** Of the first step, the second, and all others. */
  minRequests: [100, 300, 600],
  metric: {
    direction: 'increase',
    critical: true,
    observeOnly: false,
    missingData: 'missing',
    weight: 1,
    minBad: 3,
    minRatio: 1.5,
    minDifference: 0.001,
    ceiling: 0.25,
  },
} as const;

/** One closed minute: its counts do not change any more. */
export interface MinuteCounts {
  /** Minutes since 1970, or since anything else; each one is told once, in order. A minute without requests is told as well. */
  readonly minute: number;
  /** The step whose weights were set, by its place; the minute of the change belongs to the new one. */
  readonly step: number;
  readonly candidate: ArmCounts;
  readonly baseline: ArmCounts;
}

export interface ArmCounts {
  /** As observed, never as configured: a weighted alias is a simple random one. */
  readonly requests: number;
  /** Bad events of each metric; null without data. One request may cause several. */
  readonly bad: readonly (number | null)[];
}

export type Verdict = 'PROMOTE' | 'HOLD' | 'ROLLBACK' | 'INCONCLUSIVE';

/** What a verdict rests on: what held the step back, or why it is rolled back. */
export type Gate =
  /** Nothing is in the way. */
  | 'none'
  /** The bake of the step is not over. */
  | 'bake'
  /** No minute with data of both arms so far in this step. */
  | 'no-data'
  /** Too few requests of the candidate. */
  | 'samples'
  /** It looks worse, but not surely so. */
  | 'warning'
  /** It is worse for sure, but by too little, or in too few events. */
  | 'effect'
  /** It is worse for sure, and the next look must agree. */
  | 'second-look'
  /** Both arms are bad. */
  | 'baseline-bad'
  /** Rolled back: worse for sure. */
  | 'evidence'
  /** Rolled back: one minute was enough. */
  | 'fast-path'
  /** Rolled back: both arms were bad for too long. */
  | 'hold-over'
  /** Rolled back: bad, with no baseline left to compare with. */
  | 'ceiling';

/** What the judge answers to a minute. */
export interface Decision {
  readonly verdict: Verdict;
  readonly gate: Gate;
  /** With INCONCLUSIVE: what is to be done. Never `promote` where there is any sign of a regression. */
  readonly action?: OnInconclusive;
}

/** A decision with all that it rests on. */
export interface Judgement extends Decision {
  readonly minute: number;
  readonly step: number;
  readonly percent: number;
  /** Minutes of this step that count for its bake. */
  readonly bakedMinutes: number;
  readonly heldMinutes: number;
  /** Looks in a row, up to the last, at which all critical metrics together were worse for sure. */
  readonly looks: number;
  /** Natural logarithm of the average e-value of all critical metrics. */
  readonly logEvidence: number;
  /** Always-valid: may be looked at at any time, and any number of times. */
  readonly pValue: number;
  readonly metrics: readonly MetricEvidence[];
}

export interface MetricEvidence extends Decision {
  readonly name: string;
  readonly observeOnly: boolean;
  /** Of the minutes that were compared. */
  readonly candidate: ArmEvidence;
  readonly baseline: ArmEvidence;
  /** Requests of the candidate in this step, with data, and how many are needed. */
  readonly stepRequests: number;
  readonly minRequests: number;
  /** How many times as bad: the likeliest, compared minute by minute. Null when there is none: no events, or none of the better arm. */
  readonly ratio: number | null;
  /** At least so many times as bad, at 1 - alpha; 0 when nothing can be said. */
  readonly ratioAtLeast: number;
  /** Less than so many times as bad, at 95 %; null when nothing can be said. */
  readonly ratioBelow: number | null;
  readonly logEvidence: number;
  readonly pValue: number;
  /** 1 when events scatter as chance has it, more when they come in bursts. */
  readonly overDispersion: number;
  /** What of the effect is too small, when it is. */
  readonly tooSmall: readonly ('minBad' | 'minRatio' | 'minDifference')[];
}

export interface ArmEvidence {
  readonly requests: number;
  readonly bad: number;
  /** Null without requests. */
  readonly rate: number | null;
}
