import type { CfnResource } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import type { IDependable } from 'constructs';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { InferenceDashboard } from '../monitoring/inference-dashboard';
import type { Rollout } from '../rollout/rollout';
import type { RolloutPlan } from '../rollout/rollout-plan';
import type { StagedController } from '../rollout/staged-controller';
import type { EndpointVariant } from './endpoint-variant';
import type { EndpointThresholds, WatchedVariant } from './variant-alarms';
import type { RealtimeEndpointProps } from './realtime-endpoint-props';

/** What an endpoint is made of, whoever makes it. */
export interface DeliveredEndpoint {
  readonly props: RealtimeEndpointProps;
  readonly endpointName: string;
  readonly endpointArn: string;
  readonly config: sagemaker.CfnEndpointConfig;
  readonly role: iam.IRole;
  readonly rollout: () => Rollout;
  readonly variants: readonly EndpointVariant[];
  readonly thresholds: EndpointThresholds;
  /** What must be there before the endpoint. */
  readonly ready: readonly IDependable[];
}

/** Makes the endpoint of a configuration, and brings it from one to the next. */
export interface EndpointDelivery {
  /** Whoever needs the endpoint waits for it. */
  readonly resource: CfnResource;
  readonly rollbackAlarms: cloudwatch.IAlarm[];
  readonly plan: RolloutPlan;
  readonly controller?: StagedController;
  /** Guards and scales one more variant; answers under which names it may serve. */
  deliver(variant: EndpointVariant, watched: WatchedVariant): readonly WatchedVariant[];
  /** Whatever looks at the endpoint, and is to come after it. */
  watch(alarms: InferenceAlarms, dashboard: InferenceDashboard | undefined): void;
}
