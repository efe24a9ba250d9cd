import type {
  CurrentRun,
  FinishAnswer,
  FinishRequest,
  Kept,
  Outcome,
  PartitionOutcome,
  PartitionRef,
  PlanAnswer,
  RunSummary,
} from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { RunError } from '../batch/run-error';
import { currentKey, manifestKey, outcomeKey, restKey, skippedKey, summaryKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { addHistograms, EMPTY_HISTOGRAM } from '../batch/score-histogram';

/** Outcomes that are read ahead: each is a small object, and S3 answers in tens of milliseconds. */
const READ_AHEAD = 32;

/** What is told about a finished run as metrics. */
export interface RunFigures {
  readonly objects: number;
  readonly quarantined: number;
  readonly records: number;
  /** How long it took over how long it may take. */
  readonly lateness: number;
}

/**
 * Writes the manifest, and moves the pointer to the run when everything is accounted for and no more is quarantined than is
 * tolerated. Where partitions have no outcome, a redriven run gets a plan of just these.
 */
export async function finish(
  { settings, plan, execution }: FinishRequest,
  store: RunStore,
  report: (figures: RunFigures) => void,
  now: () => Date = () => new Date(),
): Promise<FinishAnswer> {
  const { run } = plan;
  const tally = new Tally();
  const missing = await writeManifest(plan, store, tally);
  if (missing.length > 0) {
    return { complete: false, plan: await planOf(missing, plan, execution.RedriveCount ?? 0, store) };
  }
  if (tally.scored + tally.quarantined !== plan.objects) {
    throw new Error(
      `run ${run.id} planned ${plan.objects} objects and has outcomes of ${tally.scored + tally.quarantined}: its files were changed by somebody else`,
    );
  }
  const finished = now();
  const summary: RunSummary = {
    run: run.id,
    model: settings.model,
    objects: { scored: tally.scored, quarantined: tally.quarantined, kept: tally.kept },
    records: { in: tally.recordsIn, out: tally.recordsOut },
    bytes: tally.bytes,
    startedAt: execution.StartTime,
    finishedAt: finished.toISOString(),
    scores: tally.scores,
    manifest: `s3://${run.bucket}/${manifestKey(run)}`,
  };
  await store.writeJson(summaryKey(run), summary);
  const seconds = (finished.getTime() - Date.parse(execution.StartTime)) / 1000;
  report({
    objects: plan.objects,
    quarantined: tally.quarantined,
    records: tally.recordsIn,
    lateness: seconds / settings.deadlineSeconds,
  });
  refuseFailures(summary, plan.toleratedFailure);
  const all = tally.scored + tally.quarantined + tally.kept;
  if (all > 0) {
    const current: CurrentRun = {
      run: run.id,
      model: settings.model,
      summary: summaryKey(run),
      manifest: manifestKey(run),
    };
    await store.writeJson(currentKey(settings.output), current);
  } else if (settings.failWhenEmpty) {
    throw new RunError(
      'empty',
      `there is no object below s3://${settings.input.bucket}/${settings.input.prefix} to score`,
    );
  }
  return { complete: true, summary };
}

/** Writes a line for each object, and answers the indices of partitions that are not complete. */
async function writeManifest(plan: PlanAnswer, store: RunStore, tally: Tally): Promise<readonly number[]> {
  const { run, partitions } = plan;
  const missing: number[] = [];
  try {
    await store.writeLines(manifestKey(run), lines());
  } catch (error) {
    if (!(error instanceof Incomplete)) {
      throw error;
    }
  }
  return missing;

  async function* lines(): AsyncIterable<string> {
    const indices = Array.from({ length: partitions }, (_, index) => index);
    const read = inFlight(indices, READ_AHEAD, (index) => store.readJson<PartitionOutcome>(outcomeKey(run, index)));
    let index = 0;
    for await (const partition of read) {
      if (partition?.complete === true && missing.length === 0) {
        tally.scores = addHistograms(tally.scores, partition.scores);
        for (const outcome of partition.outcomes) {
          tally.add(outcome);
          yield JSON.stringify(outcome);
        }
      } else if (partition?.complete !== true) {
        missing.push(index);
      }
      index++;
    }
    if (missing.length > 0) {
      // Half a manifest would be taken for a whole one.
      throw new Incomplete();
    }
    for await (const line of store.readLines(skippedKey(run))) {
      tally.add(JSON.parse(line) as Kept);
      yield line;
    }
  }
}

class Incomplete extends Error {}

/** What became of all objects so far. */
class Tally {
  public scored = 0;
  public quarantined = 0;
  public kept = 0;
  public recordsIn = 0;
  public recordsOut = 0;
  public bytes = 0;
  public scores = EMPTY_HISTOGRAM;

  public add(outcome: Outcome): void {
    this[outcome.status]++;
    if (outcome.status === 'scored') {
      this.recordsIn += outcome.recordsIn;
      this.recordsOut += outcome.recordsOut;
      this.bytes += outcome.bytes;
    }
  }
}

/** A run is redriven from where it failed, which is here: only then is there another round. */
async function planOf(
  missing: readonly number[],
  plan: PlanAnswer,
  redrives: number,
  store: RunStore,
): Promise<PlanAnswer> {
  const { run, round, first, partitions } = plan;
  if (round > redrives) {
    throw new RunError(
      'incomplete',
      `${missing.length} of ${partitions} partitions have no result. Redrive the execution, or start one with {"resume": "${run.id}"}: what is done is not done again`,
    );
  }
  const planned = [
    ...(first === undefined ? [] : [first]),
    ...((await store.readJson<PartitionRef[]>(restKey(run, 1))) ?? []),
  ];
  const rest = planned.filter(({ index }) => missing.includes(index));
  const key = restKey(run, round + 1);
  await store.writeJson(key, rest);
  return { ...plan, rest: key, restCount: rest.length, round: round + 1 };
}

function refuseFailures({ run, objects: { scored, quarantined }, manifest }: RunSummary, tolerated: number): void {
  const share = quarantined / Math.max(1, scored + quarantined);
  if (share > tolerated) {
    throw new RunError(
      'tooManyFailures',
      `${quarantined} of ${scored + quarantined} objects of run ${run} are quarantined, and ${tolerated * 100} % are tolerated: ${manifest} says which and why. The current run is still the one before`,
    );
  }
}
