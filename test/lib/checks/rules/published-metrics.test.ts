import { knowsNamespace, publishedMetric } from '../../../../lib/checks/rules/published-metrics';

const sets = (namespace: string, name: string) =>
  publishedMetric(namespace, name)?.dimensionSets.map((set) => set.join(' '));

test.each([
  ['AWS/SNS', 'NumberOfNotificationsFailedToRedriveToDlq', ['TopicName']],
  ['AWS/DynamoDB', 'ThrottledRequests', ['TableName Operation', 'TableName StreamLabel Operation']],
  ['AWS/DynamoDB', 'WriteKeyRangeThroughputThrottleEvents', ['TableName', 'TableName GlobalSecondaryIndexName']],
  ['AWS/DynamoDB', 'UserErrors', ['']],
  ['AWS/Scheduler', 'TargetErrorCount', ['ScheduleGroup', '']],
  ['AWS/ApiGateway', '5xx', ['ApiId', 'ApiId Stage', 'ApiId Stage Method Resource']],
  ['AWS/ApiGateway', '5XXError', ['ApiName', 'ApiName Stage', 'ApiName Stage Method Resource']],
  ['AWS/States', 'ExecutionsFailed', ['StateMachineArn', 'StateMachineArn Version', 'StateMachineArn Alias', '']],
  ['AWS/States', 'ActivitiesTimedOut', ['ActivityArn', '']],
  ['AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', ['StreamName']],
  ['AWS/Kinesis', 'IteratorAgeMilliseconds', ['StreamName ShardId']],
  ['AWS/Kinesis', 'SubscribeToShardEvent.MillisBehindLatest', ['StreamName ConsumerName']],
  ['AWS/SQS', 'ApproximateAgeOfOldestMessage', ['QueueName']],
  ['AWS/SageMaker', 'ApproximateBacklogSizePerInstance', ['EndpointName']],
  ['AWS/SageMaker', 'TimeInBacklog', ['EndpointName VariantName']],
  ['/aws/sagemaker/TransformJobs', 'GPUUtilization', ['Host']],
])('%s publishes %s by its own sets of dimensions', (namespace, name, expected) => {
  expect(sets(namespace, name)).toEqual(expected);
});

test.each([
  ['AWS/Kinesis', 'GetRecords.IteratorAge'],
  ['/aws/sagemaker/TransformJobs', 'DiskUtilization'],
  ['AWS/ApiGateway', '5xxError'],
  ['AWS/Lambda', 'constructor'],
  ['AWS/Scheduler', 'InvocationsSentToDeadLetterCount_Other'],
])('%s publishes no %s', (namespace, name) => {
  expect(knowsNamespace(namespace)).toBe(true);
  expect(publishedMetric(namespace, name)).toBeUndefined();
});

test('the scheduler names the error of a queue in the metric', () => {
  expect(
    sets('AWS/Scheduler', 'InvocationsFailedToBeSentToDeadLetterCount_AWS.SimpleQueueService.NonExistentQueue'),
  ).toEqual(['ScheduleGroup', '']);
});

test('of a namespace that is not known, nothing is known', () => {
  expect([knowsNamespace('Mine'), knowsNamespace('constructor')]).toEqual([false, false]);
  expect(publishedMetric('Mine', 'Errors')).toBeUndefined();
});

test('the sum of invocations per instance is their only statistic', () => {
  const { statistics } = publishedMetric('AWS/SageMaker', 'InvocationsPerInstance')!;
  expect(['Sum', 'Average', 'p99'].map((statistic) => statistics!.test(statistic))).toEqual([true, false, false]);
  expect(publishedMetric('AWS/SageMaker', 'OverheadLatency')!.statistics!.test('p99')).toBe(false);
  expect(publishedMetric('AWS/SageMaker', 'ModelLatency')!.statistics).toBeUndefined();
});
