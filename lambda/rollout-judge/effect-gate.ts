import type { JudgedMetric, MetricEvidence } from './contract';
import type { CountProcess } from './count-process';

/**
 * What of an effect is too small to roll back for, however sure it is. The rate that is compared is the one that the other arm would
 * have had with the traffic of the suspected one, minute by minute: overall rates of both mix minutes of different weights.
 */
export function tooSmall(
  metric: JudgedMetric,
  process: CountProcess,
  ratio: number,
  requests: number,
): MetricEvidence['tooSmall'] {
  const rate = requests === 0 ? 0 : process.suspected / requests;
  const difference = ratio === 0 ? 0 : rate * (1 - 1 / ratio);
  return [
    ...(process.suspected < metric.minBad ? (['minBad'] as const) : []),
    ...(ratio < metric.minRatio ? (['minRatio'] as const) : []),
    ...(difference < metric.minDifference ? (['minDifference'] as const) : []),
  ];
}
