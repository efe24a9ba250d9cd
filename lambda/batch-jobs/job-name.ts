import { createHash } from 'node:crypto';
import type { RunPlace } from '../batch/contract';

/**
 * The name of a job: legal, and no other job's in this account and Region, for ever. The id of a run is unique only for its output.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
 */
export function jobName(prefix: string, run: RunPlace, partition: number, number: number): string {
  const unique = createHash('sha256').update(`${run.bucket}/${run.prefix}`).digest('hex').slice(0, 12);
  // Ids begin with the time, by which jobs can be found.
  const time = run.id
    .slice(0, 15)
    .replace(/[^A-Za-z0-9]/g, '-')
    .toLowerCase();
  return `${prefix}-${time}-${unique}-${partition}-${number}`;
}
