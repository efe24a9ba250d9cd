import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Model } from './model/model';
import type { InferenceAlarms } from './monitoring/inference-alarms';
import type { InferenceDashboard } from './monitoring/inference-dashboard';
import type { RolloutPlan } from './rollout/rollout-plan';

/** What every way of serving a model offers. Switching the pattern is switching the class. */
export interface IInference extends IConstruct {
  /** The model that is served. */
  readonly model: Model;

  /** The alarms; add your own with `alarms.add`. */
  readonly alarms: InferenceAlarms;

  /** The dashboard, unless it was declined. */
  readonly dashboard?: InferenceDashboard;

  /** What will happen when a new version is deployed. */
  readonly rolloutPlan: RolloutPlan;

  /** Allows a principal to ask for predictions, and nothing else. */
  grantInvoke(grantee: iam.IGrantable): iam.Grant;

  /** A metric that the service publishes for this deployment, by its official name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}
