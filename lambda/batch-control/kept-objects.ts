import type { CurrentRun, Kept, Outcome, PartitionOutcome, Place, RunSettings } from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { RunError } from '../batch/run-error';
import { currentKey, manifestKey, outcomesPrefix, planKey, runPlace, skippedKey } from '../batch/run-paths';
import type { RunStore } from '../batch/run-store';
import type { ObjectTable } from './object-table';
import type { RunChoices } from './run-overrides';

/** Outcomes of partitions that are read at a time. */
const READ_AT_A_TIME = 16;

/** What became of an object in an earlier run. */
interface Earlier {
  readonly run: string;
  readonly outcome: Outcome;
}

/** Numbers of objects that earlier runs scored already, and what is told of them. */
export class KeptObjects {
  private readonly kept: Uint8Array;
  private readonly failed: Uint8Array;
  private counted = 0;

  public constructor(private readonly objects: ObjectTable) {
    this.kept = new Uint8Array(objects.length);
    this.failed = new Uint8Array(objects.length);
  }

  public get count(): number {
    return this.counted;
  }

  /** Numbers of the objects that are not kept. */
  public others(): Uint32Array {
    const others = new Uint32Array(this.objects.length - this.counted);
    for (let number = 0, next = 0; number < this.objects.length; number++) {
      if (this.kept[number] === 0) {
        others[next++] = number;
      }
    }
    return others;
  }

  /** Whether an object that has not changed since was quarantined: it says nothing about a new version of anything. */
  public failedBefore(number: number): boolean {
    return this.failed[number] === 1;
  }

  /**
   * What is kept of an earlier outcome: nothing unless the object is part of the input, has not changed since, and was scored. One that
   * was quarantined is tried again.
   */
  public keep({ run, outcome }: Earlier): Kept | undefined {
    const number = this.objects.find(outcome.key);
    if (number === undefined || this.kept[number] === 1) {
      return undefined;
    }
    const { key, bytes, etag } = this.objects.get(number);
    if (outcome.etag !== etag || outcome.bytes !== bytes) {
      return undefined;
    }
    if (outcome.status === 'quarantined') {
      this.failed[number] = 1;
      return undefined;
    }
    this.kept[number] = 1;
    this.counted++;
    const { output, recordsIn, recordsOut } = outcome;
    const origin = outcome.status === 'kept' ? outcome.run : run;
    return { key, bytes, etag, status: 'kept', output, recordsIn, recordsOut, run: origin };
  }
}

/**
 * What earlier runs with the same version of the model did: the one that is resumed, and in incremental mode the last that was
 * accepted. Read line by line, as there may be millions.
 */
export async function* earlierOutcomes(
  store: RunStore,
  { model, output }: RunSettings,
  { incremental, resume }: Pick<RunChoices, 'incremental' | 'resume'>,
): AsyncGenerator<Earlier, void, undefined> {
  if (resume !== undefined) {
    await refuseOtherModel(store, output, resume, model);
    yield* outcomesOf(store, output, resume);
  }
  const current = incremental ? await store.readJson<CurrentRun>(currentKey(output)) : undefined;
  if (current !== undefined && isSame(current.model, model)) {
    yield* linesOf(store, manifestKey(runPlace(output, current.run)), current.run);
  }
}

async function refuseOtherModel(
  store: RunStore,
  output: Place,
  resume: string,
  model: RunSettings['model'],
): Promise<void> {
  const plan = await store.readJson<{ readonly model: RunSettings['model'] }>(planKey(runPlace(output, resume)));
  if (plan === undefined) {
    throw new RunError(
      'badInput',
      `there is no run ${resume} to resume: give the id of one, or start without 'resume'`,
    );
  }
  if (!isSame(plan.model, model)) {
    throw new RunError(
      'badInput',
      `the run ${resume} was scored by ${plan.model.name} ${plan.model.version}, and this one is scored by ${model.name} ` +
        `${model.version}: start without 'resume', and everything is scored`,
    );
  }
}

/** What a run that may have ended anywhere left: what it kept itself, and every outcome of its partitions, complete or not. */
async function* outcomesOf(store: RunStore, output: Place, id: string): AsyncGenerator<Earlier, void, undefined> {
  const run = runPlace(output, id);
  const read = (key: string) => store.readJson<PartitionOutcome>(key);
  for await (const partition of inFlight(store.listKeys(outcomesPrefix(run)), READ_AT_A_TIME, read)) {
    for (const outcome of partition?.outcomes ?? []) {
      yield { run: id, outcome };
    }
  }
  yield* linesOf(store, skippedKey(run), id);
}

async function* linesOf(store: RunStore, key: string, run: string): AsyncGenerator<Earlier, void, undefined> {
  for await (const line of store.readLines(key)) {
    yield { run, outcome: JSON.parse(line) as Outcome };
  }
}

function isSame(one: RunSettings['model'], other: RunSettings['model']): boolean {
  return one.name === other.name && one.version === other.version;
}
