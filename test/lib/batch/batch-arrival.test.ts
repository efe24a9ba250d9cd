/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Duration, Lazy, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchManifest, BatchTransform, type BatchTransformProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements, resourceStatements } from '../../helpers/statements';
import { named, ofType, only, plain, type PlainTemplate, testStack } from '../../helpers/synth';

const QUIET = { quietPeriod: Duration.minutes(10) };

function deployed(props: Partial<BatchTransformProps> = {}, stack: Stack = testStack()) {
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived'), prefix: 'rows/' },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored') },
    arrival: QUIET,
    ...props,
  });
  const template = plain(stack);
  return { stack, batch, template, hearing: named(template, /^NightlyArrival[0-9A-F]{8}$/).Properties! };
}

const pattern = (template: PlainTemplate): any => only(template, 'AWS::Events::Rule').Properties!.EventPattern;

describe('what is heard of: ', () => {
  test('objects below the input, in its bucket', () => {
    expect(pattern(deployed().template)).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['arrived'] }, object: { key: [{ prefix: 'rows/' }] } },
    });
  });

  const input = (prefix?: string) => (stack: Stack) => ({
    bucket: s3.Bucket.fromBucketName(stack, `Of${prefix}`, 'arrived'),
    prefix,
  });

  test.each([
    ['all of the bucket', undefined, [], undefined],
    ['ends of keys', undefined, ['.csv', '.csv.gz'], [{ suffix: '.csv' }, { suffix: '.csv.gz' }]],
    [
      'beginning and end together, as of two patterns one would do',
      'rows/',
      ['.csv', '.tsv'],
      [{ wildcard: 'rows/*.csv' }, { wildcard: 'rows/*.tsv' }],
    ],
    ['what would be a pattern is none', 'ab\\/', ['x*.csv'], [{ wildcard: 'ab\\\\/*x\\*.csv' }]],
  ])('%s', (_, prefix, suffixes, keys) => {
    const stack = testStack();
    const { template } = deployed({ input: input(prefix)(stack), suffixes }, stack);
    expect(pattern(template).detail.object?.key).toEqual(keys);
  });
});

test('a bucket that is made in the app is set to tell, an imported one is left alone', () => {
  const stack = testStack();
  const { template } = deployed({ input: { bucket: new s3.Bucket(stack, 'Data'), prefix: 'rows/' } }, stack);
  expect(only(template, 'Custom::S3BucketNotifications').Properties!.NotificationConfiguration).toEqual({
    EventBridgeConfiguration: {},
  });
  expect(ofType(deployed().template, 'Custom::S3BucketNotifications')).toEqual([]);
});

test('a message has the key, and what cannot be delivered is kept', () => {
  const { template } = deployed();
  const [target] = only(template, 'AWS::Events::Rule').Properties!.Targets as Record<string, unknown>[];
  expect(target).toMatchObject({
    Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyArrivals[0-9A-F]{8}$/), 'Arn'] },
    DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyLostArrivals/), 'Arn'] } },
    InputTransformer: {
      InputPathsMap: { 'detail-object-key': '$.detail.object.key' },
      InputTemplate: '{"key":<detail-object-key>}',
    },
  });
});

test('the queue is encrypted, keeps arrivals for two weeks, and hands them out again long after the function is over', () => {
  const { template, hearing } = deployed();
  const queue = named(template, /^NightlyArrivals[0-9A-F]{8}$/).Properties!;
  expect(queue).toEqual({
    SqsManagedSseEnabled: true,
    VisibilityTimeout: 240,
    MessageRetentionPeriod: 14 * 86_400,
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyLostArrivals/), 'Arn'] },
      maxReceiveCount: 100,
    },
  });
  expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * hearing.Timeout + 20);
});

test('what waits and what was lost outlives the stack, unless told otherwise', () => {
  const policies = (props: Partial<BatchTransformProps>) =>
    ofType(deployed(props).template, 'AWS::SQS::Queue').map(([, { DeletionPolicy: policy }]) => policy);
  expect(policies({})).toEqual(['Retain', 'Retain']);
  expect(policies({ removalPolicy: RemovalPolicy.DESTROY })).toEqual(['Delete', 'Delete']);
});

test('both queues refuse what is not encrypted on its way', () => {
  const denied = resourceStatements(deployed().template).filter(({ effect }) => effect === 'Deny');
  expect(denied).toHaveLength(2);
  denied.forEach(({ condition }) => expect(condition).toEqual({ Bool: { 'aws:SecureTransport': 'false' } }));
});

test('many arrivals are one call, of which some may be told of again', () => {
  expect(only(deployed().template, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    BatchSize: 10_000,
    MaximumBatchingWindowInSeconds: 20,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 2 },
  });
});

test('the function is told how long to wait, and how to start', () => {
  expect(deployed({ arrival: { ...QUIET, maxWait: Duration.hours(2) } }).hearing.Environment.Variables).toEqual({
    SCHEDULE_GROUP: { Ref: expect.stringMatching(/^NightlyArrivalSchedules/) },
    SCHEDULE_ROLE_ARN: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyArrivalScheduleRole/), 'Arn'] },
    ALIAS_ARN: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyAlias/), 'Arn'] },
    DEAD_LETTER_ARN: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyLostArrivals/), 'Arn'] },
    START_EXECUTION_ARN: {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':scheduler:::aws-sdk:sfn:startExecution']],
    },
    QUIET_SECONDS: '600',
    MAX_WAIT_SECONDS: '7200',
  });
  expect(deployed().hearing.Environment.Variables.MAX_WAIT_SECONDS).toBe('3600');
});

test('it may touch one schedule of its own group, and hand over one role to the scheduler', () => {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const { template } = deployed({}, stack);
  const [[group]] = ofType(template, 'AWS::Scheduler::ScheduleGroup');
  const [[queue]] = ofType(template, 'AWS::SQS::Queue').filter(([id]) => /^NightlyArrivals/.test(id));
  const allowed = identityStatements(template)
    .filter(({ owner }) => /^NightlyArrivalRole/.test(owner))
    .filter(({ actions }) => !actions.some((action) => /^(logs|xray):/.test(action)))
    .map(({ actions, resources, condition }) => [actions, resources, condition]);
  expect(allowed).toEqual([
    [
      ['scheduler:CreateSchedule', 'scheduler:GetSchedule', 'scheduler:UpdateSchedule'],
      [
        {
          'Fn::Join': ['', ['arn:aws:scheduler:eu-west-1:111122223333:schedule/', { Ref: group }, '/arrivals']],
        },
      ],
      undefined,
    ],
    [
      ['iam:PassRole'],
      [{ 'Fn::GetAtt': [expect.stringMatching(/^NightlyArrivalScheduleRole/), 'Arn'] }],
      { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    ],
    [
      [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
      ],
      [{ 'Fn::GetAtt': [queue, 'Arn'] }],
      undefined,
    ],
  ]);
});

test('the schedule starts runs by the alias, and tells of one that it could not start', () => {
  const { template, stack, batch } = deployed();
  const allowed = identityStatements(template)
    .filter(({ owner }) => /^NightlyArrivalScheduleRole/.test(owner))
    .map(({ actions, resources, condition }) => [actions, resources, condition]);
  expect(allowed).toEqual([
    [
      ['states:StartExecution'],
      [stack.resolve(batch.stateMachine.stateMachineArn)],
      { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': ['live'] } },
    ],
    [
      ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
      [{ 'Fn::GetAtt': [expect.stringMatching(/^NightlyLostArrivals/), 'Arn'] }],
      undefined,
    ],
  ]);
});

test('alarms: arrivals that nothing is planned for, and those for which no run was started', () => {
  const { template, batch } = deployed();
  const alarm = (id: string) => named(template, new RegExp(`^NightlyAlarms${id}[0-9A-F]{8}$`)).Properties!;
  const queueName = (id: string) => ({
    'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Nightly${id}`)), 'QueueName'],
  });
  expect(alarm('WaitingArrivals')).toMatchObject({
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: queueName('Arrivals') }],
    Statistic: 'Maximum',
    Threshold: 1800,
  });
  expect(alarm('LostArrivals')).toMatchObject({
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: queueName('LostArrivals') }],
    Statistic: 'Maximum',
    Threshold: 0,
  });
  expect(batch.alarms.withSeverity('critical' as never).map(({ node }) => node.id)).toContain('LostArrivals');
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('runs score what is new, unless told otherwise', () => {
  const incremental = (props: Partial<BatchTransformProps>) =>
    JSON.stringify(only(deployed(props).template, 'AWS::StepFunctions::StateMachine').Properties).match(
      /\\"incremental\\":(true|false)/,
    )![1];
  expect(incremental({})).toBe('true');
  expect(incremental({ incremental: false })).toBe('false');
  expect(incremental({ incremental: true })).toBe('true');
});

test('a schedule goes together with it', () => {
  const { template, batch } = deployed({ schedule: ScheduleExpression.rate(Duration.days(1)) });
  expect(batch.schedule).toBeDefined();
  expect(ofType(template, 'AWS::Scheduler::Schedule')).toHaveLength(2);
});

describe('refused: ', () => {
  const refusal = (arrival: BatchTransformProps['arrival']) => {
    try {
      deployed({ arrival });
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    ['no time at all', { quietPeriod: Duration.seconds(30) }, "'arrival.quietPeriod'"],
    ['more than a day', { quietPeriod: Duration.minutes(1441) }, "'arrival.quietPeriod'"],
    ['a wait of more than a week', { ...QUIET, maxWait: Duration.minutes(10_081) }, "'arrival.maxWait'"],
    [
      'a wait that is shorter than the quiet period',
      { ...QUIET, maxWait: Duration.minutes(9) },
      'the quiet period alone',
    ],
    [
      'what is known only at deployment',
      { quietPeriod: Duration.minutes(Lazy.number({ produce: () => 5 })) },
      'known only at deployment',
    ],
  ])('%s', (_, arrival, message) => {
    expect(refusal(arrival)).toContain(message);
  });

  test('a manifest besides, which says what is scored whatever arrives', () => {
    const stack = testStack();
    const inputManifest = BatchManifest.file(s3.Bucket.fromBucketName(stack, 'Lists', 'lists'), 'keys.csv');
    expect(() => deployed({ inputManifest }, stack)).toThrow('a manifest says which objects are scored');
  });

  test.each([
    ['a minute', { quietPeriod: Duration.minutes(1) }],
    ['a day', { quietPeriod: Duration.hours(24) }],
    ['a wait as long as the quiet period', { ...QUIET, maxWait: Duration.minutes(10) }],
    ['a wait of a week', { ...QUIET, maxWait: Duration.days(7) }],
  ])('not %s', (_, arrival) => {
    expect(refusal(arrival)).toBe('none');
  });
});

test.each([
  ['of another account', { account: '222222222222' }, true],
  ['of another Region', { region: 'us-east-1' }, true],
  ['of the same ones', { account: '111122223333', region: 'eu-west-1' }, false],
  ['of which nothing is known', {}, false],
])('the events of a bucket %s: they are not heard is %p', (_, where, refused) => {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const make = () =>
    new BatchTransform(stack, 'OnArrival', {
      model: tinyModel(),
      input: { bucket: s3.Bucket.fromBucketAttributes(stack, 'Theirs', { bucketName: 'theirs', ...where }) },
      output: { bucket: s3.Bucket.fromBucketName(stack, 'Ours', 'ours') },
      arrival: { quietPeriod: Duration.minutes(5) },
    });
  if (refused) {
    expect(make).toThrow(/batch-arrival-elsewhere/);
  } else {
    expect(make).not.toThrow();
  }
});
