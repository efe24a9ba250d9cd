import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS } from '../predict/contract';
import { METRICS } from '../stream/contract';
import type { Consumed } from './consume';

/** What a line says of one invocation; one that failed as a whole has nothing to say but that. */
type Reported = Pick<
  Consumed,
  'predicted' | 'quarantined' | 'sinkFailures' | 'throttles' | 'batchSize' | 'modelMilliseconds'
>;

type EmbeddedMetrics = ReturnType<Metrics['serializeMetrics']>;
type MetricsLine = { -readonly [member in keyof EmbeddedMetrics]: EmbeddedMetrics[member] };

/** Writes one line of embedded metrics for each invocation. */
export function createMetrics(environment: NodeJS.ProcessEnv): (consumed: Reported, failed: boolean) => void {
  // Described once, as all lines differ in their time and values alone.
  const line = describe(environment);
  return ({ predicted, quarantined, sinkFailures, throttles, batchSize, modelMilliseconds }, failed) => {
    line._aws.Timestamp = Date.now();
    line[METRICS.records] = predicted + quarantined;
    line[METRICS.predictions] = predicted;
    line[METRICS.quarantined] = quarantined;
    line[METRICS.failedBatches] = Number(failed);
    line[METRICS.sinkFailures] = sinkFailures;
    line[METRICS.endpointThrottles] = throttles;
    line[METRICS.batchSize] = batchSize;
    line[METRICS.modelTime] = Math.round(modelMilliseconds * 1000) / 1000;
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}

function describe(environment: NodeJS.ProcessEnv): MetricsLine {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  // Powertools would add a `service` to every set, and no alarm would find the metrics.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [DIMENSIONS.functionName]: environment.AWS_LAMBDA_FUNCTION_NAME ?? 'local' });
  metrics.addDimensions({});
  metrics.addDimensions({ [DIMENSIONS.functionVersion]: environment.AWS_LAMBDA_FUNCTION_VERSION ?? '$LATEST' });
  const counts = [
    METRICS.records,
    METRICS.predictions,
    METRICS.quarantined,
    METRICS.failedBatches,
    METRICS.sinkFailures,
    METRICS.endpointThrottles,
    METRICS.batchSize,
  ];
  counts.forEach((name) => metrics.addMetric(name, MetricUnit.Count, 0));
  metrics.addMetric(METRICS.modelTime, MetricUnit.Milliseconds, 0);
  const line = metrics.serializeMetrics();
  metrics.clearMetrics();
  return line;
}
