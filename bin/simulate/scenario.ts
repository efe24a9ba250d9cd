import type { MetricOptions, StepOptions } from '../../lambda/rollout-judge/contract';

/** A rollout that may happen: the traffic, how bad each version is, and what disturbs both. */
export interface Scenario {
  readonly requestsPerMinute: number;
  /** The last one, of 100 %, is where a rollout that got so far ends: there is nothing left to compare with. */
  readonly steps: readonly StepOptions[];
  /** Shares of requests that fail. */
  readonly errorRate: number;
  readonly newErrorRate: number;
  /** How many times as long an answer of the new version takes; undefined when latency is not judged. */
  readonly latencyFactor?: number;
  /** How much the error rate of each arm by itself changes from minute to minute: standard deviation over mean. */
  readonly burstiness: number;
  /** Both arms fail at least at this rate for a while. */
  readonly incident?: Incident;
  /** Minutes from the verdict to when the new version gets no traffic any more. */
  readonly reactionMinutes: number;
}

export interface Incident {
  readonly rate: number;
  /** The first minute of it, from 1. */
  readonly from: number;
  readonly minutes: number;
}

/** Latency is judged by how many answers take longer than these percentiles of the baseline, as fixed before the rollout. */
const PERCENTILES = [
  { name: 'slower-than-p90', normal: 1.2815515655446004 },
  { name: 'slower-than-p95', normal: 1.6448536269514722 },
  { name: 'slower-than-p99', normal: 2.3263478740408408 },
] as const;
/** Latency is log-normal, with this standard deviation of the logarithm: the 99th percentile is four times the median. */
const LATENCY_SPREAD = 0.6;

/** Errors have half of the say, latency the rest. A tenth more of slow answers is no regression; three tenths are. */
export function metricsOf({ latencyFactor }: Scenario): readonly MetricOptions[] {
  const errors: MetricOptions = { name: 'errors', weight: 0.5 };
  const latency = PERCENTILES.map(({ name }): MetricOptions => ({ name, weight: 0.5 / 3, minRatio: 1.1 }));
  return latencyFactor === undefined ? [errors] : [errors, ...latency];
}

/** Rate of each metric of a version, without disturbance. Those of latency are parts of one another. */
export function ratesOf({ errorRate, newErrorRate, latencyFactor }: Scenario, candidate: boolean): readonly number[] {
  const shift = candidate ? Math.log(latencyFactor ?? 1) / LATENCY_SPREAD : 0;
  const slow = PERCENTILES.map(({ normal }) => upperTail(normal - shift));
  return [candidate ? newErrorRate : errorRate, ...(latencyFactor === undefined ? [] : slow)];
}

export function isRegression({ errorRate, newErrorRate, latencyFactor }: Scenario): boolean {
  return newErrorRate > errorRate || (latencyFactor ?? 1) > 1;
}

/** Of the standard normal distribution: Abramowitz and Stegun 26.2.17, right to seven digits. */
function upperTail(x: number): number {
  if (x < 0) {
    return 1 - upperTail(-x);
  }
  const t = 1 / (1 + 0.2316419 * x);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
