import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import { type AdvanceAnswer, type AdvanceRequest, BATCH_NAME, DIMENSION, METRICS } from '../batch/contract';
import { s3Client } from '../batch/s3-client';
import { S3ObjectStore } from '../batch/s3-object-store';
import { S3RunStore } from '../batch/s3-run-store';
import { advance } from './advance';
import { describeJob } from './describe-job';
import { jobLogLines } from './job-logs';
import { stopJob } from './stop-job';

/** Milliseconds that are kept for reading one more answer, and for writing down what became of the objects. */
const RESERVE = 300_000;

const s3 = s3Client();
const logs = new CloudWatchLogsClient();
const sagemaker = new SageMakerClient();

/** Takes a partition a step on. */
export async function handler(
  request: AdvanceRequest,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<AdvanceAnswer> {
  return advance(request, {
    runs: new S3RunStore(s3, request.run.bucket),
    objects: new S3ObjectStore(s3),
    logLines: (job, enough) => jobLogLines(logs, job, enough),
    describe: (job) => describeJob(sagemaker, job),
    stop: (job) => stopJob(sagemaker, job),
    atQuota,
    random: Math.random,
    hasTime: () => context.getRemainingTimeInMillis() > RESERVE,
  });
}

function atQuota(): void {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  // Powertools would add a `service`, and no alarm would find the metric.
  metrics.clearDefaultDimensions();
  metrics.addDimension(DIMENSION, process.env[BATCH_NAME] ?? 'local');
  metrics.addMetric(METRICS.atQuota, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}
