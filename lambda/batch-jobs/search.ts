import type { AdvanceAnswer, AdvanceRequest, InputObject, JobsState } from '../batch/contract';
import { inFlight } from '../batch/in-flight';
import { type ObjectFault, refuseSize } from '../batch/object-faults';
import type { PartitionLedger } from '../batch/partition-ledger';
import { capturePrefix, jobManifestKey, jobResultsPrefix } from '../batch/run-paths';
import { listAnswers } from './answer-keys';
import type { JobEnd } from './job-end';
import { jobName } from './job-name';
import { loggedReasons } from './logged-reasons';
import { settle, type SettleParts } from './settle';
import { splitMissing } from './split-missing';

/** So often jobs of a partition may be interrupted by no fault of their objects; a redriven run has the same patience again. */
const INTERRUPTIONS = 5;

/** Seconds until a job that was not let begin is tried again: twice as many each time. */
const WAIT = { first: 30, longest: 600 };

/** Answers that are read at a time. */
const READ_AT_A_TIME = 4;

/** Reasons that tell of the objects, or of the work that they make. */
const OBJECTS_AT_FAULT = /See job logs|more memory/;

/** S3 takes no longer keys. */
const MAX_KEY_BYTES = 1024;

/** No partition has so many jobs. */
const LARGEST_NUMBER = 9999;

export interface SearchParts extends SettleParts {
  /** Lines of the `data-log` of a job, as far as they have arrived; waits some seconds for more while these are not enough. */
  readonly logLines: (job: string, enough: (lines: readonly string[]) => boolean) => Promise<readonly string[]>;
  /** Told when a job was not let begin because as many instances run as the account may have. */
  readonly atQuota: () => void;
  readonly random: () => number;
  /** Whether there is time to read another answer. */
  readonly hasTime: () => boolean;
}

/** The jobs of a partition: what each was given, and what is done with the objects that it left without an answer. */
export class Search {
  private state: JobsState;
  private readonly longestFolder: number;

  public constructor(
    private readonly request: AdvanceRequest,
    private readonly parts: SearchParts,
    private readonly ledger: PartitionLedger,
  ) {
    const { jobs, run, partition } = request;
    const longestName = jobName(jobs.name, run, partition.index, LARGEST_NUMBER);
    this.longestFolder = Buffer.byteLength(jobResultsPrefix(run, partition.index, longestName));
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
    const { request, parts, ledger } = this;
    const { name, objects } = this.state.current!;
    const folder = jobResultsPrefix(request.run, request.partition.index, name);
    const given = objects.map((position) => ledger.objects[position]);
    const keys = await listAnswers(parts.runs, folder, given);
    const unread = given.filter(({ key }) => keys.has(key) && !ledger.has(key));
    const settled = inFlight(this.whileTime(unread), READ_AT_A_TIME, (object) =>
      settle(request, object, keys.get(object.key)!, parts),
    );
    try {
      for await (const { outcome, scores } of settled) {
        ledger.enter(outcome, scores);
      }
    } catch (error) {
      // What was read need not be read again.
      await this.writeDown(String(error));
      throw error;
    }
    return unread.every(({ key }) => ledger.has(key));
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
        return this.interrupt(missing, end.reason);
      default:
        return this.blame(missing, name, end, objects.length === 1);
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
    if (this.spent) {
      this.quarantineLeft([group, ...groups].flat(), () => undefined);
      return this.next();
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

  public handOut(name: string): AdvanceAnswer {
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

  /** Jobs that ended by no fault of the objects cost the partition none of its own. */
  private get spent(): boolean {
    return this.state.begun - this.state.interrupted >= this.request.jobs.maxJobs;
  }

  private async interrupt(missing: readonly number[], reason: string): Promise<void> {
    if ((this.state.interrupted + 1) % (INTERRUPTIONS + 1) === 0) {
      return this.giveUp(missing, reason);
    }
    this.state = { ...this.state, interrupted: this.state.interrupted + 1 };
    this.doAgain([missing]);
  }

  private async blame(missing: readonly number[], job: string, end: JobEnd, alone: boolean): Promise<void> {
    const fault = faultOf(end);
    const reasons = await this.reasonsOf(missing, job);
    if (end.kind === 'failed' && !OBJECTS_AT_FAULT.test(end.reason) && reasons.size === 0 && !this.ledger.hasScored) {
      return this.giveUp(missing, end.reason);
    }
    const reasonOf = (position: number) => reasons.get(this.ledger.objects[position].key);
    const { refused, groups } = splitMissing(missing, reasonOf);
    refused.forEach((position) => this.quarantine(position, `the container refused it: ${reasonOf(position)}`));
    const told = (position: number) => `${fault}${saying(reasonOf(position))}`;
    if (alone) {
      groups.flat().forEach((position) => this.quarantine(position, told(position)));
    } else if (this.spent) {
      this.quarantineLeft(groups.flat(), told);
    } else {
      this.doAgain(groups);
    }
  }

  private async reasonsOf(missing: readonly number[], job: string): Promise<ReadonlyMap<string, string>> {
    const keys = missing.map((position) => this.ledger.objects[position].key);
    const reasonsIn = (lines: readonly string[]) => loggedReasons(lines, this.request.settings.input.bucket, keys);
    return reasonsIn(await this.parts.logLines(job, (lines) => reasonsIn(lines).size === keys.length));
  }

  private doAgain(groups: readonly (readonly number[])[]): void {
    this.state = { ...this.state, groups: [...groups, ...this.state.groups] };
  }

  /** Another job would end the same. A redriven run tries again. */
  private async giveUp(missing: readonly number[], reason: string): Promise<never> {
    this.doAgain([missing]);
    this.state = { ...this.state, interrupted: this.state.interrupted + 1 };
    await this.writeDown(reason);
    const error = new Error(`partition ${this.request.partition.index}: ${reason}`);
    error.name = 'JobRefused';
    throw error;
  }

  /** The first of some objects, and more while there is time. */
  private *whileTime(objects: readonly InputObject[]): Generator<InputObject, void, undefined> {
    for (const [index, object] of objects.entries()) {
      if (index > 0 && !this.parts.hasTime()) {
        return;
      }
      yield object;
    }
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
    const answer = this.longestFolder + Buffer.byteLength(`${key}.out`);
    if (answer > MAX_KEY_BYTES) {
      return `its key is too long: the answer to it would have ${answer} bytes, and S3 allows ${MAX_KEY_BYTES}`;
    }
    try {
      refuseSize(bytes, this.request.settings.maxObjectBytes);
      return undefined;
    } catch (error) {
      return (error as ObjectFault).message;
    }
  }

  private quarantineLeft(positions: readonly number[], told: (position: number) => string | undefined): void {
    const left = `it is one of ${positions.length} objects that ${this.request.jobs.maxJobs} jobs left without an answer, and a partition has no more`;
    positions.forEach((position) => this.quarantine(position, `${left}${saying(told(position))}`));
  }

  private quarantine(position: number, reason: string): void {
    this.ledger.enter({ ...this.ledger.objects[position], status: 'quarantined', reason });
  }

  private writeDown(fault?: string): Promise<void> {
    return this.ledger.writeDown({ jobs: this.state, fault });
  }
}

function saying(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}

function faultOf(end: JobEnd): string {
  switch (end.kind) {
    case 'completed':
      return 'its job completed without an answer for it';
    case 'timedOut':
      return 'its job was not done in time';
    default:
      return `its job failed with ${'reason' in end ? end.reason : 'no reason'}`;
  }
}
