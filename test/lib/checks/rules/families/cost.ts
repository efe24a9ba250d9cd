/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;
const chat = (template: any) => properties(template, 'ChatConfig').ProductionVariants[0];
const rules = (template: any, id: string) => properties(template, id).LifecycleConfiguration.Rules;

const mistakes: Mistakes = {
  'cost-fleet-fixed': (t) => {
    delete t.Resources.Instances;
    delete t.Resources.FollowsRequests;
  },
  'cost-async-idle': (t) => {
    delete t.Resources.Instances;
    delete t.Resources.FollowsRequests;
    chat(t).InitialInstanceCount = 1;
    properties(t, 'ChatConfig').AsyncInferenceConfig = {
      OutputConfig: { S3OutputPath: 's3://answers/ok', S3FailurePath: 's3://failures/chat' },
    };
  },
  'cost-zero-held': (t) => (properties(t, 'Copies').MinCapacity = 1),
  'cost-no-budget': (t) => (properties(t, 'Instances').MaxCapacity = 10),
  'cost-provisioned-fixed': (t) =>
    (properties(t, 'Live').ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: 5 }),
  'cost-schedule-only-up': (t) => properties(t, 'Instances').ScheduledActions.pop(),
  'cost-logs-forever': (t) => delete properties(t, 'Logs').RetentionInDays,
  'cost-versions-forever': (t) => delete rules(t, 'Captured')[0].NoncurrentVersionExpiration,
  'cost-requests-forever': (t) => delete rules(t, 'Captured')[0].ExpirationInDays,
  'cost-uploads-abandoned': (t) => rules(t, 'Files').pop(),
  'cost-nat-for-s3': (t) => delete t.Resources.S3,
};

function correct(): any {
  return {
    Parameters: { RoleArn: { Type: 'String' } },
    Resources: {
      Network: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
      Public: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Network' }, CidrBlock: '10.0.0.0/24' } },
      Private: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Network' }, CidrBlock: '10.0.1.0/24' } },
      Outbound: { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: { Ref: 'Public' } } },
      S3: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: {
          VpcId: { Ref: 'Network' },
          ServiceName: { 'Fn::Sub': 'com.amazonaws.${AWS::Region}.s3' },
        },
      },
      Files: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          LifecycleConfiguration: {
            Rules: [
              { Status: 'Disabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
              { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
            ],
          },
        },
      },
      Captured: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          VersioningConfiguration: { Status: 'Enabled' },
          LifecycleConfiguration: {
            Rules: [{ Status: 'Enabled', ExpirationInDays: 90, NoncurrentVersionExpiration: { NoncurrentDays: 7 } }],
          },
        },
      },
      CapturedPolicy: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: {
          Bucket: { Ref: 'Captured' },
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Deny',
                Principal: '*',
                Action: 's3:*',
                Resource: { 'Fn::Sub': '${Captured.Arn}/*' },
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      },
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          PrimaryContainer: { ModelDataUrl: { 'Fn::Sub': 's3://${Files}/chat.tar.gz' } },
          VpcConfig: { Subnets: [{ Ref: 'Private' }], SecurityGroupIds: ['sg-1'] },
        },
      },
      ChatConfig: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.g6e.2xlarge',
              InitialInstanceCount: 2,
            },
          ],
          DataCaptureConfig: {
            EnableCapture: true,
            InitialSamplingPercentage: 10,
            DestinationS3Uri: { 'Fn::Sub': 's3://${Captured}/captured' },
            CaptureOptions: [{ CaptureMode: 'Input' }],
          },
        },
      },
      Chat: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'chat',
          EndpointConfigName: { 'Fn::GetAtt': ['ChatConfig', 'EndpointConfigName'] },
          RetainAllVariantProperties: true,
        },
      },
      Instances: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'sagemaker',
          ResourceId: 'endpoint/chat/variant/main',
          ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
          MinCapacity: 1,
          MaxCapacity: 9,
          ScheduledActions: [
            {
              ScheduledActionName: 'morning',
              Schedule: 'cron(0 6 * * ? *)',
              ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 9 },
            },
            {
              ScheduledActionName: 'evening',
              Schedule: 'cron(0 20 * * ? *)',
              ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 9 },
            },
          ],
        },
        DependsOn: 'Chat',
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
      SharedConfig: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              InstanceType: 'ml.g5.2xlarge',
              InitialInstanceCount: 1,
              ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 0, MaxInstanceCount: 2 },
            },
          ],
        },
      },
      Shared: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'shared',
          EndpointConfigName: { 'Fn::GetAtt': ['SharedConfig', 'EndpointConfigName'] },
        },
      },
      Component: {
        Type: 'AWS::SageMaker::InferenceComponent',
        Properties: {
          InferenceComponentName: 'sort',
          EndpointName: { 'Fn::GetAtt': ['Shared', 'EndpointName'] },
          VariantName: 'main',
          Specification: { ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] } },
          RuntimeConfig: { CopyCount: 1 },
        },
      },
      Copies: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'sagemaker',
          ResourceId: 'inference-component/sort',
          ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
          MinCapacity: 0,
          MaxCapacity: 4,
        },
        DependsOn: 'Component',
      },
      FollowsCopies: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'copies',
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: 'Copies' },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 5,
            PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerInferenceComponentInvocationsPerCopy' },
          },
        },
      },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { Ref: 'RoleArn' }, Timeout: 10, MemorySize: 2048 },
      },
      Version: {
        Type: 'AWS::Lambda::Version',
        DeletionPolicy: 'Retain',
        Properties: { FunctionName: { Ref: 'Function' } },
      },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: 'live',
          FunctionName: { Ref: 'Function' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 4 },
        },
      },
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 90 } },
    },
  };
}

/** What is paid for and not needed. */
export const family: Family = { correct, mistakes };
