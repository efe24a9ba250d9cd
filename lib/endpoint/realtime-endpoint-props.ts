import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Model } from '../model/model';
import type { Rollout } from '../rollout/rollout';
import type { Scaling } from '../scaling/scaling';
import type { Capacity } from './capacity';
import type { DataCapture } from './data-capture';
import type { EndpointAlarmSettings } from './endpoint-alarm-settings';
import type { Routing } from './routing';

/** What one variant of an endpoint is made of. */
export interface EndpointVariantProps {
  /** The model: a container, or an ONNX model, which the library's own container serves on processors. */
  readonly model: Model;

  /** On what it runs. */
  readonly capacity: Capacity;

  /**
   * Share of the requests, beside the weights of the other variants. 0 gets none but those that ask for the variant by
   * name: a dark launch.
   *
   * @default 1
   */
  readonly weight?: number;

  /**
   * How the number of instances follows the traffic.
   *
   * @default - `Scaling.concurrentRequests({ target: 5 })` where the capacity's `max` is above its `min`, else none
   */
  readonly scaling?: Scaling;

  /**
   * How requests find an instance among several.
   *
   * @default Routing.leastOutstandingRequests()
   */
  readonly routing?: Routing;

  /**
   * Size of the disk of each instance, 1 to 512 GiB, in whole GiB. Only for types without disks of their own.
   *
   * @default - SageMaker's; twice the model and 10 GiB, where the model is known to have more than 15 GiB
   */
  readonly volumeSize?: Size;

  /**
   * How long fetching the model's files may take, 1 to 60 minutes.
   *
   * @default - 5 minutes, and 20 seconds more for each GiB of the model where its size or its need of memory is known
   */
  readonly downloadTimeout?: Duration;

  /**
   * How long the container may take until it answers its first health check, 1 to 60 minutes.
   *
   * @default - 8 minutes, and 30 seconds more for each GiB of the model where its size or its need of memory is known
   */
  readonly startupTimeout?: Duration;
}

/** Properties of a `RealtimeEndpoint`. */
export interface RealtimeEndpointProps extends EndpointVariantProps {
  /**
   * Name of the endpoint, at most 63 letters, digits and inner hyphens. Changing it makes another endpoint.
   *
   * @default - made from the path of the construct: the same at each synthesis
   */
  readonly endpointName?: string;

  /**
   * How a new version takes over.
   *
   * @default - one instance first for 10 minutes, then the others, watched for 10 more; with a single instance, or
   * serverless, all at once and watched for 10 minutes
   */
  readonly rollout?: Rollout;

  /**
   * Thresholds of the alarms, and whom they tell.
   *
   * @default - all thresholds at their defaults, and nobody is told
   */
  readonly alarms?: EndpointAlarmSettings;

  /**
   * Whether there is a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Longest time for one request. SageMaker gives up after 60 seconds, and knows no other bound: say here what the model
   * keeps, for the alarms and for an API in front, which gives up after 29 seconds.
   *
   * @default Duration.seconds(60)
   */
  readonly timeout?: Duration;

  /**
   * Requests and answers that are kept in S3.
   *
   * @default - none: neither drift nor a strange answer can be looked into later
   */
  readonly dataCapture?: DataCapture;

  /**
   * Whether the containers have no network at all, also none to AWS. A model that comes from a hub cannot be fetched then.
   *
   * @default false
   */
  readonly networkIsolation?: boolean;

  /**
   * The network that the containers are in.
   *
   * @default - one of SageMaker's own, with access to the internet
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets, at most 16.
   *
   * @default - the private ones, or the isolated ones if there are none
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups, at most 5.
   *
   * @default - a new one, which lets everything out and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether to give the VPC a gateway endpoint for S3, which containers need to fetch their model where there is no way to
   * the internet. It costs nothing.
   *
   * @default - for a VPC that this app makes and that has none yet
   */
  readonly s3Endpoint?: boolean;

  /**
   * Key for what lies on disks, for what is captured and for logs. Disks of instance types with disks of their own take no
   * key: they are encrypted by the instance, with a key that is gone with it. Beside such instances SageMaker takes no key
   * for the volumes of other variants either.
   *
   * @default - encrypted with keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The role that the containers run with. It is given what they need, if it is one of this app.
   *
   * @default - a new one, with exactly what they need
   */
  readonly role?: iam.IRole;

  /**
   * How long the containers' logs are kept. With it the log group is made by this stack.
   *
   * @default - SageMaker makes the log group, and keeps the logs for ever
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group, if this stack makes it, when it is removed from the stack. A group that was kept must
   * be deleted by hand before an endpoint of the same name can have one again.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether SageMaker reads the containers' own metrics and publishes them, at CloudWatch's price for custom metrics.
   *
   * @default false - AWS's own default is true
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricsConfig.html
   */
  readonly detailedObservability?: boolean;
}
