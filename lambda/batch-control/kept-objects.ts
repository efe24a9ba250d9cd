import type { Kept, Outcome } from '../batch/contract';
import { addHistograms, EMPTY_HISTOGRAM, shareOf } from '../batch/score-histogram';
import type { RunStore } from '../batch/run-store';
import type { EarlierRun } from './earlier-runs';
import type { ObjectTable } from './object-table';
import { StoredResults } from './stored-results';

/** Numbers of objects that earlier runs scored already, and what is told of them. */
export class KeptObjects {
  /** Scores of what is kept: in the proportion of the records where an earlier run is kept in part. */
  public scores = EMPTY_HISTOGRAM;
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

  /** Keeps what can be kept of earlier runs, and gives a line for each: the first of them that has a result of an object counts. */
  public async *keep(
    runs: readonly EarlierRun[],
    store: RunStore,
    bucket: string,
  ): AsyncGenerator<Kept, void, undefined> {
    const results = await this.resultsOf(runs, store, bucket);
    for (const run of runs) {
      let { scores } = run;
      let records = 0;
      let keptRecords = 0;
      for await (const part of run.parts()) {
        scores = part.scores === undefined ? scores : addHistograms(scores, part.scores);
        for (const outcome of part.outcomes) {
          records += outcome.status === 'quarantined' ? 0 : outcome.recordsOut;
          const kept = this.keepOne(outcome, run.id, results);
          if (kept !== undefined) {
            keptRecords += kept.recordsOut;
            yield kept;
          }
        }
      }
      this.scores = addHistograms(this.scores, shareOf(scores, keptRecords / Math.max(1, records)));
    }
  }

  /** Looks which of the results that could be kept are still there. */
  private async resultsOf(runs: readonly EarlierRun[], store: RunStore, bucket: string): Promise<StoredResults> {
    const results = new StoredResults(this.objects, bucket);
    for (const run of runs) {
      for await (const { outcomes } of run.parts()) {
        for (const outcome of outcomes) {
          const number = this.unchanged(outcome);
          if (number !== undefined && outcome.status !== 'quarantined') {
            results.expect(number, outcome.key, outcome.output);
          }
        }
      }
    }
    await results.look(store);
    return results;
  }

  /** One that was quarantined is tried again. */
  private keepOne(outcome: Outcome, run: string, results: StoredResults): Kept | undefined {
    const number = this.unchanged(outcome);
    if (number === undefined || this.kept[number] === 1) {
      return undefined;
    }
    if (outcome.status === 'quarantined') {
      this.failed[number] = 1;
      return undefined;
    }
    const { key, bytes, etag, output, recordsIn, recordsOut } = outcome;
    if (!results.has(number, output)) {
      return undefined;
    }
    this.kept[number] = 1;
    this.counted++;
    const origin = outcome.status === 'kept' ? outcome.run : run;
    return { key, bytes, etag, status: 'kept', output, recordsIn, recordsOut, run: origin };
  }

  /** The number of the object that an outcome is of, where it is part of the input and has not changed since. */
  private unchanged(outcome: Outcome): number | undefined {
    const number = this.objects.find(outcome.key);
    if (number === undefined) {
      return undefined;
    }
    const { bytes, etag } = this.objects.get(number);
    return outcome.etag === etag && outcome.bytes === bytes ? number : undefined;
  }
}
