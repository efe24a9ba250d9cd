import type {
  CurrentRun,
  FinishAnswer,
  FinishRequest,
  Kept,
  Outcome,
  PartitionOutcome,
  PartitionRef,
  PlanAnswer,
  RunCost,
  RunPlace,
  RunSettings,
  RunSummary,
} from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { percent } from '../batch/percent';
import { RunError } from '../batch/run-error';
import { currentKey, manifestKey, outcomeKey, planKey, restKey, skippedKey, summaryKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { addHistograms, EMPTY_HISTOGRAM } from '../batch/score-histogram';
import { scoringOf } from '../batch/scoring';
import type { PlannedRun } from './plan';

/** Outcomes that are read ahead: each is a small object, and S3 answers in tens of milliseconds. */
const READ_AHEAD = 32;

/** Characters of a fault that are told: it is read where errors of executions are listed. */
const LONGEST_FAULT = 300;

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
  const planned = await store.readJson<PlannedRun>(planKey(run));
  if (planned === undefined || tally.scored + tally.quarantined !== plan.objects || tally.kept !== planned.kept) {
    throw new Error(
      `run ${run.id} planned to score ${plan.objects} objects and to keep ${planned?.kept}, and has outcomes of ${tally.scored + tally.quarantined} and ${tally.kept}: its files were changed by somebody else`,
    );
  }
  const finished = now();
  const summary: RunSummary = {
    run: run.id,
    model: settings.model,
    objects: { scored: tally.scored, quarantined: tally.quarantined, kept: tally.kept },
    records: { in: tally.recordsIn, out: tally.recordsOut },
    bytes: tally.bytes,
    cost: costOf(tally.seconds, settings),
    startedAt: execution.StartTime,
    finishedAt: finished.toISOString(),
    scores: addHistograms(tally.scores, planned.inherited),
    ...(planned.part === undefined ? {} : { part: planned.part }),
    manifest: `s3://${run.bucket}/${manifestKey(run)}`,
  };
  await store.writeJson(summaryKey(run), summary);
  const refusal = refusalOf(summary, plan.toleratedFailure, settings);
  if (refusal === undefined) {
    await moveCurrent(summary, run, settings, store);
  }
  const seconds = (finished.getTime() - Date.parse(execution.StartTime)) / 1000;
  // After everything that may fail and be tried again, so that nothing is told twice.
  report({
    objects: plan.objects,
    quarantined: tally.quarantined,
    records: tally.recordsIn,
    lateness: seconds / settings.deadlineSeconds,
  });
  if (refusal !== undefined) {
    throw refusal;
  }
  return { complete: true, summary };
}

/** A partition that is not complete. */
interface Missing {
  readonly index: number;
  readonly fault?: string;
}

/** Writes a line for each object, and answers what is missing. */
async function writeManifest(plan: PlanAnswer, store: RunStore, tally: Tally): Promise<readonly Missing[]> {
  const { run, partitions } = plan;
  const missing: Missing[] = [];
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
        tally.seconds += partition.seconds ?? 0;
        for (const outcome of partition.outcomes) {
          tally.add(outcome);
          yield JSON.stringify(outcome);
        }
      } else if (partition?.complete !== true) {
        missing.push({ index, fault: partition?.fault });
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
  public seconds = 0;
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

function costOf(seconds: number, { usdPerSecond }: RunSettings): RunCost {
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    seconds: rounded(seconds, 3),
    ...(usdPerSecond === undefined ? {} : { usd: rounded(seconds * usdPerSecond, 6) }),
  };
}

/** A run is redriven from where it failed, which is here: only then is there another round. */
async function planOf(
  missing: readonly Missing[],
  plan: PlanAnswer,
  redrives: number,
  store: RunStore,
): Promise<PlanAnswer> {
  const { run, round, first, partitions } = plan;
  if (round > redrives) {
    throw new RunError(
      'incomplete',
      `${missing.length} of ${partitions} partitions have no result${firstFault(missing)}. Redrive the execution, or start one with {"resume": "${run.id}"}: what is done is not done again`,
    );
  }
  const wanted = new Set(missing.map(({ index }) => index));
  const planned = [
    ...(first === undefined ? [] : [first]),
    ...((await store.readJson<PartitionRef[]>(restKey(run, 1))) ?? []),
  ];
  const rest = planned.filter(({ index }) => wanted.has(index));
  const key = restKey(run, round + 1);
  await store.writeJson(key, rest);
  return { ...plan, rest: key, restCount: rest.length, round: round + 1 };
}

function firstFault(missing: readonly Missing[]): string {
  const known = missing.find(({ fault }) => fault !== undefined);
  return known === undefined ? '' : `; partition ${known.index} ended with ${known.fault!.slice(0, LONGEST_FAULT)}`;
}

/** Why a run whose counts add up is not accepted. */
function refusalOf(
  { run, objects: { scored, quarantined, kept }, manifest }: RunSummary,
  tolerated: number,
  { input, failWhenEmpty }: RunSettings,
): RunError | undefined {
  const tried = scored + quarantined;
  if (quarantined / Math.max(1, tried) > tolerated) {
    return new RunError(
      'tooManyFailures',
      `${quarantined} of ${tried} objects of run ${run} are quarantined, and ${percent(tolerated)} are tolerated: ${manifest} says which and why. The current run is still the one before`,
    );
  }
  return tried + kept === 0 && failWhenEmpty
    ? new RunError('empty', `there is no object below s3://${input.bucket}/${input.prefix} to score`)
    : undefined;
}

/**
 * A run with nothing in it leaves the pointer where it is, and so does one of a part of the input, or one that was begun before the one
 * that it points to: also where both end at the same moment.
 */
async function moveCurrent(
  { objects: { scored, quarantined, kept }, part }: RunSummary,
  run: RunPlace,
  settings: RunSettings,
  store: RunStore,
): Promise<void> {
  if (scored + quarantined + kept === 0 || part !== undefined) {
    return;
  }
  const current: CurrentRun = {
    run: run.id,
    model: settings.model,
    scoring: scoringOf(settings),
    summary: summaryKey(run),
    manifest: manifestKey(run),
  };
  // Ids begin with the time at which the run was begun.
  await store.updateJson<CurrentRun>(currentKey(settings.output), (before) =>
    before === undefined || before.run <= run.id ? current : undefined,
  );
}
