/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchTransform, type BatchTransformProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import { named, ofType, only, plain, references, testStack } from '../../helpers/synth';

const NIGHTLY = ScheduleExpression.cron({ hour: '2', minute: '0' });

function deployed(props: Partial<BatchTransformProps> = {}, stack: Stack = testStack()) {
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived') },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored') },
    ...props,
  });
  const template = plain(stack);
  return {
    stack,
    batch,
    template,
    watch: named(template, /^NightlyWatch[0-9A-F]{8}$/).Properties!,
    alarm: (id: string) => named(template, new RegExp(`^NightlyAlarms${id}[0-9A-F]{8}$`)),
  };
}

test('it is told what to look at, and under which name to tell of it', () => {
  const { watch, template } = deployed({ schedule: NIGHTLY, deadline: Duration.hours(4) });
  const [[machine]] = ofType(template, 'AWS::StepFunctions::StateMachine');
  const control = named(template, /^NightlyControl[0-9A-F]{8}$/).Properties!;
  expect(watch.Environment.Variables).toEqual({
    BATCH_NAME: control.Environment.Variables.BATCH_NAME,
    STATE_MACHINE_ARN: { Ref: machine },
    DEADLINE_SECONDS: String(4 * 3600),
    SCHEDULE_NAME: { Ref: expect.stringMatching(/^NightlySchedule[0-9A-F]{8}$/) },
  });
});

test('without a schedule it looks for late runs only, and there is no alarm that could not go off', () => {
  const { watch, batch } = deployed();
  expect(watch.Environment.Variables).not.toHaveProperty('SCHEDULE_NAME');
  expect(batch.alarms.all.map(({ node }) => node.id)).not.toContain('MissedRuns');
});

test('a check of that sees an alarm on missed runs of no schedule', () => {
  const { template } = deployed({ schedule: NIGHTLY });
  expect(unpublishedMetrics(template)).toEqual([]);
  const broken = JSON.parse(JSON.stringify(template).replaceAll('SCHEDULE_NAME', 'ANOTHER')) as never;
  expect(unpublishedMetrics(broken)).toEqual([expect.stringContaining('no function is told of a schedule')]);
});

test('it looks every quarter of an hour, and a look that failed is not made up for long', () => {
  const schedule = named(deployed().template, /^NightlyWatchSchedule[0-9A-F]{8}$/).Properties!;
  expect(schedule).toMatchObject({
    ScheduleExpression: 'rate(15 minutes)',
    State: 'ENABLED',
    Target: { RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 } },
  });
  expect(references(schedule.Target.Arn)).toEqual([expect.stringMatching(/^NightlyWatch[0-9A-F]{8}$/)]);
});

test('it sees executions and partitions of this machine and this schedule, and changes nothing', () => {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const { template, batch } = deployed({ schedule: NIGHTLY }, stack);
  const [[machine]] = ofType(template, 'AWS::StepFunctions::StateMachine');
  const ofMachine = (kind: string, end: string) => ({
    'Fn::Join': ['', [`arn:aws:states:eu-west-1:111122223333:${kind}:`, { 'Fn::GetAtt': [machine, 'Name'] }, end]],
  });
  const seen = identityStatements(template)
    .filter(({ owner }) => /^NightlyWatchRole/.test(owner))
    .filter(({ actions }) => !actions.some((action) => /^(logs|xray):/.test(action)))
    .map(({ actions, resources }) => [actions, resources]);
  expect(seen).toEqual([
    [['states:ListExecutions'], [{ Ref: machine }]],
    [['states:ListMapRuns'], [ofMachine('execution', ':*')]],
    [['states:DescribeMapRun'], [ofMachine('mapRun', '/*')]],
    [['scheduler:GetSchedule'], [stack.resolve(batch.schedule!.scheduleArn)]],
  ]);
});

test('what calls it may call it, and nothing else', () => {
  const { template } = deployed();
  const [[machine]] = ofType(template, 'AWS::StepFunctions::StateMachine');
  const calls = identityStatements(template).filter(({ owner }) => /^NightlyWatchScheduleRole/.test(owner));
  expect(calls.map(({ actions }) => actions)).toEqual([['lambda:InvokeFunction']]);
  expect(calls[0].resources).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^NightlyWatch[0-9A-F]{8}$/), 'Arn'] }]);
  expect(JSON.stringify(calls)).not.toContain(machine);
});

test('a schedule that is encrypted with a key can be seen', () => {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  const { template } = deployed({ schedule: NIGHTLY, encryptionKey: key }, stack);
  const uses = identityStatements(template)
    .filter(({ owner, actions }) => /^NightlyWatchRole/.test(owner) && actions.includes('kms:Decrypt'))
    .flatMap(({ resources }) => resources);
  expect(uses).toEqual([stack.resolve(key.keyArn)]);
  expect(named(template, /^NightlyWatchSchedule[0-9A-F]{8}$/).Properties!.KmsKeyArn).toEqual(stack.resolve(key.keyArn));
});

describe('alarms: ', () => {
  test('a missed run pages, and so does a watch of which nothing is heard for half an hour', () => {
    const { alarm, batch } = deployed({ schedule: NIGHTLY });
    expect(alarm('MissedRuns').Properties).toMatchObject({
      Namespace: 'InferencePatterns',
      MetricName: 'BatchMissedRuns',
      Statistic: 'Maximum',
      Period: 1800,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(batch.alarms.withSeverity('critical' as never).map(({ node }) => node.id)).toContain('MissedRuns');
  });

  test('that one is made after what calls the watch', () => {
    const { alarm } = deployed({ schedule: NIGHTLY });
    expect(alarm('MissedRuns').DependsOn).toEqual([expect.stringMatching(/^NightlyWatchSchedule[0-9A-F]{8}$/)]);
  });

  test('a run is late as soon as it will be', () => {
    expect(deployed().alarm('LateRuns').Properties).toMatchObject({
      MetricName: 'BatchLateness',
      Statistic: 'Maximum',
      // Between two looks it does not go off and on again.
      Period: 1800,
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  test('a look that fails in all its tries is a warning', () => {
    const { alarm } = deployed();
    expect(alarm('WatchErrors').Properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^NightlyWatch[0-9A-F]{8}$/) } }],
      Statistic: 'Sum',
      Period: 1800,
      Threshold: 2,
    });
  });

  test('all of them are alive', () => {
    const { template } = deployed({ schedule: NIGHTLY });
    expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
  });
});

describe('a rate that is too rare to be watched ', () => {
  // The CDK prints what it warns of.
  beforeEach(() => void jest.spyOn(console, 'error').mockImplementation());
  afterEach(() => jest.restoreAllMocks());

  const warned = (schedule: ScheduleExpression) => {
    const { stack } = deployed({ schedule });
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cannot be watched')).length;
  };

  test.each([
    [27, 0],
    [28, 1],
    [60, 1],
  ])('of %i days: %i warnings', (days, count) => {
    expect(warned(ScheduleExpression.rate(Duration.days(days)))).toBe(count);
  });

  test('a cron expression is watched however rare it is', () => {
    expect(warned(ScheduleExpression.cron({ month: '1', day: '1', hour: '2', minute: '0' }))).toBe(0);
  });
});

test('one machine, one function more: nothing else is made for it', () => {
  const types = Object.entries(deployed().template.Resources)
    .filter(([id]) => id.startsWith('NightlyWatch'))
    .map(([, { Type }]) => Type)
    .sort();
  expect(types).toEqual([
    'AWS::IAM::Policy',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::IAM::Role',
    'AWS::Lambda::Function',
    'AWS::Logs::LogGroup',
    'AWS::Scheduler::Schedule',
  ]);
  expect(only(deployed().template, 'AWS::StepFunctions::StateMachine')).toBeDefined();
});
