import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Model } from '../model/model';
import type { AlarmSettings } from '../monitoring/alarm-settings';
import type { Rollout } from '../rollout/rollout';
import type { BatchArrival } from './batch-arrival-props';
import type { BatchEngine } from './batch-engine';
import type { BatchManifest } from './batch-manifest';

/** Objects of a bucket. */
export interface BatchLocation {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /**
   * What keys begin with, such as `images/`; it must end with `/`.
   *
   * @default - the whole bucket
   */
  readonly prefix?: string;
}

/** How the records of an object are written: UTF-8, one record per line. Transform jobs may be told of any other content. */
export enum BatchFormat {
  /** Rows without a header, the features in their order; a quoted value may have line breaks. */
  CSV = 'csv',
  /** The first row names the features. */
  CSV_WITH_HEADER = 'csv-with-header',
  /** A JSON object or array per line. */
  JSON_LINES = 'json-lines',
}

/** Properties of `BatchTransform`. */
export interface BatchTransformProps {
  /** The model that scores: one in the ONNX format, or one in a container. */
  readonly model: Model;

  /** What is scored. */
  readonly input: BatchLocation;

  /**
   * Names the objects of the input, where a listing would take too long or is not what is wanted.
   *
   * @default - the input is listed
   */
  readonly inputManifest?: BatchManifest;

  /**
   * Where results go; each batch needs a place of its own. Each run has a folder of its own, `runs/<id>/`, with its results, `manifest.jsonl` and `summary.json`;
   * `current.json` points to the last run that was complete and accepted. It must not lie within the input, nor the other way round.
   */
  readonly output: BatchLocation;

  /**
   * How records are written.
   *
   * @default BatchFormat.JSON_LINES
   */
  readonly format?: BatchFormat;

  /**
   * Ends of keys, such as `.csv`: other objects are left alone.
   *
   * @default - every object below the input
   */
  readonly suffixes?: string[];

  /**
   * When runs start, with a time zone if you like.
   *
   * @default - by hand, or by whoever may start the state machine
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * Starts a run when objects have arrived in the input, once they have stopped to for a while. It goes together with a schedule.
   *
   * S3 tells Amazon EventBridge of them. A bucket that is made in the app is set to do so; for an imported one, switch it on where
   * the bucket is made (`eventBridgeEnabled`): without, nothing is heard of, and no run starts.
   *
   * @default - arrivals start nothing
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
   */
  readonly arrival?: BatchArrival;

  /**
   * Whether an object is left out that the current run scored with the same version of the model and that has not changed since.
   * The manifest names its earlier result; nothing is copied.
   *
   * @default - true where arrivals start runs, else false: every run scores everything
   */
  readonly incremental?: boolean;

  /**
   * How much is scored and judged before the rest may start: `Rollout.canary({ percent })` for a share of the objects,
   * `Rollout.allAtOnce()` for no judgement. The judge compares failures with what is tolerated, and the scores with those of the
   * current run. When it rejects, the run fails, the rest is not scored, and the current run stays the current one.
   *
   * @default - canary: 5 % of the objects
   */
  readonly rollout?: Rollout;

  /**
   * How far the scores of the first partition may lie from those of the current run: their population stability index, above 0 up
   * to 10. 0.1 is a moderate shift, 0.25 a large one. It is not judged below 200 scores.
   *
   * @default 0.25
   */
  readonly maxScoreShift?: number;

  /**
   * Share of the objects that may end in quarantine before the run counts as failed, 0 to 1.
   *
   * @default 0.01
   */
  readonly toleratedFailure?: number;

  /**
   * Time from its start in which a run should be done, 10 minutes to 7 days. Partitions are made so small that it is; when it is
   * not, an alarm goes off. After twice that time the run is stopped, and can be redriven.
   *
   * @default Duration.hours(6)
   */
  readonly deadline?: Duration;

  /**
   * What scores.
   *
   * @default - functions of AWS Lambda for an ONNX model that fits one, transform jobs of SageMaker otherwise; `engineChoice` says why
   */
  readonly engine?: BatchEngine;

  /**
   * Larger objects are quarantined, 1 KiB to 5 GiB. A function has 7 minutes for an object, an instance the time of its job.
   *
   * @default - 256 MiB with functions; with transform jobs 5 GiB, or `maxPayload` where objects are not cut
   */
  readonly maxObjectSize?: Size;

  /**
   * Input that one function, or one transform job, gets through in a second, from which partitions are made: measure it, it is in
   * the summary of a run.
   *
   * @default - 512 KiB per second with functions, 1 MiB with transform jobs
   */
  readonly throughput?: Size;

  /**
   * Whether a run that finds no object counts as failed.
   *
   * @default false - it succeeds, and its summary says so
   */
  readonly failWhenEmpty?: boolean;

  /**
   * Topic that gets the summary of each run that succeeded.
   *
   * @default - nobody is told; a run that failed is an alarm
   */
  readonly topic?: sns.ITopic;

  /**
   * What is watched, and who is told.
   *
   * @default - all alarms with their default thresholds, and nobody is told
   */
  readonly alarms?: AlarmSettings;

  /**
   * Whether there is a dashboard. A dashboard costs a few dollars a month after the account's first three.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Key for the environments, the logs and the histories of runs, and for the volumes of transform jobs whose instances have no disks
   * of their own. The buckets have keys of their own, which are used where they are known.
   *
   * @default - encrypted with keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long logs of functions and runs are kept. Those of transform jobs lie in a group that SageMaker has for the whole account.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the logs, and to the queues of arrivals, when this is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
