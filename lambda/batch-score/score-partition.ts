import type {
  InputObject,
  Outcome,
  Partition,
  PartitionOutcome,
  ScoreAnswer,
  ScoreHistogram,
  ScoreRequest,
} from '../batch/contract';
import { outcomeKey, resultKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { addHistograms, EMPTY_HISTOGRAM } from '../batch/score-histogram';
import type { Predictor } from '../predict/core';
import { isRequestError } from '../predict/errors';
import { newTally, scoreObject } from './score-object';

/** Objects in the works at a time: while the model computes for one, others are on their way. */
const OBJECTS_AT_A_TIME = 4;

/** Reads objects of the input, and writes what was made of them. */
export interface ObjectStore {
  /** The content; rejects with an error named `NoSuchKey`, `PreconditionFailed` and so on. Only the object with this ETag counts. */
  read(bucket: string, object: InputObject, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Writes an object, or nothing where the content ends with an error. */
  write(bucket: string, key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
}

export interface ScoreParts {
  readonly predictor: Predictor;
  readonly runs: RunStore;
  readonly objects: ObjectStore;
  /** Milliseconds in which new work may be taken, and in which work must be done. */
  readonly time: { readonly take: number; readonly finish: number };
  readonly now?: () => number;
}

/**
 * Scores the objects of a partition that have no outcome yet, as many as the time allows, and writes down what became of each.
 * Can be repeated at any time: what was written down is not done again, and what was not is overwritten with the same.
 */
export async function scorePartition(
  { settings, run, partition: { index, key } }: ScoreRequest,
  { predictor, runs, objects, time, now = () => performance.now() }: ScoreParts,
): Promise<ScoreAnswer> {
  const started = now();
  const partition = await runs.readJson<Partition>(key);
  if (partition === undefined) {
    throw new Error(`s3://${run.bucket}/${key} is gone: it says which objects to score`);
  }
  const before = await runs.readJson<PartitionOutcome>(outcomeKey(run, index));
  const outcomes = new Map((before?.outcomes ?? []).map((outcome) => [outcome.key, outcome]));
  let scores: ScoreHistogram = before?.scores ?? EMPTY_HISTOGRAM;
  const waiting = partition.objects.filter(({ key: object }) => !outcomes.has(object));

  const scoreOne = async (object: InputObject): Promise<void> => {
    const begun = now();
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(started + time.finish - begun)));
    const tally = newTally();
    const output = resultKey(run, index, object.key);
    try {
      refuseSize(object, settings.maxObjectBytes);
      const body = await objects.read(settings.input.bucket, object, signal);
      await objects.write(run.bucket, output, scoreObject(body, settings.format, predictor, tally), signal);
      outcomes.set(object.key, {
        ...object,
        status: 'scored',
        output: `s3://${run.bucket}/${output}`,
        recordsIn: tally.records,
        recordsOut: tally.records,
      });
      scores = addHistograms(scores, tally.scores);
    } catch (error) {
      // One that had half the time or more would not be done in the next invocation either.
      const slow = signal.aborted && now() - begun >= time.finish / 2;
      const reason = slow
        ? `it was not done after ${Math.round((now() - begun) / 1000)} seconds`
        : signal.aborted
          ? undefined
          : quarantineReason(error);
      if (reason !== undefined) {
        outcomes.set(object.key, { ...object, status: 'quarantined', reason });
      } else if (!signal.aborted) {
        throw error;
      }
    }
  };

  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && now() - started < time.take) {
      await scoreOne(waiting.shift()!);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: OBJECTS_AT_A_TIME }, worker));
  const complete = outcomes.size === partition.objects.length;
  const result: PartitionOutcome = { index, complete, outcomes: inOrder(partition, outcomes), scores };
  await runs.writeJson(outcomeKey(run, index), result);
  // What failed for another reason than the object itself is tried again by the state machine, with what is written down.
  const failed = workers.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed !== undefined) {
    throw failed.reason;
  }
  return { partition: index, complete };
}

function refuseSize({ bytes }: InputObject, maxObjectBytes: number): void {
  if (bytes === 0) {
    throw new Unreadable('it is empty');
  }
  if (bytes > maxObjectBytes) {
    throw new Unreadable(`it has ${bytes} bytes, at most ${maxObjectBytes} are allowed`);
  }
}

/** The object itself is at fault, whoever reads it. */
class Unreadable extends Error {}

/** What S3 answers where trying again does not help; anything else is not the object's fault, and is tried again. */
const FAULTS_OF_OBJECTS: Readonly<Record<string, string>> = {
  NoSuchKey: 'it is gone',
  PreconditionFailed: 'it was changed after the run had begun',
  AccessDenied: 'it may not be read',
  InvalidObjectState: 'it is in an archive and would have to be restored first',
};

function quarantineReason(error: unknown): string | undefined {
  if (error instanceof Unreadable || isRequestError(error)) {
    return error.message;
  }
  if (!(error instanceof Error)) {
    return undefined;
  }
  return error.name === 'MODEL_ERROR' ? `the model failed: ${error.message}` : FAULTS_OF_OBJECTS[error.name];
}

function inOrder(partition: Partition, outcomes: ReadonlyMap<string, Outcome>): readonly Outcome[] {
  return partition.objects.flatMap(({ key }) => {
    const outcome = outcomes.get(key);
    return outcome === undefined ? [] : [outcome];
  });
}
