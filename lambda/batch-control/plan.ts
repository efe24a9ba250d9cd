import type {
  PartitionRef,
  PlanAnswer,
  PlanReply,
  PlanRequest,
  Quarantined,
  RunPlace,
  RunSettings,
  ScoreHistogram,
} from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { partitionKey, planKey, restKey, runPlace, skippedKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import { scoringOf } from '../batch/scoring';
import { divideObjects } from './divide-objects';
import { earlierRuns } from './earlier-runs';
import { KeptObjects } from './kept-objects';
import { listInput, type ListingOptions } from './list-input';
import type { ManifestStore } from './manifest/manifest-store';
import { readManifest } from './manifest/read-manifest';
import type { ObjectTable } from './object-table';
import { runId } from './run-id';
import { type RunChoices, runChoices } from './run-overrides';

/** Files of partitions that are written at a time: 40,000 one after another would take longer than an invocation may. */
const WRITTEN_AT_A_TIME = 32;

/** Why what a manifest names, and no object has, is quarantined. */
const GONE = 'it is gone';

/** `plan.json`: what a run set out to do. */
export interface PlannedRun extends RunChoices {
  readonly run: string;
  /** ARN of the execution. */
  readonly execution: string;
  readonly model: RunSettings['model'];
  /** Digest of the settings that decide what comes out for an object. */
  readonly scoring: string;
  /** Objects to score, with those that a manifest names and that are gone; and bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Objects that are kept from earlier runs. */
  readonly kept: number;
  /** Scores of those, as far as they are known. */
  readonly inherited: ScoreHistogram;
  readonly partitions: number;
  /** Objects that are judged before the rest may start. */
  readonly judged: number;
  /** From the start of the execution to the end of scoring, at the expected pace; more than `deadlineSeconds` is too late. */
  readonly expectedSeconds: number;
  readonly deadlineSeconds: number;
}

export interface PlanClock {
  now(): Date;
  /** Whether the listing may go on: what is planned then needs time as well. */
  inTime(): boolean;
}

/**
 * Finds out what there is to score, and leaves it in partitions. Done twice, or with as many interruptions as it takes, it leaves the
 * same.
 */
export async function plan(
  { settings, execution }: PlanRequest,
  store: RunStore,
  clock: PlanClock,
  manifests: ManifestStore = store,
): Promise<PlanReply> {
  const choices = runChoices(settings, execution.Input);
  const run = runPlace(settings.output, runId(execution));
  const options: ListingOptions = {
    place: choices.input,
    redrives: execution.RedriveCount ?? 0,
    wanted: (key) => isWanted(key, settings),
    inTime: () => clock.inTime(),
  };
  const { objects, complete, missing } =
    choices.manifest === undefined
      ? await listInput(store, run, options)
      : await readManifest(manifests, choices.manifest, settings.input, store, run, options);
  if (!complete) {
    return { planned: false, listed: objects.length };
  }
  const kept = new KeptObjects(objects);
  const earlier = await earlierRuns(store, settings, choices);
  let gone = 0;
  if (earlier.length > 0 || missing !== undefined) {
    await store.writeLines(skippedKey(run), skipped());
  }
  const numbers = kept.others();
  const weights = Float64Array.from(numbers, (number) => toRead(objects.bytes(number), settings));
  const { first, rest, seconds } = divideObjects(
    weights,
    choices.judgedShare,
    settings,
    (position) => !kept.failedBefore(numbers[position]),
  );
  const partitions = [...(first === undefined ? [] : [first]), ...rest];
  const numbersOf = (positions: Uint32Array) => positions.map((position) => numbers[position]);
  const refs = await writePartitions(store, run, objects, partitions.map(numbersOf));
  const restRefs = refs.slice(refs.length - rest.length);
  const answer: PlanAnswer = {
    run,
    toleratedFailure: choices.toleratedFailure,
    objects: numbers.length + gone,
    partitions: refs.length,
    ...(first === undefined ? {} : { first: refs[0] }),
    rest: restKey(run, 1),
    restCount: restRefs.length,
    round: 1,
  };
  await store.writeJson(answer.rest, restRefs);
  const planned: PlannedRun = {
    run: run.id,
    execution: execution.Id,
    model: settings.model,
    scoring: scoringOf(settings),
    ...choices,
    objects: answer.objects,
    bytes: refs.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: kept.count,
    inherited: kept.scores,
    partitions: answer.partitions,
    judged: first?.length ?? 0,
    expectedSeconds: Math.ceil((clock.now().getTime() - Date.parse(execution.StartTime)) / 1000 + seconds),
    deadlineSeconds: settings.deadlineSeconds,
  };
  await store.writeJson(planKey(run), planned);
  return { planned: true, ...answer };

  /** Lines of what needs no scoring: what is kept, and what is not there. */
  async function* skipped(): AsyncGenerator<string, void, undefined> {
    for await (const line of kept.keep(earlier, store, run.bucket)) {
      yield JSON.stringify(line);
    }
    for (const key of missing ?? []) {
      gone++;
      const line: Quarantined = { key, bytes: 0, etag: '', status: 'quarantined', reason: GONE };
      yield JSON.stringify(line);
    }
  }
}

/** Keys that end with `/` are what consoles show as empty folders. */
function isWanted(key: string, { suffixes }: RunSettings): boolean {
  return !key.endsWith('/') && (suffixes.length === 0 || suffixes.some((suffix) => key.endsWith(suffix)));
}

/** What is too large is quarantined unread, and takes no time. */
function toRead(bytes: number, { maxObjectBytes }: RunSettings): number {
  return bytes > maxObjectBytes ? 0 : bytes;
}

async function writePartitions(
  store: RunStore,
  run: RunPlace,
  objects: ObjectTable,
  partitions: readonly Uint32Array[],
): Promise<PartitionRef[]> {
  const refs: PartitionRef[] = [];
  const write = async ([index, numbers]: [number, Uint32Array]): Promise<PartitionRef> => {
    const members = Array.from(numbers, (number) => objects.get(number));
    const key = partitionKey(run, index);
    await store.writeJson(key, { index, objects: members });
    return { index, key, objects: members.length, bytes: members.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  for await (const ref of inFlight(partitions.entries(), WRITTEN_AT_A_TIME, write)) {
    refs.push(ref);
  }
  return refs;
}
