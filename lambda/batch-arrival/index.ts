import { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ENV } from './contract';
import { arrive } from './core';
import { ScheduledRun } from './scheduled-run';

const client = new SchedulerClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
});

/** Hears of objects that arrived, and lets a run wait until no more do. Messages that it answers come again. */
export async function handler({ Records }: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> {
  const variable = (name: string) => process.env[name]!;
  const run = new ScheduledRun(client, {
    group: variable(ENV.group),
    role: variable(ENV.role),
    alias: variable(ENV.alias),
    deadLetters: variable(ENV.deadLetters),
    action: variable(ENV.action),
  });
  const patience = {
    quiet: 1000 * Number(variable(ENV.quietSeconds)),
    maxWait: 1000 * Number(variable(ENV.maxWaitSeconds)),
  };
  // When the queue got it: the object was there before.
  const arrivals = Records.map(({ attributes }) => Number(attributes.SentTimestamp));
  const tooLate = await arrive(run, arrivals, patience, Date.now);
  return {
    batchItemFailures: Records.filter((_, index) => tooLate(arrivals[index])).map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  };
}
