import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS } from './contract';
import type { StreamSummary } from './handler';

/** Writes one line of embedded metrics per request. */
export function createMetrics(environment: NodeJS.ProcessEnv): (summary: StreamSummary) => void {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  // Powertools would add a `service`, and no alarm would find the metrics.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [METRICS.functionName]: environment.AWS_LAMBDA_FUNCTION_NAME ?? 'local' });

  return ({ handledServerError, firstChunkMilliseconds }) => {
    metrics.addMetric(METRICS.requests, MetricUnit.Count, 1);
    metrics.addMetric(METRICS.handledServerErrors, MetricUnit.Count, handledServerError ? 1 : 0);
    if (firstChunkMilliseconds !== undefined) {
      metrics.addMetric(METRICS.firstChunkLatency, MetricUnit.Milliseconds, firstChunkMilliseconds);
    }
    process.stdout.write(`${JSON.stringify(metrics.serializeMetrics())}\n`);
    metrics.clearMetrics();
  };
}
