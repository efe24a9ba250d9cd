import type { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { InstanceType } from '../model/instance-type';

/** Where an object may be cut into requests. */
export enum TransformSplit {
  /** Not at all: an object is one request, such as a picture. */
  NONE = 'None',
  /** Between lines. */
  LINE = 'Line',
  /** Between records of Apache MXNet's RecordIO. */
  RECORD_IO = 'RecordIO',
  /** Between records of TensorFlow's TFRecord. */
  TF_RECORD = 'TFRecord',
}

/** How many records a request has. */
export enum TransformStrategy {
  /** As many as `maxPayload` has room for. */
  MULTI_RECORD = 'MultiRecord',
  /** One. */
  SINGLE_RECORD = 'SingleRecord',
}

/** Options of `BatchEngine.transformJobs`. */
export interface TransformJobOptions {
  /**
   * Type of the instances. Batch transform knows fewer types than endpoints do: no p4d or p5, and no processors by AWS.
   *
   * @default - the cheapest type of the price list of us-east-1 that has what the model and its image need, see `engineChoice`; a
   * container for GPUs must say by `memoryRequired` what it needs
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html
   */
  readonly type?: InstanceType;

  /**
   * Jobs at a time, 1 to 100. Together with `instancesPerJob` it should be within the account's quota "<type> for transform job
   * usage": a job beyond it waits, and an alarm says so. The quota is 0 for many types with GPUs until you ask for more: where it has
   * no room for one job, the run fails at once and says so.
   *
   * @default 2
   * @see https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
   */
  readonly maxConcurrentJobs?: number;

  /**
   * Instances of one job, 1 to 100. An object is scored by one of them.
   *
   * @default 1
   */
  readonly instancesPerJob?: number;

  /**
   * Media type of the objects, which the container is told. Images of Hugging Face take `application/json`, a document a request
   * (`strategy` SINGLE_RECORD).
   *
   * @default - `text/csv` or `application/jsonlines`, by the batch's `format`
   */
  readonly contentType?: string;

  /**
   * Media type that the container is asked to answer with. Of `text/csv` and `application/jsonlines` the last number of each record
   * counts as its score: it is compared with earlier runs, and must be finite; so it is of `application/json` where a request is one
   * record and its answer one line. Answers of other types are not looked into.
   *
   * @default - as `contentType`; `application/jsonlines` for an ONNX model, which answers with nothing else
   */
  readonly accept?: string;

  /**
   * Where an object may be cut into requests.
   *
   * @default - between lines where objects are text or JSON, by `contentType`; not at all otherwise
   */
  readonly split?: TransformSplit;

  /**
   * How many records a request has, where objects are cut.
   *
   * @default TransformStrategy.MULTI_RECORD
   */
  readonly strategy?: TransformStrategy;

  /**
   * Whether objects are compressed by gzip, which SageMaker undoes before it cuts them.
   *
   * @default false
   */
  readonly gzip?: boolean;

  /**
   * Most of a request, 0 to 100 MiB in whole ones; with 0 an object is streamed to the container in chunks. Where objects are not
   * cut, larger ones are quarantined.
   *
   * @default Size.mebibytes(6)
   */
  readonly maxPayload?: Size;

  /**
   * Requests that an instance works on at a time; together with `maxPayload` at most 100 MiB.
   *
   * @default - what the container answers to `/execution-parameters`, or else 1
   */
  readonly maxConcurrentTransforms?: number;

  /**
   * What of a record the container gets, as JSONPath of at most 63 characters, such as `$[1:]` for all columns but the first.
   *
   * @default - all of it
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
   */
  readonly inputFilter?: string;

  /**
   * What of a record is written, as JSONPath of at most 63 characters, such as `$[0,-1]` for its id and its score.
   *
   * @default - all of it
   */
  readonly outputFilter?: string;

  /**
   * Whether each prediction is written together with its record: behind its columns in CSV, as `SageMakerOutput` in JSON. Objects and
   * answers must be of one kind; those of an ONNX model are JSON.
   *
   * @default false - only predictions, in the order of the records
   */
  readonly joinInput?: boolean;

  /**
   * Variables of the container beside those of the model, at most 16. They are no place for secrets.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * How long the container may take for a request, 1 second to 1 hour.
   *
   * @default Duration.minutes(10)
   */
  readonly invocationTimeout?: Duration;

  /**
   * How often a request that failed is repeated, 0 to 3.
   *
   * @default - as SageMaker does
   */
  readonly invocationRetries?: number;

  /**
   * How long a job may take before it is stopped, 10 minutes to 5 days. SageMaker stores nothing of a job that is stopped: its
   * objects are tried again in smaller jobs.
   *
   * @default - the batch's `deadline`
   */
  readonly jobTimeout?: Duration;

  /**
   * Jobs that one partition may cost in search of the objects that fail it, 1 to 100: a job that fails is followed by two with
   * half of what is missing each. What is still missing then is quarantined together. A model that fails on everything costs that
   * many jobs in the first partition, before the judge rejects it; with `Rollout.allAtOnce()` it does in every partition.
   *
   * @default 20
   */
  readonly maxJobsPerPartition?: number;

  /**
   * Whether what the container gets and answers is kept, in `capture/` of each run.
   *
   * @default false
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html
   */
  readonly dataCapture?: boolean;

  /**
   * The host's image, with another GPU driver: `al2-ami-sagemaker-batch-gpu-470` or `al2-ami-sagemaker-batch-gpu-535`.
   *
   * @default - SageMaker's default
   */
  readonly amiVersion?: string;

  /**
   * Network in which the containers run. A VPC of the app that has no gateway endpoint for Amazon S3 gets one, as objects and answers
   * go through it.
   *
   * @default - SageMaker's own, with a way to the internet
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets, at most 16.
   *
   * @default - the private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the containers, at most 5.
   *
   * @default - a new one that lets nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether the VPC gets a gateway endpoint for S3, if it has none. An endpoint costs nothing.
   *
   * @default - true for a VPC of this app, false for an imported one
   */
  readonly s3Endpoint?: boolean;

  /**
   * Whether the containers have no network at all.
   *
   * @default false
   */
  readonly networkIsolation?: boolean;
}
