import { each, type PublishedMetric, type PublishedNamespace } from './published-metric';
import {
  SAGEMAKER,
  SAGEMAKER_COMPONENTS,
  SAGEMAKER_INSTANCES,
  SAGEMAKER_TRANSFORM_JOBS,
} from './published-sagemaker-metrics';

const FUNCTION = ['FunctionName'];
const ALIAS = ['FunctionName', 'Resource'];
const ALIAS_VERSION = ['FunctionName', 'Resource', 'ExecutedVersion'];
const MAPPING = ['EventSourceMappingUUID'];

/** Of mappings whose `MetricsConfig` asks for them. */
export const MAPPING_METRICS: readonly string[] = [
  'PolledEventCount',
  'FilteredOutEventCount',
  'InvokedEventCount',
  'FailedInvokeEventCount',
  'DroppedEventCount',
  'OnFailureDestinationDeliveredEventCount',
  'DeletedEventCount',
];

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
const LAMBDA: PublishedNamespace = {
  ...each(['Invocations', 'Errors', 'Duration', 'Throttles'], [], FUNCTION, ALIAS, ALIAS_VERSION),
  ...each(['ConcurrentExecutions'], [], FUNCTION, ALIAS),
  ...each(['UnreservedConcurrentExecutions', 'ClaimedAccountConcurrency'], []),
  ...each(
    [
      'ProvisionedConcurrentExecutions',
      'ProvisionedConcurrencyUtilization',
      'ProvisionedConcurrencySpilloverInvocations',
      'ProvisionedConcurrencyInvocations',
    ],
    FUNCTION,
    ALIAS,
    ALIAS_VERSION,
  ),
  ...each(
    [
      'IteratorAge',
      'AsyncEventsReceived',
      'AsyncEventAge',
      'AsyncEventsDropped',
      'DeadLetterErrors',
      'DestinationDeliveryFailures',
      'RecursiveInvocationsDropped',
      'PostRuntimeExtensionsDuration',
      'SignatureValidationErrors',
      'OffsetLag',
      'MaxOffsetLag',
      'SumOffsetLag',
    ],
    FUNCTION,
    ALIAS,
  ),
  ...each([...MAPPING_METRICS, 'ProvisionedPollers'], MAPPING, [...MAPPING, 'FunctionName']),
  // https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
  ...each(
    [
      'ApproximateRunningDurableExecutions',
      'ApproximateRunningDurableExecutionsUtilization',
      'DurableExecutionDuration',
      'DurableExecutionStarted',
      'DurableExecutionStopped',
      'DurableExecutionSucceeded',
      'DurableExecutionFailed',
      'DurableExecutionTimedOut',
      'DurableExecutionOperations',
      'DurableExecutionStorageWrittenBytes',
    ],
    [],
    FUNCTION,
    ALIAS,
    ALIAS_VERSION,
  ),
};

const REST = [['ApiName'], ['ApiName', 'Stage'], ['ApiName', 'Stage', 'Method', 'Resource']];
const HTTP = [['ApiId'], ['ApiId', 'Stage'], ['ApiId', 'Stage', 'Method', 'Resource']];
const WEBSOCKET = [['ApiId'], ['ApiId', 'Stage'], ['ApiId', 'Stage', 'Route']];

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
const API_GATEWAY: PublishedNamespace = {
  ...each(['4XXError', '5XXError', 'CacheHitCount', 'CacheMissCount'], ...REST),
  ...each(['4xx', '5xx', 'DataProcessed'], ...HTTP),
  ...each(['Count', 'Latency'], ...REST, ...HTTP),
  ...each(['IntegrationLatency'], ...REST, ...HTTP, WEBSOCKET[2]),
  ...each(['ConnectCount', 'MessageCount', 'IntegrationError', 'ClientError', 'ExecutionError'], ...WEBSOCKET),
};

const STREAM = ['StreamName'];
const SHARD = ['StreamName', 'ShardId'];

/** https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html */
const KINESIS: PublishedNamespace = {
  ...each(
    [
      'GetRecords.Bytes',
      'GetRecords.IteratorAgeMilliseconds',
      'GetRecords.Latency',
      'GetRecords.Records',
      'GetRecords.Success',
      'PutRecord.Bytes',
      'PutRecord.Latency',
      'PutRecord.Success',
      'PutRecords.Bytes',
      'PutRecords.Latency',
      'PutRecords.Records',
      'PutRecords.Success',
      'PutRecords.TotalRecords',
      'PutRecords.SuccessfulRecords',
      'PutRecords.FailedRecords',
      'PutRecords.ThrottledRecords',
    ],
    STREAM,
  ),
  ...each(
    ['IncomingBytes', 'IncomingRecords', 'ReadProvisionedThroughputExceeded', 'WriteProvisionedThroughputExceeded'],
    STREAM,
    SHARD,
  ),
  // Enhanced monitoring alone publishes these.
  ...each(['IteratorAgeMilliseconds', 'OutgoingBytes', 'OutgoingRecords'], SHARD),
  ...each(
    [
      'SubscribeToShard.RateExceeded',
      'SubscribeToShard.Success',
      'SubscribeToShardEvent.Bytes',
      'SubscribeToShardEvent.MillisBehindLatest',
      'SubscribeToShardEvent.Records',
      'SubscribeToShardEvent.Success',
    ],
    ['StreamName', 'ConsumerName'],
  ),
};

const MACHINE = ['StateMachineArn'];

/** https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
const STATES: PublishedNamespace = {
  ...each(
    [
      'ExecutionsStarted',
      'ExecutionsSucceeded',
      'ExecutionsFailed',
      'ExecutionsAborted',
      'ExecutionsTimedOut',
      'ExecutionThrottled',
      'ExecutionTime',
      'ExecutionsRedriven',
      'RedrivenExecutionsAborted',
      'RedrivenExecutionsFailed',
      'RedrivenExecutionsSucceeded',
      'RedrivenExecutionsTimedOut',
    ],
    [...MACHINE],
    [...MACHINE, 'Version'],
    [...MACHINE, 'Alias'],
    // Of the whole account.
    [],
  ),
  ...each(['ExpressExecutionBilledDuration', 'ExpressExecutionBilledMemory'], MACHINE, []),
  ...each(['ExpressExecutionMemory'], MACHINE),
  ...each(
    [
      'OpenExecutionCount',
      'OpenExecutionLimit',
      'ApproximateOpenMapRunCount',
      'OpenMapRunLimit',
      'ApproximateMapRunBacklogSize',
    ],
    [],
  ),
  ...each(['AliasCount', 'VersionCount'], ['ResourceArn']),
  ...each(
    [
      'ActivitiesFailed',
      'ActivitiesHeartbeatTimedOut',
      'ActivitiesScheduled',
      'ActivitiesStarted',
      'ActivitiesSucceeded',
      'ActivitiesTimedOut',
      'ActivityRunTime',
      'ActivityScheduleTime',
      'ActivityTime',
    ],
    ['ActivityArn'],
    [],
  ),
  ...each(
    [
      'LambdaFunctionRunTime',
      'LambdaFunctionScheduleTime',
      'LambdaFunctionTime',
      'LambdaFunctionsFailed',
      'LambdaFunctionsScheduled',
      'LambdaFunctionsStarted',
      'LambdaFunctionsSucceeded',
      'LambdaFunctionsTimedOut',
    ],
    ['LambdaFunctionArn'],
  ),
  ...each(
    [
      'ServiceIntegrationRunTime',
      'ServiceIntegrationScheduleTime',
      'ServiceIntegrationTime',
      'ServiceIntegrationsFailed',
      'ServiceIntegrationsScheduled',
      'ServiceIntegrationsStarted',
      'ServiceIntegrationsSucceeded',
      'ServiceIntegrationsTimedOut',
    ],
    ['ServiceIntegrationResourceArn'],
  ),
  ...each(
    ['ThrottledEvents', 'ProvisionedBucketSize', 'ProvisionedRefillRate', 'ConsumedCapacity'],
    ['ServiceMetric'],
    ['ServiceMetric', 'StateMachineArn'],
    ['APIName'],
  ),
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
const SQS: PublishedNamespace = each(
  [
    'ApproximateAgeOfOldestMessage',
    'ApproximateNumberOfMessagesDelayed',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesVisible',
    'NumberOfEmptyReceives',
    'NumberOfMessagesDeleted',
    'NumberOfMessagesReceived',
    'NumberOfMessagesSent',
    'SentMessageSize',
    // Of FIFO queues.
    'ApproximateNumberOfGroupsWithInflightMessages',
    'NumberOfDeduplicatedSentMessages',
    // Of queues whose messages have groups.
    'ApproximateNumberOfNoisyGroups',
    'ApproximateAgeOfOldestMessageInQuietGroups',
    'ApproximateNumberOfMessagesDelayedInQuietGroups',
    'ApproximateNumberOfMessagesNotVisibleInQuietGroups',
    'ApproximateNumberOfMessagesVisibleInQuietGroups',
  ],
  ['QueueName'],
);

/** https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html */
const SNS: PublishedNamespace = {
  ...each(
    [
      'NumberOfMessagesPublished',
      'NumberOfNotificationsFilteredOut',
      'NumberOfNotificationsFilteredOut-MessageAttributes',
      'NumberOfNotificationsFilteredOut-MessageBody',
      'NumberOfNotificationsFilteredOut-InvalidAttributes',
      'NumberOfNotificationsFilteredOut-InvalidMessageBody',
      'NumberOfNotificationsFilteredOut-NoMessageAttributes',
      'NumberOfNotificationsRedrivenToDlq',
      'NumberOfNotificationsFailedToRedriveToDlq',
      'PublishSize',
    ],
    ['TopicName'],
  ),
  ...each(
    ['NumberOfNotificationsDelivered', 'NumberOfNotificationsFailed'],
    ['TopicName'],
    ['PhoneNumber'],
    ['Application'],
    ['Platform'],
    ['Application', 'Platform'],
  ),
  ...each(['SMSMonthToDateSpentUSD'], []),
  ...each(['SMSSuccessRate'], [], ['PhoneNumber'], ['Country', 'SMSType']),
};

const TABLE = ['TableName'];
const INDEX = ['TableName', 'GlobalSecondaryIndexName'];
const OPERATION = ['TableName', 'Operation'];
const STREAM_OPERATION = ['TableName', 'StreamLabel', 'Operation'];

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
const DYNAMODB: PublishedNamespace = {
  ...each(
    [
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ProvisionedReadCapacityUnits',
      'ProvisionedWriteCapacityUnits',
      'OnDemandMaxReadRequestUnits',
      'OnDemandMaxWriteRequestUnits',
      'ReadThrottleEvents',
      'WriteThrottleEvents',
      ...['Read', 'Write'].flatMap((kind) =>
        ['AccountLimit', 'KeyRangeThroughput', 'MaxOnDemandThroughput', 'ProvisionedThroughput'].map(
          (limit) => `${kind}${limit}ThrottleEvents`,
        ),
      ),
      'OnlineIndexConsumedWriteCapacity',
      'OnlineIndexPercentageProgress',
      'OnlineIndexThrottleEvents',
    ],
    TABLE,
    INDEX,
  ),
  ...each(['ConditionalCheckFailedRequests', 'TimeToLiveDeletedItemCount', 'TransactionConflict'], TABLE),
  ...each(['ThrottledRequests', 'SystemErrors', 'SuccessfulRequestLatency'], OPERATION, STREAM_OPERATION),
  ...each(['ReturnedItemCount', 'FaultInjectionServiceInducedErrors'], OPERATION),
  ...each(['ReturnedBytes', 'ReturnedRecordsCount'], STREAM_OPERATION),
  ...each(
    ['AgeOfOldestUnreplicatedRecord', 'ConsumedChangeDataCaptureUnits', 'ThrottledPutRecordCount'],
    ['TableName', 'DelegatedOperation'],
  ),
  ...each(['PendingReplicationCount', 'ReplicationLatency'], ['TableName', 'ReceivingRegion']),
  ...each(
    [
      'AccountMaxReads',
      'AccountMaxTableLevelReads',
      'AccountMaxTableLevelWrites',
      'AccountMaxWrites',
      'AccountProvisionedReadCapacityUtilization',
      'AccountProvisionedWriteCapacityUtilization',
      'MaxProvisionedTableReadCapacityUtilization',
      'MaxProvisionedTableWriteCapacityUtilization',
      'UserErrors',
    ],
    [],
  ),
};

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html */
const SCHEDULER: PublishedNamespace = each(
  [
    'InvocationAttemptCount',
    'InvocationDroppedCount',
    'InvocationThrottleCount',
    'InvocationsFailedToBeSentToDeadLetterCount',
    'InvocationsSentToDeadLetterCount',
    'InvocationsSentToDeadLetterCount_Truncated_MessageSizeExceeded',
    'TargetErrorCount',
    'TargetErrorThrottledCount',
  ],
  ['ScheduleGroup'],
  // Of all schedules.
  [],
);

/** What these services publish. A namespace that is not here is not judged. */
const PUBLISHED: ReadonlyMap<string, PublishedNamespace> = new Map([
  ['AWS/ApiGateway', API_GATEWAY],
  ['AWS/DynamoDB', DYNAMODB],
  ['AWS/Kinesis', KINESIS],
  ['AWS/Lambda', LAMBDA],
  ['AWS/SNS', SNS],
  ['AWS/SQS', SQS],
  ['AWS/SageMaker', SAGEMAKER],
  ['AWS/Scheduler', SCHEDULER],
  ['AWS/States', STATES],
  ['/aws/sagemaker/Endpoints', SAGEMAKER_INSTANCES],
  ['/aws/sagemaker/InferenceComponents', SAGEMAKER_COMPONENTS],
  ['/aws/sagemaker/TransformJobs', SAGEMAKER_TRANSFORM_JOBS],
]);

/** Whether it is known what is published in a namespace. */
export function knowsNamespace(namespace: string): boolean {
  return PUBLISHED.has(namespace);
}

/** What is known of a metric; nothing of one that nobody publishes, and nothing where the namespace is not known. */
export function publishedMetric(namespace: string, name: string): PublishedMetric | undefined {
  const metrics = PUBLISHED.get(namespace) ?? {};
  // Scheduler adds the code of the queue's error.
  const [, family = name] = /^(InvocationsFailedToBeSentToDeadLetterCount)_./.exec(name) ?? [];
  return Object.hasOwn(metrics, family) ? metrics[family] : undefined;
}
