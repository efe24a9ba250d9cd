import type { AdvanceAnswer, InputObject } from '../../../lambda/batch/contract';
import type { ObjectStore } from '../../../lambda/batch/object-store';
import { MemoryStore } from '../batch/memory-store';
import { body } from '../batch-score/body';
import { awsError } from '../batch-score/memory-objects';

/** What is the matter with an object. */
export type Nature =
  | 'good'
  /** The container answers 400, and says why. */
  | 'refused'
  /** The container answers 500. */
  | 'broken'
  /** The container is too busy for it beside others. */
  | 'busy'
  /** The container dies of it, and with it the request beside it. */
  | 'crashing'
  | 'hanging'
  /** Its answer is no number. */
  | 'nan'
  /** Replaced after the plan. */
  | 'changed'
  | 'empty';

/** What may happen by no fault of an object. */
export type Chance =
  | 'throttled'
  | 'at quota'
  | 'no quota'
  | 'model gone'
  | 'answer of CreateTransformJob lost'
  | 'no capacity'
  | 'internal error'
  | 'no ping'
  | 'stopped by somebody'
  | 'timed out and goes on'
  | 'logs missing'
  | 'logs late'
  | 'cause cut off'
  | 'odd error'
  | 'execution ends'
  | 'job goes on'
  | 'redriven as it was'
  | 'fault before'
  | 'fault after'
  | 'death before'
  | 'death after'
  | 'answer of Advance lost'
  | 'out of time';

interface Job {
  readonly started: number;
  ends: number;
  end: 'Completed' | 'Failed' | 'Stopped';
  reason?: string;
  answers: readonly (readonly [key: string, text: string])[];
  published: boolean;
  readonly lines: readonly string[];
  /** When the lines arrive, in seconds. */
  readonly told: number;
}

export const START_SECONDS = 300;
const OBJECT_SECONDS = 10;
const HANG_SECONDS = 4 * 3600;
const STOPPING_SECONDS = 60;
const LATE_SECONDS = 12;

/** The execution ended, and no Catch saw it. */
export class ExecutionEnded extends Error {}

/** SageMaker and S3 for the jobs of one partition, with a time of its own in seconds. */
export class TransformWorld implements Pick<ObjectStore, 'read'> {
  public now = 1_767_225_600;
  public readonly store = new MemoryStore();
  public readonly jobs = new Map<string, Job>();
  /** Names with which a job was asked for, and those that were in use. */
  public readonly requests: string[] = [];
  public readonly inUse: string[] = [];
  public timeouts = 0;
  /** Names of jobs that were stopped by request. */
  public readonly stopped: string[] = [];
  /** How often each object was read. */
  public readonly reads = new Map<string, number>();
  public chance: (what: Chance) => boolean = () => false;

  public constructor(public readonly natures: Readonly<Record<string, Nature>>) {}

  public get objects(): InputObject[] {
    return Object.entries(this.natures).map(([key, nature]) => ({
      key,
      bytes: nature === 'empty' ? 0 : 4,
      etag: '"1"',
    }));
  }

  public pass(seconds: number): void {
    this.now += seconds;
    for (const [, job] of this.jobs) {
      if (job.ends <= this.now && !job.published) {
        job.published = true;
        job.answers.forEach(([key, text]) => this.store.files.set(key, text));
      }
    }
  }

  public async read(_: string, { key }: InputObject): Promise<AsyncIterable<Uint8Array>> {
    await Promise.resolve();
    this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    if (this.natures[key] === 'changed') {
      throw awsError('PreconditionFailed');
    }
    return body('1,2\n');
  }

  public async describe(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    await Promise.resolve();
    const job = this.jobs.get(name);
    return job === undefined
      ? undefined
      : job.ends > this.now
        ? { TransformJobStatus: job.end === 'Stopped' ? 'Stopping' : 'InProgress' }
        : this.description(job, (seconds) => new Date(seconds * 1000).toISOString());
  }

  public async stopJob(name: string): Promise<void> {
    await Promise.resolve();
    this.stopped.push(name);
    this.stop(this.jobs.get(name)!);
  }

  public async logLines(name: string, enough: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    for (let look = 1; ; look++) {
      await Promise.resolve();
      const job = this.jobs.get(name);
      const lines = job === undefined || job.told > this.now ? [] : job.lines;
      if (enough(lines) || look === 3) {
        return lines;
      }
      this.pass(5);
    }
  }

  /** What the state machine does with an answer that has a job: what `ended` is then. */
  public runJob({ name, job }: AdvanceAnswer, timeout: number): Record<string, unknown> {
    try {
      this.create(name!, job!);
    } catch (error) {
      return { Error: (error as Error).name, Cause: (error as Error).message };
    }
    const made = this.jobs.get(name!)!;
    if (this.chance('execution ends')) {
      this.pass(100);
      if (!this.chance('job goes on')) {
        this.stop(made);
      }
      throw new ExecutionEnded();
    }
    if (this.chance('stopped by somebody')) {
      this.pass(50);
      this.stop(made);
    }
    if (made.ends - this.now > timeout) {
      this.pass(timeout);
      if (!this.chance('timed out and goes on')) {
        this.stop(made);
      }
      this.timeouts++;
      return { Error: 'States.Timeout', Cause: '' };
    }
    this.pass(made.ends - this.now);
    const description = this.description(made, (seconds) => seconds * 1000);
    if (this.chance('odd error')) {
      return { Error: 'States.DataLimitExceeded', Cause: 'it is too long' };
    }
    if (made.end === 'Completed') {
      return { ...description, Tags: { MANAGED_BY_AWS: 'STARTED_BY_STEP_FUNCTIONS' } };
    }
    const cause = JSON.stringify(description);
    return { Error: 'States.TaskFailed', Cause: this.chance('cause cut off') ? cause.slice(0, -9) : cause };
  }

  private stop(job: Job): void {
    if (job.ends > this.now) {
      Object.assign(job, { ends: this.now + STOPPING_SECONDS, end: 'Stopped', answers: [], reason: undefined });
    }
  }

  private description(job: Job, moment: (seconds: number) => unknown): Record<string, unknown> {
    return {
      TransformJobStatus: job.end,
      FailureReason: job.reason,
      TransformStartTime: moment(job.started),
      TransformEndTime: moment(job.ends),
    };
  }

  private create(name: string, { manifest, output }: NonNullable<AdvanceAnswer['job']>): void {
    const service = (code: string) => `(Service: AmazonSageMaker; Status Code: 400; Error Code: ${code}; Proxy: null)`;
    expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
    this.requests.push(name);
    if (this.chance('throttled')) {
      throw awsError('SageMaker.AmazonSageMakerException', `Rate exceeded ${service('ThrottlingException')}`);
    }
    if (this.jobs.has(name)) {
      this.inUse.push(name);
      throw awsError('SageMaker.ResourceInUseException', 'Job name must be unique within an AWS account and region');
    }
    if (this.chance('at quota')) {
      throw awsError('SageMaker.ResourceLimitExceededException', 'The account-level service limit');
    }
    if (this.chance('no quota')) {
      throw awsError(
        'SageMaker.ResourceLimitExceededException',
        "The account-level service limit 'ml.g5.xlarge for transform job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 2 Instances.",
      );
    }
    if (this.chance('model gone')) {
      throw awsError('SageMaker.AmazonSageMakerException', `Could not find model. ${service('ValidationException')}`);
    }
    const [{ prefix }, ...keys] = JSON.parse(this.store.files.get(keyOf(manifest))!) as [
      { prefix: string },
      ...string[],
    ];
    expect(prefix).toBe('s3://lake/');
    expect(keys.length).toBeGreaterThan(0);
    this.jobs.set(name, this.jobOf(keys, keyOf(output)));
    if (this.chance('answer of CreateTransformJob lost')) {
      throw awsError('SageMaker.SdkClientException', 'Unable to execute HTTP request: Read timed out');
    }
  }

  private jobOf(keys: readonly string[], folder: string): Job {
    const started = this.now + 30;
    const failing = (reason: string, seconds: number): Job => ({
      started,
      ends: started + seconds,
      end: 'Failed',
      reason,
      answers: [],
      published: false,
      lines: [],
      told: Infinity,
    });
    if (this.chance('no capacity')) {
      return failing('CapacityError: Unable to provision requested ML compute capacity.', 120);
    }
    if (this.chance('no ping')) {
      return failing('AlgorithmError: Model container failed to respond to ping.', 600);
    }
    const faults = this.faultsOf(keys);
    const scored = keys.filter((key) => !faults.has(key));
    const answers = scored.map(
      (key) => [`${folder}${key}.out`, this.natures[key] === 'nan' ? 'nan\n' : '0.5\n'] as const,
    );
    const hanging = keys.some((key) => this.natures[key] === 'hanging');
    const ends = started + START_SECONDS + keys.length * OBJECT_SECONDS + (hanging ? HANG_SECONDS : 0);
    if (this.chance('internal error')) {
      return { ...failing('InternalServerError: We encountered an internal error.', 400), answers: answers.slice(1) };
    }
    const reasons = [...faults.values()];
    const named = [...faults].flatMap(([key, reason]) =>
      [reason, '', 'Message:', 'no'].map((text) => `lake/${key}: ${text}`),
    );
    return {
      started,
      ends,
      end: faults.size === 0 ? 'Completed' : 'Failed',
      ...(faults.size === 0
        ? {}
        : {
            reason: `${reasons.some((reason) => reason.startsWith('ClientError')) ? 'ClientError' : 'AlgorithmError'}: See job logs for more information`,
          }),
      answers,
      published: false,
      lines: ['MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD', ...named].map(
        (text) => `2026-01-01T00:00:00.000:[sagemaker logs]: ${text}`,
      ),
      told: this.chance('logs missing') ? Infinity : ends + (this.chance('logs late') ? LATE_SECONDS : 2),
    };
  }

  /** Which objects fail, and what the log says of them. */
  private faultsOf(keys: readonly string[]): Map<string, string> {
    const faults = new Map<string, string>();
    keys.forEach((key, index) => {
      switch (this.natures[key]) {
        case 'refused':
          return faults.set(key, 'ClientError: 400');
        case 'broken':
          return faults.set(key, 'Bad HTTP status received from algorithm: 500');
        case 'busy':
          return keys.length > 1 && faults.set(key, 'ClientError: 429');
        case 'hanging':
          return faults.set(key, 'Unable to get response from algorithm');
        case 'crashing':
          return [key, ...keys.slice(index + 1, index + 2)].forEach(
            (each) => faults.has(each) || faults.set(each, 'Unable to get response from algorithm'),
          );
      }
    });
    return faults;
  }
}

function keyOf(uri: string): string {
  return uri.slice('s3://lake/'.length);
}
