/**
 * What crosses the lines between the construct of a batch, its state machine, and the functions that the machine calls: shapes of
 * requests and answers, and of what a run leaves in S3. All sides import this file; it imports nothing.
 */

/** What a run does, whatever its input: stands in the definition of the state machine. */
export interface RunSettings {
  readonly model: { readonly name: string; readonly version: string };
  readonly input: Place;
  /** Names the objects, instead of a listing of the input. */
  readonly manifest?: ManifestPlace;
  readonly output: Place;
  /** Objects whose keys end otherwise are not looked at; empty for all. */
  readonly suffixes: readonly string[];
  /** Records of an object: one per line. */
  readonly format: RecordFormat;
  /** What else decides what comes out for an object, such as settings of the engine, as text: a run keeps nothing from one with another. */
  readonly scoring?: string;
  /** Whether an object is left out that the current run scored with the same version of the model. */
  readonly incremental: boolean;
  /** Share of the objects that are scored and judged before the rest may start, 0 to 1; 0 for none. */
  readonly judgedShare: number;
  /** Share of the objects that may be quarantined before the run counts as failed, 0 to 1. */
  readonly toleratedFailure: number;
  /** Population stability index between the scores of the first partition and of the current run above which the judge rejects. */
  readonly maxShift: number;
  /** Partitions that are scored at a time. */
  readonly maxConcurrency: number;
  /** Larger objects are quarantined. */
  readonly maxObjectBytes: number;
  /** Seconds from the start of a run to when it should be done. */
  readonly deadlineSeconds: number;
  /** Bytes of input per second that one partition is expected to get through. */
  readonly bytesPerSecond: number;
  /** Seconds until a partition is begun, such as those in which instances start. */
  readonly startSeconds: number;
  /** Seconds of work that a partition has at most, as planned. */
  readonly partitionSeconds: number;
  /** Dollars for a second of what scores, where that is known. */
  readonly usdPerSecond?: number;
  /** Whether a run without a single object is a failure. */
  readonly failWhenEmpty: boolean;
}

/** A bucket and what its keys begin with: empty, or ending with `/`. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** One file that names objects, or where Amazon S3 Inventory puts its reports: the newest of them counts. */
export type ManifestPlace =
  { readonly bucket: string; readonly key: string } | { readonly bucket: string; readonly prefix: string };

export type RecordFormat = 'csv' | 'csv-with-header' | 'json-lines';

/** What a run may be started with; anything else is refused. */
export interface RunOverrides {
  /** Look only below this, which begins with the input's own prefix. */
  readonly prefix?: string;
  /** Key of another manifest that lies where those of the batch do. */
  readonly manifest?: string;
  readonly incremental?: boolean;
  readonly toleratedFailure?: number;
  /** Id of a run that failed: what it finished is not done again. */
  readonly resume?: string;
  /** False: the rest starts without a judgement, such as after somebody has looked at why a run was rejected. */
  readonly judge?: boolean;
}

/** Where a run keeps everything: `<output prefix>runs/<id>/`. */
export interface RunPlace extends Place {
  readonly id: string;
}

/** One object of the input. */
export interface InputObject {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

/** Objects that are scored together. */
export interface Partition {
  readonly index: number;
  readonly objects: readonly InputObject[];
}

/** A partition as it travels through the state machine: its objects are in S3. */
export interface PartitionRef {
  readonly index: number;
  /** Key of the {@link Partition} in the output's bucket. */
  readonly key: string;
  readonly objects: number;
  readonly bytes: number;
}

/** What became of one object: exactly one line of the manifest. */
export type Outcome = Scored | Quarantined | Kept;

export interface Scored extends InputObject {
  readonly status: 'scored';
  /** `s3://bucket/key` of the predictions. */
  readonly output: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
}

export interface Quarantined extends InputObject {
  readonly status: 'quarantined';
  readonly reason: string;
}

/** Scored by an earlier run with the same version of the model, and unchanged since. */
export interface Kept extends Omit<Scored, 'status'> {
  readonly status: 'kept';
  readonly run: string;
}

/** What became of a partition, in S3. */
export interface PartitionOutcome {
  readonly index: number;
  /** False while some of its objects have not been tried. */
  readonly complete: boolean;
  readonly outcomes: readonly Outcome[];
  readonly scores: ScoreHistogram;
  /** Time of functions, or of instances, that is paid for. */
  readonly seconds?: number;
  /** Why the last invocation failed. */
  readonly fault?: string;
  /**
   * Stands here while an invocation is at work, and after one in which objects took each other's time. The next one scores one object
   * at a time, and writes down which: one that several died over is the reason.
   */
  readonly attempt?: { readonly alone?: string; readonly times?: number };
  /** How far transform jobs have come with it. */
  readonly jobs?: JobsState;
}

/** Objects are named by their position in the partition. */
export interface JobsState {
  /** Jobs that were handed out so far, of which each has a number. */
  readonly begun: number;
  /** Jobs among them that ended by no fault of the objects: they do not count for how many a partition may cost. */
  readonly interrupted: number;
  /** Objects of jobs that are still to be begun. */
  readonly groups: readonly (readonly number[])[];
  /** The job that was handed out last, until all is known of it; and how often it was not let begin. */
  readonly current?: { readonly name: string; readonly objects: readonly number[]; readonly waits: number };
}

/** How often scores fell where; sums of two are a histogram again. */
export interface ScoreHistogram {
  readonly count: number;
  /** By the number of a bucket, see `score-histogram.ts`. */
  readonly buckets: Readonly<Record<string, number>>;
}

export interface PlanRequest {
  readonly action: 'plan';
  readonly settings: RunSettings;
  /** `$$.Execution` of the state machine. */
  readonly execution: {
    readonly Id: string;
    readonly Name: string;
    readonly StartTime: string;
    readonly Input: unknown;
    readonly RedriveCount?: number;
  };
}

/** A plan, or how many objects were listed before the time ran short: then the next call goes on. */
export type PlanReply =
  (PlanAnswer & { readonly planned: true }) | { readonly planned: false; readonly listed: number };

export interface PlanAnswer {
  readonly run: RunPlace;
  readonly toleratedFailure: number;
  /** Objects to score, and those that a manifest names and that are not there; what is kept from an earlier run does not count. */
  readonly objects: number;
  /** Their indices are 0 and up, without gaps. */
  readonly partitions: number;
  /** Scored and judged before the rest; absent where nothing is judged, or nothing is there. */
  readonly first?: PartitionRef;
  /** Key of a JSON array of {@link PartitionRef}: what else there is to do. */
  readonly rest: string;
  /** How many partitions `rest` has. */
  readonly restCount: number;
  /** How often the rest was begun; a redriven run may begin once more. */
  readonly round: number;
}

export interface ScoreRequest {
  readonly settings: RunSettings;
  readonly run: RunPlace;
  readonly partition: PartitionRef;
}

export interface ScoreAnswer {
  readonly partition: number;
  /** False where the time of one invocation did not do: the next goes on. */
  readonly complete: boolean;
}

/** How transform jobs score partitions: stands in the definition beside the settings of all runs. */
export interface JobSettings {
  /** What the names of jobs begin with: letters, digits and inner hyphens, at most 20. */
  readonly name: string;
  /** Instances of a job. */
  readonly instances: number;
  /** Whether the lines of an object are its records, or it is one record itself. */
  readonly lines: boolean;
  readonly gzip: boolean;
  /** What is looked for in the answers. */
  readonly answers: 'csv' | 'json-lines' | 'json' | 'opaque';
  /** Whether what the container gets and answers is kept. */
  readonly capture: boolean;
  /** Jobs that a partition may cost. */
  readonly maxJobs: number;
}

export interface AdvanceRequest extends ScoreRequest {
  readonly jobs: JobSettings;
  /** The answer before; empty at first. */
  readonly last: Partial<AdvanceAnswer>;
  /** What became of the job that it named: its description, or an error of the state machine; empty at first. */
  readonly ended: Readonly<Record<string, unknown>>;
}

/** What is next for a partition: nothing, a job, or another look. */
export interface AdvanceAnswer extends ScoreAnswer {
  /** Name of the job that was handed out last. */
  readonly name?: string;
  /** The job is to be begun; after some seconds where `wait` says so. */
  readonly job?: {
    /** `s3://` URI of the list of its objects. */
    readonly manifest: string;
    /** `s3://` URIs of where its answers go, and what it captures. */
    readonly output: string;
    readonly capture: string;
  };
  readonly wait?: number;
}

export interface JudgeRequest {
  readonly action: 'judge';
  readonly settings: RunSettings;
  readonly plan: PlanAnswer;
}

/** Of a first partition that was accepted; one that was not ends the run with an error. */
export interface JudgeAnswer {
  /** What was compared, in words, and what could not be. */
  readonly findings: readonly string[];
}

export interface FinishRequest {
  readonly action: 'finish';
  readonly settings: RunSettings;
  readonly plan: PlanAnswer;
  readonly execution: { readonly StartTime: string; readonly RedriveCount?: number };
}

/** Whether everything was done; if not, the plan of what is left. */
export type FinishAnswer =
  { readonly complete: true; readonly summary: RunSummary } | { readonly complete: false; readonly plan: PlanAnswer };

/** `summary.json` of a run, and what is told about it. */
export interface RunSummary {
  readonly run: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly objects: { readonly scored: number; readonly quarantined: number; readonly kept: number };
  readonly records: { readonly in: number; readonly out: number };
  readonly bytes: number;
  readonly cost: RunCost;
  readonly startedAt: string;
  readonly finishedAt: string;
  /**
   * Of all objects, those that are kept among them. What an earlier run scored counts by the share of its records that is kept: exact
   * where that is all of it, else an estimate.
   */
  readonly scores: ScoreHistogram;
  /** What a run was started for, where that is a part of the input or a manifest of its own: it does not become the current one. */
  readonly part?: string;
  /** `s3://bucket/key` of the manifest: JSON Lines, an {@link Outcome} each. */
  readonly manifest: string;
}

/** What scoring cost, without the requests to S3 and Step Functions around it. */
export interface RunCost {
  /** Seconds of functions, or of instances from the start of their job to its end. */
  readonly seconds: number;
  /** By the price list of us-east-1, before any discount; absent where the price is not known. */
  readonly usd?: number;
}

/** `current.json` of an output: the last run that was complete and accepted. */
export interface CurrentRun {
  readonly run: string;
  readonly model: { readonly name: string; readonly version: string };
  /** Digest of the settings that decide what comes out for an object, see `scoring.ts`. */
  readonly scoring: string;
  readonly summary: string;
  readonly manifest: string;
}

/** Names of errors that end an execution; each says what to do next. */
export const RUN_ERRORS = {
  /** The input of the execution is not what a run takes. */
  badInput: 'BadRunInput',
  /** The judge did not accept the first partition. */
  rejected: 'RejectedByJudge',
  /** Some partitions have no result: redrive the execution, or start one with `resume`. */
  incomplete: 'IncompleteRun',
  /** More was quarantined than is tolerated; the manifest says what and why. */
  tooManyFailures: 'TooManyFailures',
  /** There was no object, and that counts as a failure here. */
  empty: 'EmptyRun',
} as const;

/** Embedded metrics of a run, by `BatchName`. */
export const METRICS = {
  namespace: 'InferencePatterns',
  objects: 'BatchObjects',
  quarantined: 'BatchQuarantinedObjects',
  records: 'BatchRecords',
  /** Time taken over the deadline: projected while a run goes on, and as it was at its end. */
  lateness: 'BatchLateness',
  /** 1 while no run has begun since the schedule was due, else 0; a value every quarter of an hour. */
  missedRuns: 'BatchMissedRuns',
  atQuota: 'BatchJobsAtQuota',
} as const;
export const DIMENSION = 'BatchName';
export const BATCH_NAME = 'BATCH_NAME';
/** Where SageMaker writes what transform jobs print, and what became of their objects. */
export const JOB_LOG_GROUP = '/aws/sagemaker/TransformJobs';
