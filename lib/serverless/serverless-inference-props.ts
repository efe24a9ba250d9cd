import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { OnnxModel } from '../model/model';
import type { ServerlessAlarmSettings } from './serverless-alarm-settings';
import type { Rollout } from '../rollout/rollout';
import type { Scaling } from '../scaling/scaling';
import type { InferenceHandler } from './inference-handler';

/** Properties of `ServerlessInference`. */
export interface ServerlessInferenceProps {
  /** The model to serve. */
  readonly model: OnnxModel;

  /**
   * What answers the requests.
   *
   * @default InferenceHandler.onnx()
   */
  readonly handler?: InferenceHandler;

  /**
   * How a new version takes over.
   *
   * @default - canary: 10 % for 5 minutes, then all
   */
  readonly rollout?: Rollout;

  /**
   * Name of the alias that callers use. With another name there is another alias: callers outside of this app have to be told.
   *
   * @default 'live'
   */
  readonly aliasName?: string;

  /**
   * Environments that are ready before a request comes.
   *
   * @default - none: nothing is paid for idle time, and a request that finds no free environment waits for a cold start
   */
  readonly scaling?: Scaling;

  /**
   * What is watched, and who is told.
   *
   * @default - all alarms with their default thresholds, and nobody is told
   */
  readonly alarms?: ServerlessAlarmSettings;

  /**
   * Whether there is a dashboard. A dashboard costs a few dollars a month after the account's first three.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Processor. The model runs on either; arm64 costs a fifth less per millisecond.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Memory, 128 to 10,240 MiB. Processing power grows with it: 1,769 MiB are one whole processor.
   *
   * @default - 1,769 MiB, or more if the model is large; `sizingReasons` says why
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  readonly memorySize?: Size;

  /**
   * Longest time for one call, 1 to 900 seconds. An API in front of the function gives up after 29 seconds.
   *
   * @default - 10 seconds, or more if the model has to be fetched at start, at most 28
   */
  readonly timeout?: Duration;

  /**
   * Size of `/tmp`, 512 to 10,240 MiB.
   *
   * @default - 512 MiB, and room for the model where it has to be fetched at start
   */
  readonly ephemeralStorage?: Size;

  /**
   * Concurrent executions kept for this function, which is also the most it gets; 0 switches it off.
   *
   * @default - none kept: it shares the account's quota, and a busy neighbour may leave it nothing
   */
  readonly reservedConcurrency?: number;

  /**
   * Where an asynchronous request goes that failed for good: a queue or topic, with the request in full.
   *
   * @default - an encrypted queue of its own, kept for 14 days
   */
  readonly failureDestination?: lambda.IDestination;

  /**
   * Whether the function has an HTTPS address of its own, for callers that sign with IAM. It has neither request
   * validation before the function nor throttling: `InferenceApi` has both.
   *
   * @default false
   */
  readonly functionUrl?: boolean;

  /**
   * How long logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Whether calls are traced with AWS X-Ray.
   *
   * @default Tracing.ACTIVE
   */
  readonly tracing?: lambda.Tracing;

  /**
   * Key for the environment, the logs and the failure queue. It must allow CloudWatch Logs to use it: for a key of this
   * app that permission is added, for an imported key it must be there.
   *
   * @default - encrypted with keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Network to run in. A model that is fetched from S3 then needs a way there, such as a gateway endpoint.
   *
   * @default - no network of yours: the function can reach the internet
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of `vpc`.
   *
   * @default - its private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups in `vpc`.
   *
   * @default - a new one
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What happens to logs and failed requests when this is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
