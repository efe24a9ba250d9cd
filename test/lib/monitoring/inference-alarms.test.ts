import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmSeverity, InferenceAlarms, type AlarmSettings, type InferenceAlarmProps } from '../../../lib';
import { named, only, plain, testStack } from '../../helpers/synth';

const metric = new cloudwatch.Metric({ namespace: 'Mine', metricName: 'Load' });
const alarm = (rest: Partial<InferenceAlarmProps> = {}): InferenceAlarmProps => ({
  severity: AlarmSeverity.CRITICAL,
  description: 'It is bad.',
  metric,
  threshold: 3,
  ...rest,
});

function suite(settings?: AlarmSettings) {
  const stack = testStack();
  const scope = new Construct(stack, 'Fraud');
  return { stack, alarms: new InferenceAlarms(scope, 'Alarms', settings) };
}

test('defaults of an alarm: three of five periods over the bound, silence is good', () => {
  const { stack, alarms } = suite();
  alarms.add('Load', alarm());
  expect(only(plain(stack), 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
    AlarmDescription: '[critical] It is bad.',
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 5,
    DatapointsToAlarm: 3,
    TreatMissingData: 'notBreaching',
    Threshold: 3,
  });
});

test.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [10, 3],
])('of %p periods %p must be bad', (evaluationPeriods, expected) => {
  const { stack, alarms } = suite();
  alarms.add('Load', alarm({ evaluationPeriods }));
  expect(only(plain(stack), 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
    EvaluationPeriods: evaluationPeriods,
    DatapointsToAlarm: expected,
  });
});

test('every option of an alarm', () => {
  const { stack, alarms } = suite();
  alarms.add(
    'Load',
    alarm({
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 4,
      datapointsToAlarm: 2,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    }),
  );
  expect(only(plain(stack), 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
    ComparisonOperator: 'LessThanThreshold',
    EvaluationPeriods: 4,
    DatapointsToAlarm: 2,
    TreatMissingData: 'breaching',
  });
});

test('the page goes off with any critical alarm, also with one that was added later, and not with warnings', () => {
  const { stack, alarms } = suite();
  alarms.add('A', alarm());
  alarms.add('B', alarm({ severity: AlarmSeverity.WARNING }));
  alarms.add('C', alarm());
  const template = plain(stack);
  const [a, c] = ['A', 'C'].map((id) =>
    Object.keys(template.Resources).find((found) => found.startsWith(`FraudAlarms${id}`))!,
  );
  expect(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties!.AlarmRule).toEqual({
    'Fn::Join': ['', ['ALARM("', { 'Fn::GetAtt': [a, 'Arn'] }, '") OR ALARM("', { 'Fn::GetAtt': [c, 'Arn'] }, '")']],
  });
});

test('without anything critical the page never goes off', () => {
  expect(only(plain(suite().stack), 'AWS::CloudWatch::CompositeAlarm').Properties).toMatchObject({
    AlarmRule: 'FALSE',
  });
});

test('one page for all that is critical, and when it is over; a warning for each warning', () => {
  const stack = testStack();
  const [page, warn] = ['Page', 'Warn'].map((id) => new sns.Topic(stack, id));
  const alarms = new InferenceAlarms(new Construct(stack, 'Fraud'), 'Alarms', {
    pageActions: [new SnsAction(page)],
    warningActions: [new SnsAction(warn)],
  });
  alarms.add('A', alarm());
  alarms.add('B', alarm({ severity: AlarmSeverity.WARNING }));
  const template = plain(stack);
  expect(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties).toMatchObject({
    AlarmActions: [stack.resolve(page.topicArn)],
    OKActions: [stack.resolve(page.topicArn)],
  });
  expect(named(template, /AlarmsA/).Properties!.AlarmActions).toBeUndefined();
  expect(named(template, /AlarmsB/).Properties).toMatchObject({ AlarmActions: [stack.resolve(warn.topicArn)] });
});

test('nobody is told unless asked', () => {
  const { stack, alarms } = suite();
  alarms.add('A', alarm({ severity: AlarmSeverity.WARNING }));
  Template.fromStack(stack).allResourcesProperties('AWS::CloudWatch::Alarm', { TreatMissingData: 'notBreaching' });
  expect(only(plain(stack), 'AWS::CloudWatch::Alarm').Properties!.AlarmActions).toBeUndefined();
  expect(only(plain(stack), 'AWS::CloudWatch::CompositeAlarm').Properties!.AlarmActions).toBeUndefined();
});

test('the runbook is in every description', () => {
  const { stack, alarms } = suite({ runbookUrl: 'https://example.com/r' });
  alarms.add('A', alarm());
  expect(only(plain(stack), 'AWS::CloudWatch::Alarm').Properties!.AlarmDescription).toBe(
    '[critical] It is bad. Runbook: https://example.com/r',
  );
  expect(only(plain(stack), 'AWS::CloudWatch::CompositeAlarm').Properties!.AlarmDescription).toMatch(
    /^Callers of Stack\/Fraud .* Runbook: https:\/\/example.com\/r$/,
  );
});

test('lists are copies', () => {
  const { alarms } = suite();
  alarms.add('A', alarm());
  alarms.all.pop();
  alarms.withSeverity(AlarmSeverity.CRITICAL).pop();
  expect(alarms.all).toHaveLength(1);
  expect(alarms.withSeverity(AlarmSeverity.CRITICAL)).toHaveLength(1);
  expect(alarms.withSeverity(AlarmSeverity.WARNING)).toEqual([]);
});
