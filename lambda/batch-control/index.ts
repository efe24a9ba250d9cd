import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import {
  BATCH_NAME,
  DIMENSION,
  type FinishAnswer,
  type FinishRequest,
  type JudgeAnswer,
  type JudgeRequest,
  METRICS,
  type PlanReply,
  type PlanRequest,
} from '../batch/contract';
import { s3Client } from '../batch/s3-client';
import { S3RunStore } from '../batch/s3-run-store';
import { finish, type RunFigures } from './finish';
import { judge } from './judge';
import { plan, type PlanClock } from './plan';

/** Of the time of an invocation: what may be spent on listing before the next one goes on. */
const SHARE_FOR_LISTING = 1 / 3;

const client = s3Client();

/** Plans a run, judges its first partition, and finishes it. */
export async function handler(
  request: PlanRequest | JudgeRequest | FinishRequest,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<PlanReply | JudgeAnswer | FinishAnswer> {
  const { output, manifest } = request.settings;
  const store = new S3RunStore(client, output.bucket);
  switch (request.action) {
    case 'plan':
      return plan(request, store, planClock(context), new S3RunStore(client, (manifest ?? output).bucket));
    case 'judge':
      return judge(request, store);
    case 'finish':
      return finish(request, store, report);
  }
}

function planClock(context: Pick<Context, 'getRemainingTimeInMillis'>): PlanClock {
  const least = (1 - SHARE_FOR_LISTING) * context.getRemainingTimeInMillis();
  return { now: () => new Date(), inTime: () => context.getRemainingTimeInMillis() > least };
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
