import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { BATCH_NAME, DIMENSION, METRICS } from '../batch/contract';
import { ENV } from './contract';
import { look } from './core';
import { SeenBatch } from './seen-batch';

const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const states = new SFNClient({ maxAttempts: 5, requestHandler });
const scheduler = new SchedulerClient({ maxAttempts: 5, requestHandler });

/** Looks at a batch, and tells what it sees as metrics. What it cannot see fails it, which is noticed as well. */
export async function handler(): Promise<void> {
  const { [ENV.schedule]: schedule, [ENV.stateMachine]: stateMachine, [ENV.deadline]: deadline } = process.env;
  const { missed, lateness } = await look(
    new SeenBatch(states, scheduler, stateMachine!, schedule),
    { scheduled: schedule !== undefined, deadlineSeconds: Number(deadline) },
    Date.now(),
  );
  if (missed !== undefined) {
    console.warn(missed);
  }
  report({
    ...(schedule === undefined ? {} : { missedRuns: missed === undefined ? 0 : 1 }),
    ...(lateness === undefined ? {} : { lateness }),
  });
}

function report(figures: { readonly missedRuns?: number; readonly lateness?: number }): void {
  const metrics = new Metrics({ namespace: METRICS.namespace });
  // Powertools would add a `service`, and no alarm would find the metrics.
  metrics.clearDefaultDimensions();
  metrics.addDimension(DIMENSION, process.env[BATCH_NAME] ?? 'local');
  for (const [name, value] of Object.entries(figures)) {
    metrics.addMetric(METRICS[name as keyof typeof figures], MetricUnit.NoUnit, value);
  }
  if (metrics.hasStoredMetrics()) {
    process.stdout.write(`${JSON.stringify(metrics.serializeMetrics())}\n`);
  }
}
