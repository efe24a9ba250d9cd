/* eslint-disable @typescript-eslint/no-explicit-any -- templates are read as plain data */

/** A template without a mistake, written by hand; each call gives a copy to plant one in. */
export function correctTemplate(): any {
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
          MinCapacity: 1,
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
