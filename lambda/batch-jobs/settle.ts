import type { AdvanceRequest, InputObject, Outcome, ScoreHistogram } from '../batch/contract';
import { ObjectFault, opened } from '../batch/object-faults';
import type { ObjectStore } from '../batch/object-store';
import type { RunStore } from '../batch/run-store';
import { countRecords } from './count-records';
import { readAnswer } from './read-answer';

export interface SettleParts {
  readonly runs: RunStore;
  readonly objects: Pick<ObjectStore, 'read'>;
}

/** What became of an object that a job answered. */
export interface Settled {
  readonly outcome: Outcome;
  readonly scores?: ScoreHistogram;
}

/** Reads the answer to an object, and counts the records of both. */
export async function settle(
  { settings, jobs, run }: Pick<AdvanceRequest, 'settings' | 'jobs' | 'run'>,
  object: InputObject,
  answer: string,
  { runs, objects }: SettleParts,
): Promise<Settled> {
  const { signal } = new AbortController();
  try {
    const recordsIn = await countRecords(await opened(objects.read(settings.input.bucket, object, signal)), jobs);
    const { records: recordsOut, scores } = await readAnswer(runs.readLines(answer), jobs);
    const output = `s3://${run.bucket}/${answer}`;
    return { outcome: { ...object, status: 'scored', output, recordsIn, recordsOut }, scores };
  } catch (error) {
    if (error instanceof ObjectFault) {
      return { outcome: { ...object, status: 'quarantined', reason: error.message } };
    }
    throw error;
  }
}
