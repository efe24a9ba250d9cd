/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const deployment = (template: any) => template.Resources.Endpoint.Properties.DeploymentConfig;
const routing = (template: any) => deployment(template).BlueGreenUpdatePolicy.TrafficRoutingConfiguration;
const variants = (template: any) => template.Resources.Config.Properties.ProductionVariants;
const fleet = (template: any) => template.Resources.NewFleet.Properties;
const target = (template: any) => template.Resources.Instances.Properties;
const policy = (template: any) =>
  template.Resources.FollowsRequests.Properties.TargetTrackingScalingPolicyConfiguration;
const slow = (template: any) => template.Resources.Slow.Properties;

/** Variants that are not made of instances, or an endpoint that is not real-time: nothing of instances is scaled or shifted. */
function unscaled(template: any): void {
  delete template.Resources.Instances;
  delete template.Resources.FollowsRequests;
}

function serverless(template: any, config: object): void {
  unscaled(template);
  delete template.Resources.Endpoint.Properties.DeploymentConfig;
  fleet(template).AlarmActions = [{ Ref: 'Topic' }];
  variants(template)[0] = {
    VariantName: 'main',
    ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5, ...config },
  };
}

function asynchronous(template: any): void {
  template.Resources.Config.Properties.AsyncInferenceConfig = {
    OutputConfig: { S3OutputPath: 's3://results/chat', S3FailurePath: 's3://failures/chat' },
  };
}

function rolling(template: any, percent: number): void {
  deployment(template).BlueGreenUpdatePolicy = undefined;
  deployment(template).RollingUpdatePolicy = {
    MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: percent },
    WaitIntervalInSeconds: 300,
    MaximumExecutionTimeoutInSeconds: 3600,
  };
}

const mistakes: Mistakes = {
  'endpoint-two-policies': (t) => {
    deployment(t).RollingUpdatePolicy = {
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 25 },
      WaitIntervalInSeconds: 60,
    };
  },
  'endpoint-canary-without-size': (t) => delete routing(t).CanarySize,
  'endpoint-canary-size': (t) => (routing(t).CanarySize.Value = 80),
  'endpoint-linear-without-size': (t) => {
    routing(t).Type = 'LINEAR';
    delete routing(t).CanarySize;
  },
  'endpoint-linear-size': (t) => {
    variants(t)[0].InitialInstanceCount = 20;
    routing(t).Type = 'LINEAR';
    routing(t).LinearStepSize = { Type: 'CAPACITY_PERCENT', Value: 5 };
    deployment(t).BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = 28_800;
  },
  'endpoint-rolling-size': (t) => rolling(t, 75),
  'endpoint-step-below-instance': (t) => (routing(t).CanarySize.Value = 20),
  'endpoint-rolling-variants': (t) => {
    variants(t).push({ VariantName: 'other', InstanceType: 'ml.m5.large', InitialInstanceCount: 4 });
    rolling(t, 25);
  },
  'endpoint-serverless-shift': (t) => {
    unscaled(t);
    variants(t)[0] = { VariantName: 'main', ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 } };
  },
  'endpoint-inf1-shift': (t) => (variants(t)[0].InstanceType = 'ml.inf1.xlarge'),
  'endpoint-waits-beyond-timeout': (t) => (deployment(t).BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = 1200),
  'endpoint-wait-range': (t) => {
    routing(t).WaitIntervalInSeconds = 3601;
    deployment(t).BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = 28_800;
  },
  'endpoint-timeout-range': (t) => (deployment(t).BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds = 28_801),
  'endpoint-no-final-bake': (t) => (deployment(t).BlueGreenUpdatePolicy.TerminationWaitInSeconds = 0),
  'endpoint-no-rollback-alarm': (t) => {
    delete deployment(t).AutoRollbackConfiguration;
    fleet(t).AlarmActions = [{ Ref: 'Topic' }];
  },
  'endpoint-rollback-alarm-count': (t) =>
    deployment(t).AutoRollbackConfiguration.Alarms.push(
      ...Array.from({ length: 10 }, (_, index) => ({ AlarmName: `mine-${index}` })),
    ),
  'endpoint-rollback-alarm-arn': (t) =>
    (deployment(t).AutoRollbackConfiguration.Alarms[0].AlarmName = { 'Fn::GetAtt': ['NewFleet', 'Arn'] }),
  'endpoint-rollback-composite': (t) => {
    t.Resources.Page = { Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmRule: 'FALSE' } };
    deployment(t).AutoRollbackConfiguration.Alarms.push({ AlarmName: { Ref: 'Page' } });
  },
  'endpoint-rollback-both-fleets': (t) => fleet(t).Dimensions.pop(),
  'variant-volume-on-nvme': (t) => (variants(t)[0].VolumeSizeInGB = 100),
  'variant-key-on-nvme': (t) => (t.Resources.Config.Properties.KmsKeyId = 'alias/volumes'),
  'variant-no-instance': (t) => {
    variants(t)[0].InitialInstanceCount = 0;
    delete t.Resources.Endpoint.Properties.DeploymentConfig;
    fleet(t).AlarmActions = [{ Ref: 'Topic' }];
  },
  'variant-count': (t) =>
    variants(t).push(
      ...Array.from({ length: 10 }, (_, index) => ({
        VariantName: `v${index}`,
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 4,
      })),
    ),
  'serverless-memory': (t) => serverless(t, { MemorySizeInMB: 1500 }),
  'serverless-concurrency': (t) => serverless(t, { MaxConcurrency: 201 }),
  'serverless-provisioned': (t) => serverless(t, { ProvisionedConcurrency: 6 }),
  'serverless-variants': (t) => {
    serverless(t, {});
    variants(t).push({ VariantName: 'other', ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 } });
  },
  'serverless-capture': (t) => {
    serverless(t, {});
    t.Resources.Config.Properties.DataCaptureConfig = { EnableCapture: true };
  },
  'config-fixed-name': (t) => (t.Resources.Config.Properties.EndpointConfigName = 'chat'),
  'model-fixed-name': (t) => (t.Resources.Model.Properties.ModelName = 'chat'),
  'scaling-min-over-max': (t) => (target(t).MaxCapacity = 0.5),
  'scaling-realtime-zero': (t) => {
    target(t).MinCapacity = 0;
    delete t.Resources.Endpoint.Properties.DeploymentConfig;
    fleet(t).AlarmActions = [{ Ref: 'Topic' }];
  },
  'scaling-unknown-variant': (t) => (target(t).ResourceId = 'endpoint/chat/variant/AllTraffic'),
  'scaling-burstable': (t) => (variants(t)[0].InstanceType = 'ml.t2.medium'),
  'scaling-without-policy': (t) => delete t.Resources.FollowsRequests,
  'scaling-not-retained': (t) => delete t.Resources.Endpoint.Properties.RetainAllVariantProperties,
  'scaling-metric-of-other-target': (t) =>
    (policy(t).PredefinedMetricSpecification.PredefinedMetricType = 'LambdaProvisionedConcurrencyUtilization'),
  'scaling-realtime-metric-of-async': (t) => {
    asynchronous(t);
    policy(t).PredefinedMetricSpecification.PredefinedMetricType = 'SageMakerVariantInvocationsPerInstance';
  },
  'scaling-async-metric-of-realtime': (t) => {
    delete policy(t).PredefinedMetricSpecification;
    policy(t).CustomizedMetricSpecification = {
      Namespace: 'AWS/SageMaker',
      MetricName: 'ApproximateBacklogSizePerInstance',
      Dimensions: [{ Name: 'EndpointName', Value: 'chat' }],
      Statistic: 'Average',
    };
  },
  'alarm-metric-unknown': (t) => (slow(t).MetricName = 'duration'),
  'alarm-without-dimensions': (t) => {
    slow(t).Namespace = 'AWS/Kinesis';
    slow(t).MetricName = 'GetRecords.IteratorAgeMilliseconds';
    delete slow(t).Dimensions;
  },
  'alarm-dimensions': (t) => (fleet(t).Dimensions[0].Name = 'Endpoint'),
  'alarm-statistic': (t) => {
    fleet(t).MetricName = 'OverheadLatency';
  },
  'alarm-async-metric': (t) => {
    fleet(t).MetricName = 'ApproximateBacklogSizePerInstance';
    fleet(t).Dimensions = [{ Name: 'EndpointName', Value: 'chat' }];
    deployment(t).AutoRollbackConfiguration.Alarms = [{ AlarmName: 'mine' }];
    fleet(t).AlarmActions = [{ Ref: 'Topic' }];
  },
  'alarm-realtime-metric': (t) => {
    asynchronous(t);
    fleet(t).MetricName = 'Invocations';
    fleet(t).Statistic = 'Sum';
    delete fleet(t).ExtendedStatistic;
  },
  'alarm-unknown-variant': (t) => (fleet(t).Dimensions[1].Value = 'AllTraffic'),
  'alarm-microseconds': (t) => (fleet(t).Threshold = 400),
  'alarm-threshold-unreachable': (t) => (slow(t).Threshold = 10_000),
  'alarm-missing-data': (t) => delete slow(t).TreatMissingData,
  'alarm-datapoints': (t) => (slow(t).DatapointsToAlarm = 6),
  'alarm-period': (t) => (slow(t).Period = 90),
  'alarm-window': (t) => (slow(t).EvaluationPeriods = 1441),
  'alarm-no-effect': (t) => delete slow(t).AlarmActions,
};

function correct(): any {
  return {
    Parameters: { Weight: { Type: 'Number' } },
    Mappings: { Sizes: { small: { count: 4 } } },
    Resources: {
      Model: { Type: 'AWS::SageMaker::Model', Properties: {} },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.g6e.2xlarge',
              InitialInstanceCount: { 'Fn::FindInMap': ['Sizes', 'small', 'count'] },
              InitialVariantWeight: { Ref: 'Weight' },
            },
          ],
        },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'chat',
          EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
          RetainAllVariantProperties: true,
          DeploymentConfig: {
            AutoRollbackConfiguration: { Alarms: [{ AlarmName: { Ref: 'NewFleet' } }] },
            BlueGreenUpdatePolicy: {
              TerminationWaitInSeconds: 600,
              MaximumExecutionTimeoutInSeconds: 3600,
              TrafficRoutingConfiguration: {
                Type: 'CANARY',
                WaitIntervalInSeconds: 600,
                CanarySize: { Type: 'CAPACITY_PERCENT', Value: 25 },
              },
            },
          },
        },
      },
      Instances: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'sagemaker',
          ResourceId: 'endpoint/chat/variant/main',
          ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
          MinCapacity: 4,
          MaxCapacity: 8,
        },
        DependsOn: ['Endpoint'],
      },
      FollowsRequests: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'requests',
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: 'Instances' },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 4,
            PredefinedMetricSpecification: {
              PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
            },
          },
        },
      },
      NewFleet: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/SageMaker',
          MetricName: 'ModelLatency',
          ExtendedStatistic: 'p99',
          Period: 60,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 1,
          Threshold: 400_000,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
          Dimensions: [
            { Name: 'EndpointName', Value: 'chat' },
            { Name: 'VariantName', Value: 'main' },
            { Name: 'EndpointConfigName', Value: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
          ],
        },
      },
      Function: { Type: 'AWS::Lambda::Function', Properties: { Timeout: 10 } },
      Topic: { Type: 'AWS::SNS::Topic' },
      Slow: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/Lambda',
          MetricName: 'Duration',
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 5,
          Threshold: 5000,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
          AlarmActions: [{ Ref: 'Topic' }],
          Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Function' } }],
        },
      },
      Ratio: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Metrics: [
            { Id: 'ratio', Expression: 'errors / requests' },
            {
              Id: 'requests',
              ReturnData: false,
              MetricStat: {
                Stat: 'Sum',
                Period: 60,
                Metric: {
                  Namespace: 'AWS/Lambda',
                  MetricName: 'Invocations',
                  Dimensions: [
                    { Name: 'FunctionName', Value: { Ref: 'Function' } },
                    { Name: 'Resource', Value: { 'Fn::Sub': '${Function}:live' } },
                  ],
                },
              },
            },
          ],
          EvaluationPeriods: 5,
          Threshold: 0.05,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
          AlarmActions: [{ Ref: 'Topic' }],
        },
      },
    },
  };
}

/** Endpoints, their variants and scaling, and alarms. */
export const family: Family = { correct, mistakes };
