/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const config = (template: any) => template.Resources.Config.Properties;
const output = (template: any) => config(template).AsyncInferenceConfig.OutputConfig;

const mistakes: Mistakes = {
  'async-variants': (t) => config(t).ProductionVariants.push({ ...config(t).ProductionVariants[0], VariantName: 'b' }),
  'async-serverless': (t) => {
    for (const gone of ['Instances', 'FollowsBacklog', 'LeavesZero', 'Waits']) {
      delete t.Resources[gone];
    }
    config(t).ProductionVariants[0] = {
      VariantName: 'main',
      ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 },
    };
  },
  'async-shadow': (t) =>
    (config(t).ShadowProductionVariants = [{ ...config(t).ProductionVariants[0], VariantName: 'shadow' }]),
  'async-failures-vanish': (t) => {
    delete output(t).S3FailurePath;
    delete output(t).NotificationConfig;
  },
  'async-failures-among-results': (t) => (output(t).S3FailurePath = 's3://answers/results/failed'),
  'async-sleeps-on': (t) => {
    delete t.Resources.LeavesZero;
    t.Resources.Waits.Properties.AlarmActions = [{ Ref: 'Topic' }];
  },
  'async-backlog-dimensions': (t) =>
    t.Resources.FollowsBacklog.Properties.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Dimensions.push(
      { Name: 'VariantName', Value: 'main' },
    ),
  'async-wake-threshold': (t) => (t.Resources.Waits.Properties.ComparisonOperator = 'GreaterThanThreshold'),
};

function correct(): any {
  return {
    Resources: {
      Model: { Type: 'AWS::SageMaker::Model', Properties: {} },
      Topic: { Type: 'AWS::SNS::Topic' },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.g5.xlarge',
              InitialInstanceCount: 1,
            },
          ],
          AsyncInferenceConfig: {
            ClientConfig: { MaxConcurrentInvocationsPerInstance: 2 },
            OutputConfig: {
              S3OutputPath: 's3://answers/results',
              S3FailurePath: 's3://answers/results-that-failed',
              NotificationConfig: { ErrorTopic: { Ref: 'Topic' } },
            },
          },
        },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'images',
          EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
          RetainAllVariantProperties: true,
        },
      },
      Instances: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'sagemaker',
          ResourceId: 'endpoint/images/variant/main',
          ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
          MinCapacity: 0,
          MaxCapacity: 4,
        },
        DependsOn: ['Endpoint'],
      },
      FollowsBacklog: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'backlog',
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: 'Instances' },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 5,
            CustomizedMetricSpecification: {
              Namespace: 'AWS/SageMaker',
              MetricName: 'ApproximateBacklogSizePerInstance',
              Statistic: 'Average',
              Dimensions: [{ Name: 'EndpointName', Value: 'images' }],
            },
          },
        },
      },
      LeavesZero: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'wake',
          PolicyType: 'StepScaling',
          ScalingTargetId: { Ref: 'Instances' },
          StepScalingPolicyConfiguration: {
            AdjustmentType: 'ChangeInCapacity',
            Cooldown: 300,
            StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
          },
        },
      },
      Waits: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/SageMaker',
          MetricName: 'HasBacklogWithoutCapacity',
          Statistic: 'Average',
          Period: 60,
          EvaluationPeriods: 2,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'missing',
          AlarmActions: [{ Ref: 'LeavesZero' }],
          Dimensions: [{ Name: 'EndpointName', Value: 'images' }],
        },
      },
    },
  };
}

/** An endpoint that is scaled to zero while nobody asks. */
export const family: Family = { correct, mistakes };
