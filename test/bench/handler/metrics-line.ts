import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS, METRICS } from '../../../lambda/predict/contract';

const metrics = new Metrics({ namespace: METRICS.namespace });
metrics.clearDefaultDimensions();
metrics.setDefaultDimensions({ [DIMENSIONS.functionName]: 'bench' });

/** One line with the handler's metrics, written as the documentation of Powertools tells: what such a line costs anyway. */
export function publishMetrics(batchSize: number, scores: readonly number[]): void {
  metrics.addDimensions({});
  metrics.addDimensions({ [DIMENSIONS.functionVersion]: '1' });
  metrics.addDimensions({ [DIMENSIONS.modelVersion]: '1' });
  for (const name of [
    METRICS.requests,
    METRICS.handledServerErrors,
    METRICS.rejectedInvocations,
    METRICS.clientErrors,
  ]) {
    metrics.addMetric(name, MetricUnit.Count, 1);
  }
  metrics.addMetric(METRICS.latency, MetricUnit.Milliseconds, 1.234);
  metrics.addMetric(METRICS.modelLatency, MetricUnit.Milliseconds, 0.567);
  metrics.addMetric(METRICS.batchSize, MetricUnit.Count, batchSize);
  scores.forEach((score) => metrics.addMetric(METRICS.prediction, MetricUnit.NoUnit, score));
  metrics.publishStoredMetrics();
}
