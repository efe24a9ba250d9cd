/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;

const mistakes: Mistakes = {
  'alarm-metric-off': (t) => delete properties(t, 'Stage').MethodSettings[0].MetricsEnabled,
  'alarm-gpu-of-processor': (t) => (properties(t, 'Config').ProductionVariants[0].InstanceType = 'ml.m7i.12xlarge'),
  'alarm-utilization-scale': (t) => (properties(t, 'Gpus').Threshold = 85),
  'alarm-utilization-unreachable': (t) => (properties(t, 'Gpus').Threshold = 400),
};

function alarm(namespace: string, metric: string, threshold: number, dimensions: Record<string, unknown>) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 10,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: 'Topic' }],
    },
  };
}

function correct(): any {
  return {
    Resources: {
      Topic: { Type: 'AWS::SNS::Topic' },
      Model: { Type: 'AWS::SageMaker::Model', Properties: {} },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.g6e.12xlarge',
              InitialInstanceCount: 1,
            },
          ],
        },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointName: 'chat', EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
      },
      Gpus: alarm('/aws/sagemaker/Endpoints', 'GPUUtilization', 340, { EndpointName: 'chat', VariantName: 'main' }),
      Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'chat' } },
      Deployment: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: { Ref: 'Api' } } },
      AccessLogs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 90 } },
      Stage: {
        Type: 'AWS::ApiGateway::Stage',
        Properties: {
          RestApiId: { Ref: 'Api' },
          DeploymentId: { Ref: 'Deployment' },
          StageName: 'live',
          AccessLogSetting: {
            DestinationArn: { 'Fn::GetAtt': ['AccessLogs', 'Arn'] },
            Format: '$context.requestId $context.status',
          },
          MethodSettings: [{ HttpMethod: '*', ResourcePath: '/*', MetricsEnabled: true }],
        },
      },
      Failures: alarm('AWS/ApiGateway', '5XXError', 0.05, {
        ApiName: 'chat',
        Stage: { Ref: 'Stage' },
        Method: 'POST',
        Resource: '/predict',
      }),
    },
  };
}

/** Alarms on metrics that have to be switched on, and on sums over processors and GPUs. */
export const family: Family = { correct, mistakes };
