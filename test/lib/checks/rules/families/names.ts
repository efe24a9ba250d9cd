/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;

const mistakes: Mistakes = {
  'name-of-replaced': (t) => (properties(t, 'Config').EndpointConfigName = { 'Fn::Sub': '${AWS::StackName}-chat' }),
  'name-refused': (t) => (properties(t, 'Endpoint').EndpointName = { 'Fn::Sub': '${AWS::StackName}_chat' }),
  'name-twice': (t) => (properties(t, 'Other').QueueName = 'jobs'),
  'name-variant': (t) => {
    const variants = properties(t, 'Config').ProductionVariants;
    variants.push({ ...variants[0] });
  },
  'name-fifo': (t) => (properties(t, 'Ordered').QueueName = { 'Fn::Sub': '${AWS::StackName}-ordered' }),
  'name-without-order': (t) => delete t.Resources.Instances.DependsOn,
};

function correct(): any {
  return {
    Resources: {
      Model: { Type: 'AWS::SageMaker::Model', Properties: {} },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.m7i.large',
              InitialInstanceCount: 2,
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
        },
      },
      Instances: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'sagemaker',
          ResourceId: 'endpoint/chat/variant/main',
          ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
          MinCapacity: 2,
          MaxCapacity: 4,
        },
        DependsOn: 'Endpoint',
      },
      FollowsRequests: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'requests',
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: 'Instances' },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 600,
            PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
          },
        },
      },
      Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
      Other: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'other' } },
      Ordered: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: { 'Fn::Sub': '${AWS::StackName}-ordered.fifo' }, FifoQueue: true },
      },
    },
  };
}

/** Names that AWS refuses, that are taken, or that are used too early. */
export const family: Family = { correct, mistakes };
