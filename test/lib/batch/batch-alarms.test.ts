/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { DIMENSION, METRICS } from '../../../lambda/batch/contract';
import { BatchTransform, type BatchTransformProps } from '../../../lib';
import { BatchMetrics } from '../../../lib/batch/batch-metrics';
import { tinyModel } from '../../fakes/models';
import { evaluate } from '../../helpers/metric-math';
import { dashboardBody, deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { named, ofType, only, plain, testStack } from '../../helpers/synth';

function deployed(props: Partial<BatchTransformProps> = {}, stack = testStack()) {
  const bucket = new s3.Bucket(stack, 'Data');
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket, prefix: 'rows/' },
    output: { bucket, prefix: 'results/' },
    ...props,
  });
  const template = plain(stack);
  return {
    batch,
    template,
    of: (id: string) => named(template, new RegExp(`^NightlyAlarms${id}[0-9A-F]{8}$`)).Properties!,
  };
}

test('the alarms of a batch, with their severity', () => {
  const { batch } = deployed();
  const ids = (severity: string) => batch.alarms.withSeverity(severity as never).map(({ node }) => node.id);
  expect(ids('critical')).toEqual(['FailedRuns', 'TimedOutRuns']);
  expect(ids('warning')).toEqual([
    'AbortedRuns',
    'ThrottledRuns',
    'LateRuns',
    'QuarantinedObjects',
    'ThrottledPartitions',
    'WatchErrors',
  ]);
});

test('every alarm and widget is alive', () => {
  const { template } = deployed();
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('a check of that sees an alarm under a name that no function publishes', () => {
  const { template } = deployed();
  const broken = JSON.parse(JSON.stringify(template).replaceAll('"BATCH_NAME":"', '"BATCH_NAME":"another-')) as never;
  expect(unpublishedMetrics(broken).length).toBeGreaterThan(5);
});

test.each([
  ['FailedRuns', 'ExecutionsFailed'],
  ['TimedOutRuns', 'ExecutionsTimedOut'],
  ['AbortedRuns', 'ExecutionsAborted'],
  ['ThrottledRuns', 'ExecutionThrottled'],
])('%s: one is enough, and silence is good', (id, metric) => {
  expect(deployed().of(id)).toMatchObject({
    Namespace: 'AWS/States',
    MetricName: metric,
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('a run is late when it took longer than its deadline', () => {
  expect(deployed().of('LateRuns')).toMatchObject({
    Namespace: METRICS.namespace,
    MetricName: METRICS.lateness,
    Statistic: 'Maximum',
    Threshold: 1,
  });
});

test('somebody is warned at half of what may be in quarantine, before a run fails for it', () => {
  expect(deployed().of('QuarantinedObjects')).toMatchObject({ Threshold: 0.005 });
  expect(deployed({ toleratedFailure: 0 }).of('QuarantinedObjects')).toMatchObject({ Threshold: 0 });
  expect(deployed({ toleratedFailure: 0.2 }).of('QuarantinedObjects')).toMatchObject({ Threshold: 0.1 });
});

test('also where everything may be in quarantine', () => {
  const { of, template } = deployed({ toleratedFailure: 1 });
  expect(of('QuarantinedObjects')).toMatchObject({ Threshold: 0.5 });
  expect(deafAlarms(template)).toEqual([]);
});

test('the share in quarantine is one of all objects, and 0 of none', () => {
  const { expression } = new BatchMetrics('arn', 'nightly').quarantinedShare();
  expect(evaluate(expression, { objects: 200, quarantined: 3 })).toBeCloseTo(0.015);
  expect(evaluate(expression, { objects: 0, quarantined: 0 })).toBe(0);
});

test("a run's own metrics are published under the name of the batch alone", () => {
  expect(new BatchMetrics('arn', 'nightly').atTheEnd('records', 'Sum')).toMatchObject({
    namespace: METRICS.namespace,
    metricName: METRICS.records,
    dimensions: { [DIMENSION]: 'nightly' },
    statistic: 'Sum',
  });
});

test('who is paged, who is warned, and where the runbook lies', () => {
  const stack = testStack();
  const [page, warn] = ['Page', 'Warn'].map((id) => new sns.Topic(stack, id));
  const { template, of } = deployed(
    {
      alarms: {
        pageActions: [new SnsAction(page)],
        warningActions: [new SnsAction(warn)],
        runbookUrl: 'https://example.com/nightly',
      },
    },
    stack,
  );
  expect(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties!.AlarmActions).toEqual([
    stack.resolve(page.topicArn),
  ]);
  expect(of('LateRuns').AlarmActions).toEqual([stack.resolve(warn.topicArn)]);
  expect(of('FailedRuns').AlarmActions).toBeUndefined();
  ofType(template, 'AWS::CloudWatch::Alarm').forEach(([, { Properties: properties = {} }]) =>
    expect(properties.AlarmDescription).toContain('Runbook: https://example.com/nightly'),
  );
});

test('the dashboard: alarms first, then how runs ended and what they scored', () => {
  const { template } = deployed();
  const titles = dashboardBody(only(template, 'AWS::CloudWatch::Dashboard')).widgets.map(
    ({ properties }) => properties.title as string,
  );
  expect(titles).toEqual([
    'Alarms',
    'Runs: begun',
    'Runs: ended',
    'Runs: how long they took, ms',
    'Objects: scored or quarantined',
    'Objects: records',
    'Objects: quarantined, share',
    'Objects: time taken, share of the deadline',
  ]);
});
