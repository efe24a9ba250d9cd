/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlarmSeverity, InferenceAlarms, InferenceDashboard } from '../../../lib';
import { dashboardBody } from '../../helpers/published-metrics';
import { only, plain, testStack } from '../../helpers/synth';

const metric = new cloudwatch.Metric({ namespace: 'Mine', metricName: 'Load' });
const critical = { severity: AlarmSeverity.CRITICAL, description: 'x', metric, threshold: 1 };

function suite() {
  const stack = testStack();
  const scope = new Construct(stack, 'Fraud');
  const alarms = new InferenceAlarms(scope, 'Alarms');
  alarms.add('A', critical);
  return {
    stack,
    alarms,
    dashboard: new InferenceDashboard(scope, 'Dashboard', alarms),
    body: () => dashboardBody(only(plain(stack), 'AWS::CloudWatch::Dashboard')),
  };
}

test('the state of all alarms comes first', () => {
  const [first] = suite().body().widgets;
  expect(first).toMatchObject({
    type: 'alarm',
    width: 24,
    properties: { title: 'Alarms', alarms: [expect.anything(), expect.anything()] },
  });
});

test('an alarm that is added later is there too', () => {
  const { alarms, body } = suite();
  alarms.add('B', critical);
  expect(body().widgets[0].properties.alarms).toHaveLength(3);
});

test('a row shares the width among its graphs', () => {
  const { dashboard, body } = suite();
  dashboard.addRow({ title: 'Load', graphs: [1, 2, 3].map((index) => ({ title: `g${index}`, metrics: [metric] })) });
  expect(
    body()
      .widgets.slice(1)
      .map(({ width, x, properties }) => [width, x, properties.title]),
  ).toEqual([
    [8, 0, 'Load: g1'],
    [8, 8, 'Load: g2'],
    [8, 16, 'Load: g3'],
  ]);
});

test('rows lie below one another', () => {
  const { dashboard, body } = suite();
  dashboard.addRow({ title: 'A', graphs: [{ title: 'g', metrics: [metric] }] });
  dashboard.addRow({ title: 'B', graphs: [{ title: 'g', metrics: [metric] }] });
  const [, a, b] = body().widgets;
  expect(b.y).toBeGreaterThan(a.y);
});

test('it has no name of its own, so it can be replaced', () => {
  expect(only(plain(suite().stack), 'AWS::CloudWatch::Dashboard').Properties!.DashboardName).toBeUndefined();
});

test('a dollar sign with a brace in a title of yours stays what it is', () => {
  const { stack, dashboard } = suite();
  dashboard.addWidgets(new cloudwatch.TextWidget({ markdown: 'costs ${price}' }));
  const { 'Fn::Sub': substitution } = only(plain(stack), 'AWS::CloudWatch::Dashboard').Properties!.DashboardBody;
  const [text, values] = substitution as [string, Record<string, unknown>];
  expect(text).toContain('costs ${!price}');
  const used = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
  expect(new Set(used)).toEqual(new Set(Object.keys(values)));
});
