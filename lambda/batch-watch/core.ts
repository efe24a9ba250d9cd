import { lastDue, type Schedule } from './last-due';
import { type Progress, projectedLateness } from './projected-lateness';

/** An execution of the state machine; moments are in milliseconds. */
export interface Execution {
  readonly arn: string;
  readonly begun: number;
  readonly redriven?: number;
}

/** What can be seen of a batch. */
export interface Batch {
  /** Undefined where it is gone. */
  schedule(): Promise<Schedule | undefined>;
  /** Newest first. */
  executions(status?: 'RUNNING'): AsyncIterable<Execution>;
  /** Of the partitions that were begun last. */
  partitions(executionArn: string): Promise<Progress['partitions']>;
}

export interface Findings {
  /** Why a run has not begun that should have; absent where none is missed. */
  readonly missed?: string;
  /** Of the latest run that is going on. */
  readonly lateness?: number;
}

/** Looks once whether a run was missed, and how late those are that are going on. */
export async function look(
  batch: Batch,
  settings: { readonly scheduled: boolean; readonly deadlineSeconds: number },
  now: number,
): Promise<Findings> {
  const missed = settings.scheduled ? await missedRun(batch, now) : undefined;
  let lateness: number | undefined;
  for await (const { arn, begun, redriven } of batch.executions('RUNNING')) {
    const progress = { begun: redriven ?? begun, partitions: await batch.partitions(arn) };
    lateness = Math.max(lateness ?? 0, projectedLateness(progress, settings.deadlineSeconds, now));
  }
  return { missed, lateness };
}

/** A run that somebody started later counts, so that the alarm is over when somebody has made up for it. */
async function missedRun(batch: Batch, now: number): Promise<string | undefined> {
  const schedule = await batch.schedule();
  if (schedule === undefined) {
    return 'the schedule is gone: deploy the stack again';
  }
  const due = lastDue(schedule, now);
  if (due === undefined || (await hasBegun(batch, due))) {
    return undefined;
  }
  const why = schedule.enabled ? 'look for what became of its target' : 'somebody disabled the schedule';
  return `no run has begun since ${new Date(due).toISOString()}, when ${schedule.expression} was due: ${why}`;
}

async function hasBegun(batch: Batch, since: number): Promise<boolean> {
  for await (const { begun, redriven } of batch.executions()) {
    if (begun >= since) {
      return true;
    }
    // AWS does not say whether one that was redriven stands where it was begun or where it was redriven.
    if (redriven === undefined) {
      return false;
    }
  }
  return false;
}
