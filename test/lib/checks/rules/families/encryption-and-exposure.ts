/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;

const mistakes: Mistakes = {
  'bucket-public-allowed': (t) => delete properties(t, 'Captured').PublicAccessBlockConfiguration.BlockPublicPolicy,
  'bucket-public-acl': (t) => {
    properties(t, 'Captured').AccessControl = 'PublicRead';
    properties(t, 'Captured').OwnershipControls = { Rules: [{ ObjectOwnership: 'ObjectWriter' }] };
  },
  'bucket-policy-refused': (t) =>
    properties(t, 'CapturedPolicy').PolicyDocument.Statement.push({
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: { 'Fn::Sub': '${Captured.Arn}/*' },
    }),
  'bucket-without-tls': (t) => delete t.Resources.CapturedPolicy,
  'stream-unencrypted': (t) => delete properties(t, 'Records').StreamEncryption,
  'queue-unencrypted': (t) => (t.Resources.Jobs.Properties = { SqsManagedSseEnabled: false }),
  'alarm-topic-key': (t) => (properties(t, 'OnCall').KmsMasterKeyId = 'alias/aws/sns'),
  'queue-key-of-aws': (t) => (properties(t, 'Jobs').KmsMasterKeyId = 'alias/aws/sqs'),
  'rest-method-open': (t) => (properties(t, 'Predict').ApiKeyRequired = false),
  'rest-key-without-plan': (t) => {
    delete t.Resources.Plan;
    delete t.Resources.PlanKey;
  },
  'http-route-open': (t) => delete properties(t, 'Route').AuthorizationType,
  'function-url-open': (t) => (properties(t, 'Url').AuthType = 'NONE'),
  'cors-any-origin-with-credentials': (t) => (properties(t, 'Url').Cors.AllowOrigins = ['*']),
  'stage-without-access-log': (t) => delete properties(t, 'Stage').AccessLogSetting,
  'stage-logs-payloads': (t) => (properties(t, 'Stage').MethodSettings[0].DataTraceEnabled = true),
  'image-latest': (t) =>
    (properties(t, 'Model').PrimaryContainer.Image = {
      'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/chat:latest',
    }),
  'secret-in-environment': (t) =>
    (properties(t, 'Model').PrimaryContainer.Environment.HF_TOKEN = `hf_${'aBcDeFgHiJ'.repeat(3)}kLmN`),
};

function correct(): any {
  return {
    Parameters: { RoleArn: { Type: 'String' }, UserPool: { Type: 'String' } },
    Resources: {
      Captured: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            IgnorePublicAcls: true,
            BlockPublicPolicy: true,
            RestrictPublicBuckets: true,
          },
          LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 90 }] },
          NotificationConfiguration: {
            QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: { 'Fn::GetAtt': ['Jobs', 'Arn'] } }],
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
                Resource: [{ 'Fn::GetAtt': ['Captured', 'Arn'] }, { 'Fn::Sub': '${Captured.Arn}/*' }],
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      },
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          ExecutionRoleArn: { Ref: 'RoleArn' },
          PrimaryContainer: {
            Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/chat:1.4.0' },
            Environment: { WORKERS: '2' },
          },
        },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.m5.xlarge',
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
      Records: {
        Type: 'AWS::Kinesis::Stream',
        Properties: {
          StreamModeDetails: { StreamMode: 'ON_DEMAND' },
          StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        },
      },
      Jobs: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: 'alias/jobs' } },
      OnCall: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/alarms' } },
      Old: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateAgeOfOldestMessage',
          Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Jobs', 'QueueName'] } }],
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 5,
          Threshold: 600,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
          AlarmActions: [{ Ref: 'OnCall' }],
        },
      },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Role: { Ref: 'RoleArn' },
          PackageType: 'Image',
          Timeout: 10,
          Code: { ImageUri: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/fraud:1.4.0' } },
        },
      },
      Url: {
        Type: 'AWS::Lambda::Url',
        Properties: {
          AuthType: 'AWS_IAM',
          TargetFunctionArn: { 'Fn::GetAtt': ['Function', 'Arn'] },
          Cors: { AllowCredentials: true, AllowOrigins: ['https://example.com'] },
        },
      },
      Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'fraud' } },
      Path: {
        Type: 'AWS::ApiGateway::Resource',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ParentId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
          PathPart: 'predict',
        },
      },
      Predict: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ResourceId: { Ref: 'Path' },
          HttpMethod: 'POST',
          AuthorizationType: 'NONE',
          ApiKeyRequired: true,
          Integration: {
            Type: 'AWS_PROXY',
            IntegrationHttpMethod: 'POST',
            Uri: {
              'Fn::Sub':
                'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations',
            },
          },
        },
      },
      Deployment: {
        Type: 'AWS::ApiGateway::Deployment',
        Properties: { RestApiId: { Ref: 'Api' } },
        DependsOn: 'Predict',
      },
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
          MethodSettings: [
            {
              HttpMethod: '*',
              ResourcePath: '/*',
              ThrottlingRateLimit: 100,
              ThrottlingBurstLimit: 100,
              DataTraceEnabled: false,
            },
          ],
        },
      },
      Key: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Enabled: true } },
      Plan: {
        Type: 'AWS::ApiGateway::UsagePlan',
        Properties: { ApiStages: [{ ApiId: { Ref: 'Api' }, Stage: { Ref: 'Stage' } }] },
      },
      PlanKey: {
        Type: 'AWS::ApiGateway::UsagePlanKey',
        Properties: { KeyId: { Ref: 'Key' }, KeyType: 'API_KEY', UsagePlanId: { Ref: 'Plan' } },
      },
      HttpApi: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'fraud', ProtocolType: 'HTTP' } },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'HttpApi' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: { 'Fn::GetAtt': ['Function', 'Arn'] },
          PayloadFormatVersion: '2.0',
        },
      },
      Route: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'HttpApi' },
          RouteKey: 'POST /predict',
          AuthorizationType: 'AWS_IAM',
          Target: { 'Fn::Sub': 'integrations/${Integration}' },
        },
      },
    },
  };
}

/** Stores without encryption, what is open to everybody, and keys that are in the way. */
export const family: Family = { correct, mistakes };
