import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS, DIMENSION_SETS, METRICS, type ErrorCode } from './contract';

/** What one prediction request came to. */
export interface RequestSummary {
  readonly latencyMilliseconds: number;
  /** Why it failed; absent when it was answered. */
  readonly failure?: { readonly code: ErrorCode; readonly thrown: boolean };
  readonly modelMilliseconds?: number;
  readonly batchSize?: number;
  readonly scores?: readonly number[];
}

/** Writes one line of embedded metrics per request. */
export function createMetrics(environment: NodeJS.ProcessEnv, modelVersion: string): (summary: RequestSummary) => void {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  const values: Record<string, string> = {
    [DIMENSIONS.functionVersion]: environment.AWS_LAMBDA_FUNCTION_VERSION ?? '$LATEST',
    [DIMENSIONS.modelVersion]: modelVersion,
  };
  // Powertools would add a `service` to every set, and no alarm would find the metrics. What every set does have is the name
  // of the function; given once, because Powertools warns about a name that comes in several sets.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [DIMENSIONS.functionName]: environment.AWS_LAMBDA_FUNCTION_NAME ?? 'local' });
  const sets = DIMENSION_SETS.map((names) =>
    Object.fromEntries(names.filter((name) => name !== DIMENSIONS.functionName).map((name) => [name, values[name]])),
  );

  return ({ latencyMilliseconds, failure, modelMilliseconds, batchSize, scores }) => {
    const serverError = failure?.code === 'MODEL_ERROR';
    const clientError = failure !== undefined && !serverError;
    sets.forEach((set) => metrics.addDimensions(set));
    if (clientError) {
      metrics.addDimensions({ [DIMENSIONS.errorCode]: failure.code });
    }
    metrics.addMetric(METRICS.requests, MetricUnit.Count, 1);
    metrics.addMetric(METRICS.handledServerErrors, MetricUnit.Count, serverError && !failure.thrown ? 1 : 0);
    metrics.addMetric(METRICS.rejectedInvocations, MetricUnit.Count, clientError && failure.thrown ? 1 : 0);
    metrics.addMetric(METRICS.clientErrors, MetricUnit.Count, clientError ? 1 : 0);
    metrics.addMetric(METRICS.latency, MetricUnit.Milliseconds, toMicroseconds(latencyMilliseconds));
    if (modelMilliseconds !== undefined) {
      metrics.addMetric(METRICS.modelLatency, MetricUnit.Milliseconds, toMicroseconds(modelMilliseconds));
    }
    if (batchSize !== undefined) {
      metrics.addMetric(METRICS.batchSize, MetricUnit.Count, batchSize);
    }
    // Last, because Powertools writes the line of its own accord when a metric has a hundred values.
    scores?.forEach((score) => metrics.addMetric(METRICS.prediction, MetricUnit.NoUnit, score));
    if (metrics.hasStoredMetrics()) {
      metrics.publishStoredMetrics();
    }
  };
}

/** Milliseconds to the microsecond: the clock says no more, and the line stays short. */
function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
