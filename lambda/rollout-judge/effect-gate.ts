import type { JudgedMetric, MetricEvidence } from './contract';
import type { CountProcess } from './count-process';

/** Whether an effect is large enough to roll back for, however sure it is: nothing of it is too small. */
export function isLarge(metric: JudgedMetric, process: CountProcess, ratio: number, requests: number): boolean {
  return (
    process.suspected >= metric.minBad &&
    ratio >= metric.minRatio &&
    difference(process, ratio, requests) >= metric.minDifference
  );
}

export function tooSmall(
  metric: JudgedMetric,
  process: CountProcess,
  ratio: number,
  requests: number,
): MetricEvidence['tooSmall'] {
  return [
    ...(process.suspected >= metric.minBad ? [] : (['minBad'] as const)),
    ...(ratio >= metric.minRatio ? [] : (['minRatio'] as const)),
    ...(difference(process, ratio, requests) >= metric.minDifference ? [] : (['minDifference'] as const)),
  ];
}

/**
 * From the rate that the other arm would have had with the traffic of the suspected one, minute by minute: overall rates of both mix
 * minutes of different weights.
 */
function difference({ suspected }: CountProcess, ratio: number, requests: number): number {
  return suspected === 0 ? 0 : (suspected / requests) * (1 - 1 / ratio);
}
