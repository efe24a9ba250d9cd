import type { AdvanceAnswer, AdvanceRequest } from '../batch/contract';
import { PartitionLedger } from '../batch/partition-ledger';
import { type JobEnd, jobEnd } from './job-end';
import { Search, type SearchParts } from './search';

/** Seconds until a job that somebody else waited for is looked at again. */
const LOOK_AGAIN = 60;

/**
 * Ends that may not be all there is to know. Of a state whose time is over, AWS does not say that its job is stopped: it says so where
 * an execution is stopped. A job that hangs would be paid for until somebody sees it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
 */
const ASKED: ReadonlySet<JobEnd['kind']> = new Set(['unknown', 'refused', 'timedOut']);

export interface AdvanceParts extends SearchParts {
  /** What SageMaker says of a job; undefined where there is none of this name. */
  readonly describe: (job: string) => Promise<Readonly<Record<string, unknown>> | undefined>;
  readonly stop: (job: string) => Promise<void>;
}

/**
 * Takes a partition a step on: reads what its last job answered, sorts what that left without an answer, and says which job is next.
 * Can be repeated at any time: a job that nobody knows the end of is looked for, and one that was never begun is handed out again.
 */
export async function advance(request: AdvanceRequest, parts: AdvanceParts): Promise<AdvanceAnswer> {
  const { run, partition, last } = request;
  const ledger = await PartitionLedger.open(parts.runs, run, partition);
  const search = new Search(request, parts, ledger);
  const name = ledger.jobs?.current?.name;
  if (name === undefined) {
    return search.next();
  }
  const told: JobEnd = last.name === name ? jobEnd(request.ended) : { kind: 'unknown' };
  // An error that nobody knows may also be one of waiting for a job that is there.
  const description = ASKED.has(told.kind) ? await parts.describe(name) : undefined;
  const status = description?.TransformJobStatus;
  if (told.kind === 'timedOut' && status === 'InProgress') {
    await parts.stop(name);
  }
  if (status === 'InProgress' || status === 'Stopping') {
    return search.lookAgain(LOOK_AGAIN);
  }
  const end = description === undefined ? told : endOf(told, jobEnd(description));
  switch (end.kind) {
    case 'atQuota':
    case 'throttled':
      return search.waitFor(end.kind);
    case 'unknown':
      return last.name === name ? search.waitFor('throttled') : search.handOut(name);
  }
  if (!(await search.readAnswers())) {
    return search.lookAgain();
  }
  ledger.spend('seconds' in end ? end.seconds * request.jobs.instances : 0);
  await search.sortMissing(end);
  return search.next();
}

/** A job that was stopped because its time was over was not interrupted by somebody. */
function endOf(told: JobEnd, described: JobEnd): JobEnd {
  return told.kind === 'timedOut' && described.kind === 'interrupted'
    ? { ...told, seconds: described.seconds }
    : described;
}
