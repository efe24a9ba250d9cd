import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  BATCH_NAME,
  DIMENSION,
  type FinishAnswer,
  type FinishRequest,
  type JudgeAnswer,
  type JudgeRequest,
  METRICS,
  type PlanAnswer,
  type PlanRequest,
} from '../batch/contract';
import { s3Client } from '../batch/s3-client';
import { S3RunStore } from '../batch/s3-run-store';
import { finish, type RunFigures } from './finish';
import { judge } from './judge';
import { plan } from './plan';

const client = s3Client();

/** Plans a run, judges its first partition, and finishes it. */
export async function handler(
  request: PlanRequest | JudgeRequest | FinishRequest,
): Promise<PlanAnswer | JudgeAnswer | FinishAnswer> {
  const store = new S3RunStore(client, request.settings.output.bucket);
  switch (request.action) {
    case 'plan':
      return plan(request, store);
    case 'judge':
      return judge(request, store);
    case 'finish':
      return finish(request, store, report);
  }
}

function report({ objects, quarantined, records, lateness }: RunFigures): void {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  // Powertools would add a `service`, and no alarm would find the metrics.
  metrics.clearDefaultDimensions();
  metrics.addDimension(DIMENSION, process.env[BATCH_NAME] ?? 'local');
  metrics.addMetric(METRICS.objects, MetricUnit.Count, objects);
  metrics.addMetric(METRICS.quarantined, MetricUnit.Count, quarantined);
  metrics.addMetric(METRICS.records, MetricUnit.Count, records);
  metrics.addMetric(METRICS.lateness, MetricUnit.NoUnit, lateness);
  metrics.publishStoredMetrics();
}
