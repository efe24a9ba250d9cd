/** What a service publishes: the exact sets of dimension names under which a metric exists, and what can be asked of it. */
export interface PublishedMetric {
  readonly dimensionSets: readonly (readonly string[])[];
  /** Statistics that exist of it; any, unless the service names some. */
  readonly statistics?: RegExp;
}

type Namespace = Readonly<Record<string, PublishedMetric>>;

function each(names: readonly string[], ...dimensionSets: readonly (readonly string[])[]): Namespace {
  return Object.fromEntries(names.map((name) => [name, { dimensionSets }]));
}

const FUNCTION = ['FunctionName'];
const ALIAS = ['FunctionName', 'Resource'];
const ALIAS_VERSION = ['FunctionName', 'Resource', 'ExecutedVersion'];
const MAPPING = ['EventSourceMappingUUID', 'FunctionName'];

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
const LAMBDA: Namespace = {
  ...each(['Invocations', 'Errors', 'Duration'], [], FUNCTION, ALIAS, ALIAS_VERSION),
  ...each(['Throttles'], [], FUNCTION, ALIAS, ALIAS_VERSION),
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
      'OffsetLag',
    ],
    FUNCTION,
    ALIAS,
  ),
  ...each(
    [
      'PolledEventCount',
      'FilteredOutEventCount',
      'InvokedEventCount',
      'FailedInvokeEventCount',
      'DroppedEventCount',
      'OnFailureDestinationDeliveredEventCount',
      'DeletedEventCount',
    ],
    MAPPING,
    ['EventSourceMappingUUID'],
  ),
};

const VARIANT = ['EndpointName', 'VariantName'];
const FLEET = [...VARIANT, 'EndpointConfigName'];
const TYPED = [...VARIANT, 'InstanceType'];
const ENDPOINT = ['EndpointName'];
const COMPONENT = ['InferenceComponentName'];
const PERCENTILES_UNLISTED = /^(Sum|Average|Minimum|Maximum|SampleCount)$/;

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const SAGEMAKER: Namespace = {
  ...each(
    [
      'Invocations',
      'Invocation4XXErrors',
      'Invocation5XXErrors',
      'InvocationModelErrors',
      'ModelLatency',
      'ModelSetupTime',
      'MidStreamErrors',
      'FirstChunkLatency',
      'FirstChunkModelLatency',
      'FirstChunkOverheadLatency',
      'ConcurrentRequestsPerModel',
    ],
    VARIANT,
    FLEET,
    TYPED,
    COMPONENT,
  ),
  OverheadLatency: { dimensionSets: [VARIANT, FLEET, TYPED, COMPONENT], statistics: PERCENTILES_UNLISTED },
  InvocationsPerInstance: { dimensionSets: [VARIANT, FLEET, TYPED], statistics: /^Sum$/ },
  ...each(['InvocationsPerCopy', 'ConcurrentRequestsPerCopy', 'NoCapacityInvocationFailures'], COMPONENT),
  ...each(
    ['ModelLoadingWaitTime', 'ModelUnloadingTime', 'ModelDownloadingTime', 'ModelLoadingTime', 'ModelCacheHit'],
    VARIANT,
  ),
  ...each(
    [
      'ApproximateBacklogSize',
      'ApproximateBacklogSizePerInstance',
      'ApproximateAgeOfOldestRequest',
      'HasBacklogWithoutCapacity',
    ],
    ENDPOINT,
  ),
  ...each(
    [
      'RequestDownloadFailures',
      'ResponseUploadFailures',
      'NotificationFailures',
      'RequestDownloadLatency',
      'ResponseUploadLatency',
      'ExpiredRequests',
      'InvocationFailures',
      'InvocationsProcessed',
      'InvocationsProcesssed',
      'TimeInBacklog',
      'TotalProcessingTime',
    ],
    VARIANT,
  ),
};

/** https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const SAGEMAKER_INSTANCES: Namespace = each(
  [
    'CPUUtilization',
    'GPUUtilization',
    'GPUMemoryUtilization',
    'MemoryUtilization',
    'DiskUtilization',
    'CPUUtilizationNormalized',
    'GPUUtilizationNormalized',
    'GPUMemoryUtilizationNormalized',
    'MemoryUtilizationNormalized',
    'CPUReservation',
    'GPUReservation',
    'MemoryReservation',
    'LoadedModelCount',
  ],
  VARIANT,
  TYPED,
);

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
const API_GATEWAY: Namespace = {
  ...each(
    ['4XXError', '5XXError', 'CacheHitCount', 'CacheMissCount'],
    ['ApiName'],
    ['ApiName', 'Stage'],
    ['ApiName', 'Stage', 'Method', 'Resource'],
  ),
  ...each(['4xx', '5xx', 'DataProcessed'], ['ApiId'], ['ApiId', 'Stage'], ['ApiId', 'Stage', 'Method', 'Resource']),
  ...each(
    ['Count', 'Latency', 'IntegrationLatency'],
    ['ApiName'],
    ['ApiName', 'Stage'],
    ['ApiName', 'Stage', 'Method', 'Resource'],
    ['ApiId'],
    ['ApiId', 'Stage'],
    ['ApiId', 'Stage', 'Method', 'Resource'],
  ),
};

/** https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html */
const KINESIS: Namespace = {
  ...each(
    [
      'GetRecords.Bytes',
      'GetRecords.IteratorAgeMilliseconds',
      'GetRecords.Latency',
      'GetRecords.Records',
      'GetRecords.Success',
      'IncomingBytes',
      'IncomingRecords',
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
      'ReadProvisionedThroughputExceeded',
      'WriteProvisionedThroughputExceeded',
    ],
    ['StreamName'],
    ['StreamName', 'ShardId'],
  ),
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

/** https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
const STATES: Namespace = each(
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
  ['StateMachineArn'],
  ['StateMachineArn', 'Version'],
  ['StateMachineArn', 'Alias'],
);

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
const SQS: Namespace = each(
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
  ],
  ['QueueName'],
);

/** What these services publish. A namespace that is not here is not judged. */
export const PUBLISHED: Readonly<Record<string, Namespace>> = {
  'AWS/Lambda': LAMBDA,
  'AWS/SageMaker': SAGEMAKER,
  '/aws/sagemaker/Endpoints': SAGEMAKER_INSTANCES,
  'AWS/ApiGateway': API_GATEWAY,
  'AWS/Kinesis': KINESIS,
  'AWS/States': STATES,
  'AWS/SQS': SQS,
};

/** Metrics of asynchronous endpoints, and of those that are not: each kind publishes only its own. */
export const ASYNC_ONLY: ReadonlySet<string> = new Set([
  'ApproximateBacklogSize',
  'ApproximateBacklogSizePerInstance',
  'ApproximateAgeOfOldestRequest',
  'HasBacklogWithoutCapacity',
  'ExpiredRequests',
  'InvocationFailures',
  'TimeInBacklog',
  'TotalProcessingTime',
]);
export const NEVER_ASYNC: ReadonlySet<string> = new Set(['Invocations', 'InvocationsPerInstance', 'OverheadLatency']);
