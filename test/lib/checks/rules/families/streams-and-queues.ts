/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const events = (template: any) => template.Resources.ReadsEvents.Properties;
const orders = (template: any) => template.Resources.ReadsOrders.Properties;
const work = (template: any) => template.Resources.Works.Properties;
const jobs = (template: any) => template.Resources.Jobs.Properties;
const aside = (template: any) => template.Resources.Aside.Properties;

const fifo = { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true, KmsMasterKeyId: 'alias/jobs' } };

const mistakes: Mistakes = {
  'stream-retries-for-ever': (t) => delete events(t).MaximumRetryAttempts,
  'stream-failures-lost': (t) => delete events(t).DestinationConfig,
  'stream-batch-fails-whole': (t) => delete events(t).FunctionResponseTypes,
  'stream-age-beyond-retention': (t) => (events(t).MaximumRecordAgeInSeconds = 604_800),
  'stream-start-timestamp': (t) => (events(t).StartingPosition = 'AT_TIMESTAMP'),
  'stream-of-table-off': (t) => delete t.Resources.Orders.Properties.StreamSpecification,
  'stream-lag-of-other-readers': (t) => {
    t.Resources.Reader = {
      Type: 'AWS::Kinesis::StreamConsumer',
      Properties: { ConsumerName: 'model', StreamARN: { 'Fn::GetAtt': ['Events', 'Arn'] } },
    };
    events(t).EventSourceArn = { 'Fn::GetAtt': ['Reader', 'ConsumerARN'] };
  },
  'mapping-option-of-other-source': (t) => (work(t).MaximumRetryAttempts = 3),
  'mapping-twice': (t) => (t.Resources.WorksAgain = t.Resources.Works),
  'destination-fifo': (t) => {
    t.Resources.Ordered = fifo;
    orders(t).DestinationConfig.OnFailure.Destination = { 'Fn::GetAtt': ['Ordered', 'Arn'] };
  },
  'queue-visibility-short': (t) => delete jobs(t).VisibilityTimeout,
  'queue-without-dead-letters': (t) => delete jobs(t).RedrivePolicy,
  'queue-received-once': (t) => (jobs(t).RedrivePolicy.maxReceiveCount = 1),
  'queue-batch-fails-whole': (t) => delete work(t).FunctionResponseTypes,
  'queue-batch-without-window': (t) => delete work(t).MaximumBatchingWindowInSeconds,
  'queue-window-of-fifo': (t) => {
    jobs(t).FifoQueue = true;
    delete jobs(t).RedrivePolicy.deadLetterTargetArn;
    work(t).BatchSize = 10;
  },
  'queue-scaled-twice': (t) => (work(t).ProvisionedPollerConfig = { MinimumPollers: 2 }),
  'queue-shared-by-functions': (t) => {
    t.Resources.Other = t.Resources.Function;
    t.Resources.WorksToo = {
      ...t.Resources.Works,
      Properties: { ...work(t), FunctionName: { Ref: 'Other' } },
    };
  },
  'queue-concurrency-over-reserved': (t) => (work(t).ScalingConfig.MaximumConcurrency = 30),
  'queue-expires-first': (t) => (jobs(t).RedrivePolicy.maxReceiveCount = 2000),
  'queue-dead-letters-expire': (t) => (aside(t).MessageRetentionPeriod = 86_400),
  'queue-dead-letters-refused': (t) => (aside(t).RedriveAllowPolicy.redrivePermission = 'denyAll'),
};

function correct(): any {
  return {
    Parameters: { RoleArn: { Type: 'String' } },
    Resources: {
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { Ref: 'RoleArn' }, Timeout: 60, ReservedConcurrentExecutions: 20 },
      },
      Events: {
        Type: 'AWS::Kinesis::Stream',
        Properties: {
          StreamModeDetails: { StreamMode: 'ON_DEMAND' },
          StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        },
      },
      ReadsEvents: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Events', 'Arn'] },
          FunctionName: { Ref: 'Function' },
          StartingPosition: 'TRIM_HORIZON',
          BatchSize: 50,
          MaximumRetryAttempts: 5,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Aside', 'Arn'] } } },
        },
      },
      Orders: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          SSESpecification: { SSEEnabled: true },
          StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        },
      },
      ReadsOrders: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Orders', 'StreamArn'] },
          FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] },
          StartingPosition: 'LATEST',
          MaximumRecordAgeInSeconds: 86_400,
          BisectBatchOnFunctionError: true,
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Aside', 'Arn'] } } },
        },
      },
      Aside: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          KmsMasterKeyId: 'alias/jobs',
          MessageRetentionPeriod: 1_209_600,
          RedriveAllowPolicy: {
            redrivePermission: 'byQueue',
            sourceQueueArns: [{ 'Fn::GetAtt': ['Jobs', 'Arn'] }],
          },
        },
      },
      Jobs: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          KmsMasterKeyId: 'alias/jobs',
          VisibilityTimeout: 360,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Aside', 'Arn'] }, maxReceiveCount: 5 },
        },
      },
      Works: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
          FunctionName: { Ref: 'Function' },
          BatchSize: 100,
          MaximumBatchingWindowInSeconds: 5,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 10 },
        },
      },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/alarms' } },
      Lag: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/Kinesis',
          MetricName: 'GetRecords.IteratorAgeMilliseconds',
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 5,
          Threshold: 60_000,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
          AlarmActions: [{ Ref: 'Topic' }],
          Dimensions: [{ Name: 'StreamName', Value: { Ref: 'Events' } }],
        },
      },
    },
  };
}

/** Streams and queues that functions read. */
export const family: Family = { correct, mistakes };
