import type { InputObject, Outcome, ScoreAnswer, ScoreHistogram, ScoreRequest } from '../batch/contract';
import { opened, refuseSize } from '../batch/object-faults';
import type { ObjectStore } from '../batch/object-store';
import { PartitionLedger } from '../batch/partition-ledger';
import { resultKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import type { Predictor } from '../predict/core';
import { quarantineReason } from './quarantine-reason';
import { newTally, scoreObject } from './score-object';

/** Objects in the works at a time: while the model computes for one, others are on their way. */
const OBJECTS_AT_A_TIME = 4;

/** So often an object may be all that was scored when the function did not come to its end: once is chance, also that of a write that failed. */
const DEATHS = 2;

/** In milliseconds. */
export interface Clock {
  now(): number;
  /** Aborts when so much time has passed. */
  after(time: number): AbortSignal;
}

export interface ScoreParts {
  readonly predictor: Predictor;
  readonly runs: RunStore;
  readonly objects: ObjectStore;
  /** Milliseconds in which new work may be taken, and in which work must be done. */
  readonly time: { readonly take: number; readonly finish: number };
  readonly clock?: Clock;
}

const REAL_TIME: Clock = { now: () => performance.now(), after: (time) => AbortSignal.timeout(Math.ceil(time)) };

/**
 * Scores the objects of a partition that have no outcome yet, as many as the time allows, and writes down what became of each.
 * Can be repeated at any time: what was written down is not done again, and what was not is overwritten with the same.
 */
export async function scorePartition(request: ScoreRequest, parts: ScoreParts): Promise<ScoreAnswer> {
  const { run, partition } = request;
  const { runs, time, clock = REAL_TIME } = parts;
  const started = clock.now();
  const ledger = await PartitionLedger.open(runs, run, partition);
  const { alone, times = 0 } = ledger.attempt ?? {};
  const oneAtATime = ledger.attempt !== undefined;
  const killer = ledger.waiting().find(({ key }) => key === alone);
  if (killer !== undefined && times >= DEATHS) {
    ledger.enter(
      quarantined(killer, `the function did not come to its end ${times} times while it scored nothing else`),
    );
  }
  const waiting = ledger.waiting();
  if (waiting.length > 0 && !oneAtATime) {
    await ledger.writeDown({ attempt: {} });
  }

  let crowded = false;
  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && clock.now() - started < time.take) {
      const object = waiting.shift()!;
      const begun = clock.now() - started;
      if (oneAtATime) {
        await ledger.writeDown({ attempt: { alone: object.key, times: object.key === alone ? times + 1 : 1 } });
      }
      const fate = await fateOf(object, request, parts, clock.after(Math.max(1, time.finish - begun)));
      if (fate !== undefined) {
        ledger.enter(fate.outcome, fate.scores);
      } else if (begun <= time.finish / 2 && oneAtATime) {
        // It would not be done in the next invocation either.
        ledger.enter(quarantined(object, `it was not done after ${Math.round((time.finish - begun) / 1000)} seconds`));
      } else {
        crowded ||= begun <= time.finish / 2;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: oneAtATime ? 1 : OBJECTS_AT_A_TIME }, worker));
  ledger.spend((clock.now() - started) / 1000);
  // What failed for another reason than the object itself is tried again by the state machine, with what is written down.
  const failed = workers.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  await ledger.writeDown(failed !== undefined ? { fault: String(failed.reason) } : crowded ? { attempt: {} } : {});
  if (failed !== undefined) {
    throw failed.reason;
  }
  return { partition: partition.index, complete: ledger.complete };
}

interface Fate {
  readonly outcome: Outcome;
  readonly scores?: ScoreHistogram;
}

/** What becomes of an object; undefined where the time did not do. */
async function fateOf(
  object: InputObject,
  { settings, run, partition }: ScoreRequest,
  { predictor, objects }: ScoreParts,
  signal: AbortSignal,
): Promise<Fate | undefined> {
  const tally = newTally();
  const output = resultKey(run, partition.index, object.key);
  try {
    refuseSize(object.bytes, settings.maxObjectBytes);
    const body = await opened(objects.read(settings.input.bucket, object, signal));
    await objects.write(run.bucket, output, scoreObject(body, settings.format, predictor, tally), signal);
    const records = { recordsIn: tally.records, recordsOut: tally.records };
    return {
      outcome: { ...object, status: 'scored', output: `s3://${run.bucket}/${output}`, ...records },
      scores: tally.scores,
    };
  } catch (error) {
    if (signal.aborted) {
      return undefined;
    }
    const reason = quarantineReason(error);
    if (reason === undefined) {
      throw error;
    }
    return { outcome: quarantined(object, reason) };
  }
}

function quarantined(object: InputObject, reason: string): Outcome {
  return { ...object, status: 'quarantined', reason };
}
