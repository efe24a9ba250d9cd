import type { CurrentRun, Outcome, PartitionOutcome, Place, RunSettings, ScoreHistogram } from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { RunError } from '../batch/run-error';
import { currentKey, manifestKey, outcomesPrefix, planKey, runPlace, skippedKey, summaryKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { EMPTY_HISTOGRAM } from '../batch/score-histogram';
import { scoringOf } from '../batch/scoring';
import type { PlannedRun } from './plan';
import type { RunChoices } from './run-overrides';

/** Outcomes of partitions that are read at a time. */
const READ_AT_A_TIME = 16;

/** A run whose results may be kept. */
export interface EarlierRun {
  readonly id: string;
  /** Scores that are not told by its parts. */
  readonly scores: ScoreHistogram;
  /** What it came to; may be read more than once. In parts, as there may be millions of outcomes. */
  parts(): AsyncIterable<EarlierPart>;
}

export interface EarlierPart {
  readonly outcomes: readonly Outcome[];
  readonly scores?: ScoreHistogram;
}

/** What earlier runs scored in the same way: the one that is resumed, and in incremental mode the last that was accepted. */
export async function earlierRuns(
  store: RunStore,
  settings: RunSettings,
  { incremental, resume }: Pick<RunChoices, 'incremental' | 'resume'>,
): Promise<readonly EarlierRun[]> {
  const { output } = settings;
  const current = incremental ? await store.readJson<CurrentRun>(currentKey(output)) : undefined;
  return [
    ...(resume === undefined ? [] : [await resumed(store, settings, resume)]),
    ...(current?.scoring === scoringOf(settings) ? [await accepted(store, output, current.run)] : []),
  ];
}

async function accepted(store: RunStore, output: Place, id: string): Promise<EarlierRun> {
  const run = runPlace(output, id);
  const summary = await store.readJson<{ readonly scores: ScoreHistogram }>(summaryKey(run));
  return { id, scores: summary?.scores ?? EMPTY_HISTOGRAM, parts: () => linesOf(store, manifestKey(run)) };
}

/** A run that may have ended anywhere: what it kept itself, and every outcome of its partitions, complete or not. */
async function resumed(store: RunStore, settings: RunSettings, id: string): Promise<EarlierRun> {
  const run = runPlace(settings.output, id);
  const planned = await store.readJson<PlannedRun>(planKey(run));
  refuseOtherScoring(planned, settings, id);
  return {
    id,
    scores: planned.inherited,
    async *parts() {
      const read = (key: string) => store.readJson<PartitionOutcome>(key);
      for await (const part of inFlight(store.listKeys(outcomesPrefix(run)), READ_AT_A_TIME, read)) {
        if (part !== undefined) {
          yield part;
        }
      }
      yield* linesOf(store, skippedKey(run));
    },
  };
}

function refuseOtherScoring(
  planned: PlannedRun | undefined,
  settings: RunSettings,
  id: string,
): asserts planned is PlannedRun {
  const { model } = settings;
  if (planned === undefined) {
    throw new RunError('badInput', `there is no run ${id} to resume: give the id of one, or start without 'resume'`);
  }
  if (planned.scoring !== scoringOf(settings)) {
    const sameModel = planned.model.name === model.name && planned.model.version === model.version;
    throw new RunError(
      'badInput',
      (sameModel
        ? `the run ${id} was scored with other settings, such as the format of the records`
        : `the run ${id} was scored by ${planned.model.name} ${planned.model.version}, and this one is scored by ${model.name} ${model.version}`) +
        ": start without 'resume', and everything is scored",
    );
  }
}

async function* linesOf(store: RunStore, key: string): AsyncGenerator<EarlierPart, void, undefined> {
  for await (const line of store.readLines(key)) {
    yield { outcomes: [JSON.parse(line) as Outcome] };
  }
}
