/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const fn = (template: any) => template.Resources.Function.Properties;
const predict = (template: any) => template.Resources.Predict.Properties.Integration;
const stream = (template: any) => template.Resources.Stream.Properties.Integration;
const ask = (template: any) => template.Resources.Ask.Properties.Integration;

const mistakes: Mistakes = {
  'chain-rest-timeout': (t) => (fn(t).Timeout = 30),
  'chain-http-timeout': (t) => (t.Resources.Http.Properties.TimeoutInMillis = 5000),
  'chain-edge-timeout': (t) => {
    t.Resources.Api.Properties.EndpointConfiguration.Types = ['EDGE'];
    predict(t).TimeoutInMillis = 60_000;
  },
  'chain-stream-uri': (t) => (stream(t).Uri['Fn::Sub'] = predict(t).Uri['Fn::Sub'].replace('Function', 'Relay')),
  'chain-stream-mapped': (t) => (stream(t).Type = 'AWS'),
  'chain-stream-runtime': (t) => (t.Resources.Relay.Properties.Runtime = 'python3.13'),
  'chain-endpoint-invocation': (t) =>
    (ask(t).Uri['Fn::Sub'] = ask(t).Uri['Fn::Sub'].replace('/invocations', '/async-invocations')),
  'chain-record-beyond-function': (t) => (t.Resources.Events.Properties.MaxRecordSizeInKiB = 10_240),
  'chain-event-age': (t) => (t.Resources.Tries.Properties.MaximumEventAgeInSeconds = 120),
  'chain-events-lost': (t) => delete t.Resources.Tries,
};

function correct(): any {
  return {
    Parameters: { RoleArn: { Type: 'String' } },
    Resources: {
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { Ref: 'RoleArn' }, Runtime: 'python3.13', Timeout: 29 },
      },
      Api: {
        Type: 'AWS::ApiGateway::RestApi',
        Properties: { Name: 'chat', EndpointConfiguration: { Types: ['REGIONAL'] } },
      },
      Predict: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
          HttpMethod: 'POST',
          AuthorizationType: 'AWS_IAM',
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
      Relay: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { Ref: 'RoleArn' }, Runtime: 'nodejs24.x', Timeout: 300 },
      },
      Stream: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
          HttpMethod: 'PUT',
          AuthorizationType: 'AWS_IAM',
          Integration: {
            Type: 'AWS_PROXY',
            IntegrationHttpMethod: 'POST',
            ResponseTransferMode: 'STREAM',
            TimeoutInMillis: 360_000,
            Uri: {
              'Fn::Sub':
                'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2021-11-15/functions/${Relay.Arn}/response-streaming-invocations',
            },
          },
        },
      },
      HttpApi: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'chat', ProtocolType: 'HTTP' } },
      Http: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'HttpApi' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: { 'Fn::GetAtt': ['Function', 'Arn'] },
          PayloadFormatVersion: '2.0',
        },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [{ VariantName: 'main', InstanceType: 'ml.m5.large', InitialInstanceCount: 2 }],
        },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointName: 'chat', EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
      },
      Ask: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
          HttpMethod: 'PATCH',
          AuthorizationType: 'AWS_IAM',
          Integration: {
            Type: 'AWS',
            IntegrationHttpMethod: 'POST',
            Credentials: { Ref: 'RoleArn' },
            Uri: {
              'Fn::Sub':
                'arn:${AWS::Partition}:apigateway:${AWS::Region}:runtime.sagemaker:path//endpoints/${Endpoint.EndpointName}/invocations',
            },
          },
        },
      },
      Events: {
        Type: 'AWS::Kinesis::Stream',
        Properties: {
          StreamModeDetails: { StreamMode: 'ON_DEMAND' },
          StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
          MaxRecordSizeInKiB: 4096,
        },
      },
      ReadsEvents: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Events', 'Arn'] },
          FunctionName: { Ref: 'Function' },
          StartingPosition: 'TRIM_HORIZON',
          MaximumRetryAttempts: 5,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Aside', 'Arn'] } } },
        },
      },
      Aside: {
        Type: 'AWS::SQS::Queue',
        Properties: { KmsMasterKeyId: 'alias/jobs', MessageRetentionPeriod: 1_209_600 },
      },
      Tries: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: 'Function' },
          Qualifier: '$LATEST',
          MaximumEventAgeInSeconds: 3600,
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Aside', 'Arn'] } } },
        },
      },
      Nightly: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 day)',
          Targets: [{ Id: 'function', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } }],
        },
      },
    },
  };
}

/** What a gateway, a function, a stream and an endpoint allow each other. */
export const family: Family = { correct, mistakes };
