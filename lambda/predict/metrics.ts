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
  const describe = lineDescriber(environment, modelVersion);
  const lines = new Map<string, MetricsLine>();

  return (summary) => {
    const { latencyMilliseconds, failure, modelMilliseconds, batchSize, scores } = summary;
    const kind = `${failure?.code} ${failure?.thrown} ${modelMilliseconds === undefined} ${batchSize === undefined} ${!scores?.length}`;
    let line = lines.get(kind);
    if (line === undefined) {
      line = describe(summary);
      lines.set(kind, line);
    }
    line._aws.Timestamp = Date.now();
    line[METRICS.latency] = toMicroseconds(latencyMilliseconds);
    if (modelMilliseconds !== undefined) {
      line[METRICS.modelLatency] = toMicroseconds(modelMilliseconds);
    }
    if (batchSize !== undefined) {
      line[METRICS.batchSize] = batchSize;
    }
    if (scores?.length) {
      line[METRICS.prediction] = scores.length === 1 ? scores[0] : scores;
    }
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}

/** A line as Powertools makes it. */
type EmbeddedMetrics = ReturnType<Metrics['serializeMetrics']>;
type MetricsLine = { -readonly [member in keyof EmbeddedMetrics]: EmbeddedMetrics[member] };

/**
 * Has Powertools describe the line of one kind of outcome. Lines of a kind differ in their time and values alone, and
 * describing one takes as long as the prediction of a small model, so it is done once per kind.
 */
function lineDescriber(environment: NodeJS.ProcessEnv, modelVersion: string): (summary: RequestSummary) => MetricsLine {
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

  return ({ failure, modelMilliseconds, batchSize, scores }) => {
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
    metrics.addMetric(METRICS.latency, MetricUnit.Milliseconds, 0);
    if (modelMilliseconds !== undefined) {
      metrics.addMetric(METRICS.modelLatency, MetricUnit.Milliseconds, 0);
    }
    if (batchSize !== undefined) {
      metrics.addMetric(METRICS.batchSize, MetricUnit.Count, 0);
    }
    if (scores?.length) {
      metrics.addMetric(METRICS.prediction, MetricUnit.NoUnit, 0);
    }
    const line = metrics.serializeMetrics();
    metrics.clearMetrics();
    metrics.clearDimensions();
    return line;
  };
}

/** Milliseconds to the microsecond: the clock says no more, and the line stays short. */
function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
