import type { AdvanceAnswer, AdvanceRequest, InputObject, JobsState } from '../batch/contract';
import { type ObjectFault, refuseSize } from '../batch/object-faults';
import { PartitionLedger } from '../batch/partition-ledger';
import { capturePrefix, jobManifestKey, jobResultsPrefix } from '../batch/run-paths';
import { type JobEnd, jobEnd } from './job-end';
import { jobName } from './job-name';
import { loggedReasons } from './logged-reasons';
import { settle, type SettleParts } from './settle';
import { splitMissing } from './split-missing';

/** So often jobs of a partition may be interrupted by no fault of their objects. */
const INTERRUPTIONS = 5;

/** Seconds until a job that was not let begin is tried again: twice as many each time. */
const WAIT = { first: 30, longest: 600 };

/** Seconds until a job that somebody else waited for is looked at again. */
const LOOK_AGAIN = 60;

/** Reasons that tell of the objects, or of the work that they make. */
const OBJECTS_AT_FAULT = /See job logs|more memory/;

/** S3 takes no longer keys. */
const MAX_KEY_BYTES = 1024;

export interface AdvanceParts extends SettleParts {
  /** Lines of the `data-log` of a job, as far as they have arrived. */
  readonly logLines: (job: string) => Promise<readonly string[]>;
  /** What SageMaker says of a job; undefined where there is none of this name. */
  readonly describe: (job: string) => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Told when a job was not let begin because as many instances run as the account may have. */
  readonly atQuota: () => void;
  readonly random: () => number;
  /** Whether there is time to read another answer. */
  readonly hasTime: () => boolean;
}

/**
 * Takes a partition a step on: reads what its last job answered, sorts what that left without an answer, and says which job is next.
 * Can be repeated at any time: a job that nobody knows the end of is looked for in its folder, and what is missing there is done again.
 */
export async function advance(request: AdvanceRequest, parts: AdvanceParts): Promise<AdvanceAnswer> {
  const { run, partition, last } = request;
  const ledger = await PartitionLedger.open(parts.runs, run, partition);
  const search = new Search(request, parts, ledger);
  if (ledger.jobs?.current !== undefined) {
    const { name } = ledger.jobs.current;
    const told: JobEnd = last.name === name ? jobEnd(request.ended) : { kind: 'unknown' };
    const description = told.kind === 'unknown' ? await parts.describe(name) : undefined;
    if (/^(InProgress|Stopping)$/.test(String(description?.TransformJobStatus))) {
      return search.lookAgain(LOOK_AGAIN);
    }
    const end = description === undefined ? told : jobEnd(description);
    if (end.kind === 'atQuota' || end.kind === 'throttled') {
      return search.waitFor(end.kind);
    }
    if (!(await search.readAnswers())) {
      return search.lookAgain();
    }
    ledger.spend('seconds' in end ? end.seconds * request.jobs.instances : 0);
    await search.sortMissing(end);
  }
  return search.next();
}

class Search {
  private state: JobsState;

  constructor(
    private readonly request: AdvanceRequest,
    private readonly parts: AdvanceParts,
    private readonly ledger: PartitionLedger,
  ) {
    this.state = ledger.jobs ?? { begun: 0, interrupted: 0, groups: [this.waiting(ledger.objects.keys())] };
  }

  /** The same job again, later. */
  public async waitFor(why: 'atQuota' | 'throttled'): Promise<AdvanceAnswer> {
    if (why === 'atQuota') {
      this.parts.atQuota();
    }
    const { current } = this.state;
    const { name, waits } = current!;
    this.state = { ...this.state, current: { ...current!, waits: waits + 1 } };
    await this.writeDown();
    const longest = Math.min(WAIT.longest, WAIT.first * 2 ** waits);
    // Somewhere in between, so that many do not come back at once.
    return { ...this.handOut(name), wait: Math.ceil(longest * (0.5 + this.parts.random() / 2)) };
  }

  /** Whether all answers of the job are read. */
  public async readAnswers(): Promise<boolean> {
    const { name, objects } = this.state.current!;
    const unread = this.waiting(objects).map((position) => this.ledger.objects[position]);
    for await (const { outcome, scores } of settle(this.request, name, unread, this.parts)) {
      this.ledger.enter(outcome, scores);
      if (!this.parts.hasTime()) {
        return false;
      }
    }
    return true;
  }

  public async lookAgain(wait?: number): Promise<AdvanceAnswer> {
    await this.writeDown();
    const { name } = this.state.current!;
    return { partition: this.request.partition.index, complete: false, name, ...(wait === undefined ? {} : { wait }) };
  }

  /** Decides what becomes of the objects that the job left without an answer. */
  public async sortMissing(end: JobEnd): Promise<void> {
    const { name, objects } = this.state.current!;
    const missing = this.waiting(objects);
    this.state = { ...this.state, current: undefined };
    if (missing.length === 0) {
      return;
    }
    switch (end.kind) {
      case 'refused':
        return this.giveUp(missing, end.reason);
      case 'interrupted':
        this.state = { ...this.state, interrupted: this.state.interrupted + 1 };
        return this.state.interrupted > INTERRUPTIONS ? this.giveUp(missing, end.reason) : this.doAgain([missing]);
      case 'failed':
      case 'completed':
      case 'timedOut':
        return this.blame(missing, name, end, objects.length > missing.length);
      default:
        return this.doAgain([missing]);
    }
  }

  /** The job that is next, if there is one. */
  public async next(): Promise<AdvanceAnswer> {
    const { jobs, run, partition } = this.request;
    const [group, ...groups] = this.state.groups.map((each) => this.waiting(each)).filter(({ length }) => length > 0);
    if (group === undefined) {
      this.state = { ...this.state, groups: [], current: undefined };
      await this.writeDown();
      return { partition: partition.index, complete: this.ledger.complete };
    }
    const name = jobName(jobs.name, run, partition.index, this.state.begun);
    const manifest = [
      { prefix: `s3://${this.request.settings.input.bucket}/` },
      ...group.map((position) => this.ledger.objects[position].key),
    ];
    await this.parts.runs.writeJson(jobManifestKey(run, name), manifest);
    this.state = { ...this.state, begun: this.state.begun + 1, groups, current: { name, objects: group, waits: 0 } };
    await this.writeDown();
    return this.handOut(name);
  }

  private async blame(missing: readonly number[], job: string, end: JobEnd, answered: boolean): Promise<void> {
    const fault = faultOf(end);
    const reasons = await this.reasonsOf(missing, job);
    if (end.kind === 'failed' && !answered && reasons.size === 0 && !OBJECTS_AT_FAULT.test(end.reason)) {
      return this.giveUp(missing, end.reason);
    }
    const reasonOf = (position: number) => reasons.get(this.ledger.objects[position].key);
    const quarantine = (positions: readonly number[], context: string) =>
      positions.forEach((position) =>
        this.quarantine(position, `${context}: ${reasonOf(position) ?? 'unknown, its log does not name the object'}`),
      );
    if (missing.length === 1) {
      quarantine(missing, fault);
      return;
    }
    const { refused, groups } = splitMissing(missing, reasonOf);
    quarantine(refused, 'the container refused it');
    if (this.state.begun >= this.request.jobs.maxJobs) {
      const left = [...groups, ...this.state.groups].flat();
      quarantine(left, `one of ${left.length} objects left after ${this.state.begun} jobs, ${fault}`);
      this.state = { ...this.state, groups: [] };
      return;
    }
    this.doAgain(groups);
  }

  private async reasonsOf(missing: readonly number[], job: string): Promise<ReadonlyMap<string, string>> {
    const keys = missing.map((position) => this.ledger.objects[position].key);
    return loggedReasons(await this.parts.logLines(job), this.request.settings.input.bucket, keys);
  }

  private doAgain(groups: readonly (readonly number[])[]): void {
    this.state = { ...this.state, groups: [...groups, ...this.state.groups] };
  }

  /** Another job would end the same. A redriven run tries again. */
  private async giveUp(missing: readonly number[], reason: string): Promise<never> {
    this.doAgain([missing]);
    this.state = { ...this.state, interrupted: 0 };
    await this.writeDown(reason);
    const error = new Error(`partition ${this.request.partition.index}: ${reason}`);
    error.name = 'JobRefused';
    throw error;
  }

  /** Positions of objects without an outcome. What no job could score gets its outcome here, before it costs one. */
  private waiting(positions: Iterable<number>): number[] {
    return [...positions].filter((position) => {
      const object = this.ledger.objects[position];
      if (this.ledger.has(object.key)) {
        return false;
      }
      const fault = this.unfit(object);
      if (fault !== undefined) {
        this.quarantine(position, fault);
      }
      return fault === undefined;
    });
  }

  private unfit({ key, bytes }: InputObject): string | undefined {
    const { settings, jobs, run, partition } = this.request;
    const longestName = jobName(jobs.name, run, partition.index, 999);
    const answer = `${jobResultsPrefix(run, partition.index, longestName)}${key}.out`;
    if (Buffer.byteLength(answer) > MAX_KEY_BYTES) {
      return `its key is too long: the answer to it would have ${Buffer.byteLength(answer)} bytes, and S3 allows ${MAX_KEY_BYTES}`;
    }
    try {
      refuseSize(bytes, settings.maxObjectBytes);
      return undefined;
    } catch (error) {
      return (error as ObjectFault).message;
    }
  }

  private quarantine(position: number, reason: string): void {
    this.ledger.enter({ ...this.ledger.objects[position], status: 'quarantined', reason });
  }

  private handOut(name: string): AdvanceAnswer {
    const { run, partition } = this.request;
    const uri = (key: string) => `s3://${run.bucket}/${key}`;
    return {
      partition: partition.index,
      complete: false,
      name,
      job: {
        manifest: uri(jobManifestKey(run, name)),
        output: uri(jobResultsPrefix(run, partition.index, name)),
        capture: uri(capturePrefix(run)),
      },
    };
  }

  private writeDown(fault?: string): Promise<void> {
    return this.ledger.writeDown({ jobs: this.state, fault });
  }
}

function faultOf(end: JobEnd): string {
  switch (end.kind) {
    case 'completed':
      return 'the job completed without an answer for it';
    case 'timedOut':
      return 'the job was not done in time';
    default:
      return `the job failed with ${'reason' in end ? end.reason : 'no reason'}`;
  }
}
