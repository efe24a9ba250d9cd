import type { InputObject, Outcome, Partition, PartitionOutcome, RunPlace, ScoreHistogram } from './contract';
import { outcomeKey } from './run-paths';
import type { RunStore } from './run-store';
import { addHistograms, EMPTY_HISTOGRAM } from './score-histogram';

/** What became of the objects of a partition so far, over all invocations. */
export class PartitionLedger {
  /** Reads what earlier invocations wrote down. */
  public static async open(
    runs: RunStore,
    run: RunPlace,
    { index, key }: { readonly index: number; readonly key: string },
  ): Promise<PartitionLedger> {
    const partition = await runs.readJson<Partition>(key);
    if (partition === undefined) {
      throw new Error(`s3://${run.bucket}/${key} is gone: it says which objects to score`);
    }
    return new PartitionLedger(runs, run, partition, await runs.readJson<PartitionOutcome>(outcomeKey(run, index)));
  }

  /** What the last invocation left of itself. */
  public readonly attempt: PartitionOutcome['attempt'];
  /** Where the search for what fails its jobs stands. */
  public readonly jobs: PartitionOutcome['jobs'];
  private readonly outcomes: Map<string, Outcome>;
  private scores: ScoreHistogram;
  private seconds: number;

  private constructor(
    private readonly runs: RunStore,
    private readonly run: RunPlace,
    private readonly partition: Partition,
    before: PartitionOutcome | undefined,
  ) {
    this.attempt = before?.attempt;
    this.jobs = before?.jobs;
    this.outcomes = new Map((before?.outcomes ?? []).map((outcome) => [outcome.key, outcome]));
    this.scores = before?.scores ?? EMPTY_HISTOGRAM;
    this.seconds = before?.seconds ?? 0;
  }

  public get complete(): boolean {
    return this.outcomes.size === this.partition.objects.length;
  }

  public get objects(): readonly InputObject[] {
    return this.partition.objects;
  }

  public has(key: string): boolean {
    return this.outcomes.has(key);
  }

  /** Whether any object came out well. */
  public get hasScored(): boolean {
    return [...this.outcomes.values()].some(({ status }) => status === 'scored');
  }

  /** Objects without an outcome, in the order of the partition. */
  public waiting(): InputObject[] {
    return this.partition.objects.filter(({ key }) => !this.outcomes.has(key));
  }

  public enter(outcome: Outcome, scores: ScoreHistogram = EMPTY_HISTOGRAM): void {
    this.outcomes.set(outcome.key, outcome);
    this.scores = addHistograms(this.scores, scores);
  }

  /** Notes time that is paid for. */
  public spend(seconds: number): void {
    this.seconds += seconds;
  }

  public async writeDown(state: Pick<PartitionOutcome, 'attempt' | 'fault' | 'jobs'>): Promise<void> {
    const { index, objects } = this.partition;
    const result: PartitionOutcome = {
      index,
      complete: this.complete,
      outcomes: objects.flatMap(({ key }) => this.outcomes.get(key) ?? []),
      scores: this.scores,
      seconds: this.seconds,
      ...state,
    };
    await this.runs.writeJson(outcomeKey(this.run, index), result);
  }
}
