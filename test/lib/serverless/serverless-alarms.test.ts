/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Duration, Lazy } from 'aws-cdk-lib';
import type { AlarmSettings } from '../../../lib';
import { ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { faultyThresholds, thresholdsOf } from '../../../lib/serverless/serverless-alarms';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { named, ofType, plain, testStack } from '../../helpers/synth';

const TIMEOUT = Duration.seconds(10);

function alarms(props: Partial<ServerlessInferenceProps> = {}) {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), ...props });
  const template = plain(stack);
  const of = (id: string) => named(template, new RegExp(`^Fraud(Alarms)?${id}[0-9A-F]{8}([0-9a-f]{8})?$`)).Properties!;
  return { template, inference, of };
}

const expressionOf = (alarm: Record<string, any>) =>
  alarm.Metrics.find((query: any) => query.Expression !== undefined).Expression as string;

test('defaults: 5 % failures, half of the time-out, 20 requests, 80 % of 1000 executions', () => {
  const thresholds = thresholdsOf({}, TIMEOUT);
  expect(thresholds).toMatchObject({ maxErrorRatio: 0.05, minSamples: 20, concurrency: 800, noTrafficFor: undefined });
  expect(thresholds.maxLatency.toSeconds()).toBe(5);
});

test("the concurrency that counts is the function's own, then the account's", () => {
  expect(thresholdsOf({ accountConcurrency: 5000 }, TIMEOUT).concurrency).toBe(4000);
  expect(thresholdsOf({ accountConcurrency: 5000 }, TIMEOUT, 50).concurrency).toBe(40);
});

test.each([
  [{ maxErrorRatio: 0.0001 }],
  [{ maxErrorRatio: 0.999 }],
  [{ minSamples: 1 }],
  [{ minSamples: 1_000_000 }],
  [{ accountConcurrency: 1 }],
  [{ maxLatency: Duration.millis(1) }],
  [{ maxLatency: Duration.millis(9_999) }],
  [{ noTrafficFor: Duration.minutes(1) }],
  [{ noTrafficFor: Duration.days(1) }],
] as [AlarmSettings][])('%j is accepted', (settings) => {
  expect(faultyThresholds(settings, TIMEOUT)).toEqual([]);
});

test.each([
  [{ maxErrorRatio: 0 }, 'alarm-error-ratio'],
  [{ maxErrorRatio: 1 }, 'alarm-error-ratio'],
  [{ maxErrorRatio: 5 }, 'alarm-error-ratio'],
  [{ minSamples: 0 }, 'alarm-samples'],
  [{ minSamples: 1.5 }, 'alarm-samples'],
  [{ minSamples: 1_000_001 }, 'alarm-samples'],
  [{ accountConcurrency: 0 }, 'alarm-account-concurrency'],
  [{ maxLatency: Duration.millis(0) }, 'alarm-latency'],
  [{ maxLatency: Duration.seconds(10) }, 'alarm-latency-unreachable'],
  [{ maxLatency: Duration.seconds(1000) }, 'alarm-latency-unreachable'],
  [{ noTrafficFor: Duration.minutes(0) }, 'alarm-no-traffic'],
  [{ noTrafficFor: Duration.seconds(90) }, 'alarm-no-traffic'],
  [{ noTrafficFor: Duration.minutes(1441) }, 'alarm-no-traffic'],
] as [AlarmSettings, string][])('%j breaks the rule %s', (settings, id) => {
  expect(faultyThresholds(settings, TIMEOUT)).toEqual([expect.objectContaining({ id })]);
});

test('the fault of a latency of 0 does not ask for a whole number of seconds', () => {
  expect(faultyThresholds({ maxLatency: Duration.millis(0) }, TIMEOUT)[0].message).not.toContain('whole number');
});

test('values known only at deployment pass', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(
    faultyThresholds(
      {
        maxErrorRatio: token,
        minSamples: token,
        accountConcurrency: token,
        maxLatency: Duration.seconds(token),
        noTrafficFor: Duration.minutes(token),
      },
      TIMEOUT,
    ),
  ).toEqual([]);
  expect(faultyThresholds({ maxLatency: Duration.seconds(5) }, Duration.seconds(token))).toEqual([]);
});

test('the alarms of a deployment, with their severity', () => {
  const { inference } = alarms({ alarms: { noTrafficFor: Duration.hours(1) } });
  const ids = (severity: string) => inference.alarms.withSeverity(severity as never).map(({ node }) => node.id);
  expect(ids('critical')).toEqual(['ErrorRatio', 'Throttles', 'Latency']);
  expect(ids('warning')).toEqual(['Concurrency', 'FailedEvents', 'NoTraffic']);
});

test('all of them name metrics that exist, and can go off', () => {
  const { template } = alarms({ alarms: { noTrafficFor: Duration.days(1), accountConcurrency: 10 } });
  expect(unpublishedMetrics(template)).toEqual([]);
  expect(deafAlarms(template)).toEqual([]);
});

test('failures: handled ones count, and those of the callers do not', () => {
  const { of } = alarms();
  const errors = of('ErrorRatio');
  expect(expressionOf(errors)).toBe(
    'IF(invocations >= 20, (FILL(errors, 0) + FILL(handled, 0) - FILL(rejected, 0)) / invocations, 0)',
  );
  expect(errors).toMatchObject({
    Threshold: 0.05,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 5,
    DatapointsToAlarm: 3,
    TreatMissingData: 'notBreaching',
  });
});

test('latency: the 99th percentile, in milliseconds', () => {
  const { of } = alarms({ alarms: { maxLatency: Duration.seconds(2), minSamples: 7 } });
  expect(of('Latency')).toMatchObject({ Threshold: 2000 });
  expect(of('Latency').Metrics).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ Expression: 'IF(requests >= 7, statistic, 0)' }),
      expect.objectContaining({ MetricStat: expect.objectContaining({ Stat: 'p99', Period: 60 }) }),
    ]),
  );
});

test('the new version is watched alone, minute by minute, and its silence is good', () => {
  const { of, template } = alarms();
  for (const id of ['NewVersionErrors', 'NewVersionLatency']) {
    expect(of(id)).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 1, TreatMissingData: 'notBreaching' });
    const [version] = ofType(template, 'AWS::Lambda::Version')[0];
    of(id)
      .Metrics.filter((query: any) => query.MetricStat !== undefined)
      .forEach((query: any) =>
        expect(query.MetricStat.Metric.Dimensions).toContainEqual({
          Name: expect.stringMatching(/^(ExecutedVersion|FunctionVersion)$/),
          Value: { 'Fn::GetAtt': [version, 'Version'] },
        }),
      );
  }
});

test('the rollback alarms are not those that page, and are not part of the page', () => {
  const { template } = alarms();
  const [[, page]] = ofType(template, 'AWS::CloudWatch::CompositeAlarm');
  expect(JSON.stringify(page.Properties!.AlarmRule)).not.toContain('NewVersion');
});

test('without a queue there is no alarm on it; with one, a single message is enough', () => {
  expect(alarms().of('FailedEvents')).toMatchObject({
    Threshold: 0,
    EvaluationPeriods: 1,
    Statistic: 'Maximum',
    Namespace: 'AWS/SQS',
  });
});

test('silence is noticed only when asked for, and then no data is the very thing', () => {
  expect(Object.keys(alarms().template.Resources).filter((id) => /NoTraffic/.test(id))).toEqual([]);
  expect(alarms({ alarms: { noTrafficFor: Duration.hours(2) } }).of('NoTraffic')).toMatchObject({
    Period: 7200,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test('a function that is switched off has no alarm on a concurrency that it cannot reach', () => {
  expect(deafAlarms(alarms({ reservedConcurrency: 0 }).template)).toEqual([]);
});

test('the runbook is in every description', () => {
  const { template } = alarms({ alarms: { runbookUrl: 'https://example.com/runbook' } });
  const silent = [
    ...ofType(template, 'AWS::CloudWatch::Alarm'),
    ...ofType(template, 'AWS::CloudWatch::CompositeAlarm'),
  ].filter(([, { Properties: alarm }]) => !alarm!.AlarmDescription.includes('https://example.com/runbook'));
  expect(silent.map(([id]) => id)).toEqual([]);
});

test('the alarms on a version are made anew with it, so that a rollback finds those of the old version as they were', () => {
  const idsWith = (version: string) =>
    ofType(alarms({ model: tinyModel({ version }) }).template, 'AWS::CloudWatch::Alarm')
      .map(([id]) => id)
      .filter((id) => id.includes('NewVersion'));
  expect(idsWith('1.0.0')).toEqual(idsWith('1.0.0'));
  expect(idsWith('1.0.0').filter((id) => idsWith('2.0.0').includes(id))).toEqual([]);
});

test('a number of samples that is known only at deployment still guards the ratio', () => {
  const minSamples = Lazy.number({ produce: () => 33 });
  expect(expressionOf(alarms({ alarms: { minSamples } }).of('ErrorRatio'))).toMatch(/^IF\(invocations >= 33,/);
});
