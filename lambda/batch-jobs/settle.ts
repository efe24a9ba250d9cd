import type { AdvanceRequest, InputObject, Outcome, ScoreHistogram } from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { ObjectFault, opened } from '../batch/object-faults';
import type { ObjectStore } from '../batch/object-store';
import { jobResultsPrefix } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { answerKeys } from './answer-keys';
import { countRecords } from './count-records';
import { readAnswer } from './read-answer';

/** Answers that are read at a time. */
const READ_AT_A_TIME = 4;

export interface SettleParts {
  readonly runs: RunStore;
  readonly objects: Pick<ObjectStore, 'read'>;
}

/** What became of an object that a job answered. */
export interface Settled {
  readonly outcome: Outcome;
  readonly scores?: ScoreHistogram;
}

/** Reads the answers of a job one after another, for as long as whoever asks takes them; objects without an answer are left out. */
export async function* settle(
  request: Pick<AdvanceRequest, 'settings' | 'jobs' | 'run' | 'partition'>,
  job: string,
  objects: readonly InputObject[],
  parts: SettleParts,
): AsyncGenerator<Settled, void, undefined> {
  const folder = jobResultsPrefix(request.run, request.partition.index, job);
  const written: string[] = [];
  for await (const key of parts.runs.listKeys(folder)) {
    written.push(key);
  }
  const keys = answerKeys(
    folder,
    written,
    objects.map(({ key }) => key),
  );
  const answered = objects.filter(({ key }) => keys.has(key));
  yield* inFlight(answered, READ_AT_A_TIME, (object) => settleOne(request, object, keys.get(object.key)!, parts));
}

async function settleOne(
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
