/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Lazy } from 'aws-cdk-lib';
import { InferenceApi, ServerlessInference, type ApiAlarmSettings } from '../../../lib';
import { faultyApiAlarms } from '../../../lib/api/api-alarms';
import { tinyModel } from '../../fakes/models';
import { dashboardBody, deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { named, only, plain, testStack } from '../../helpers/synth';

function deployed(alarms?: ApiAlarmSettings) {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
  const api = new InferenceApi(stack, 'Front', { inference, alarms });
  return { stack, inference, api, template: plain(stack) };
}

test('they join the alarms of the deployment: failures page, refusals warn', () => {
  const { inference, template } = deployed();
  expect(inference.alarms.withSeverity('critical' as never).map(({ node }) => node.id)).toContain('FrontServerErrors');
  expect(inference.alarms.withSeverity('warning' as never).map(({ node }) => node.id)).toContain('FrontClientErrors');
  expect(JSON.stringify(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties!.AlarmRule)).toContain(
    'FrontServerErrors',
  );
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('they are on the dashboard too', () => {
  const [first] = dashboardBody(only(deployed().template, 'AWS::CloudWatch::Dashboard')).widgets;
  const arns = (first.properties.alarms as string[]).map((mark) =>
    Buffer.from(mark.replaceAll('§', ''), 'base64').toString(),
  );
  expect(arns.filter((arn) => arn.includes('Front'))).toHaveLength(2);
});

test('defaults and options', () => {
  const defaults = deployed().template;
  expect(named(defaults, /FrontServerErrors/).Properties).toMatchObject({
    Threshold: 0.05,
    TreatMissingData: 'notBreaching',
  });
  expect(named(defaults, /FrontClientErrors/).Properties).toMatchObject({ Threshold: 0.25 });
  expect(JSON.stringify(named(defaults, /FrontServerErrors/))).toContain('IF(requests >= 20, failures / requests, 0)');
  const { template } = deployed({ maxServerErrorRatio: 0.01, maxClientErrorRatio: 0.5, minSamples: 3 });
  expect(named(template, /FrontServerErrors/).Properties).toMatchObject({ Threshold: 0.01 });
  expect(named(template, /FrontClientErrors/).Properties).toMatchObject({ Threshold: 0.5 });
  expect(JSON.stringify(named(template, /FrontClientErrors/))).toContain('IF(requests >= 3');
});

test('requests are counted by how often the metric was written', () => {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html: Count, SampleCount statistic
  const queries = named(deployed().template, /FrontServerErrors/).Properties!.Metrics;
  expect(queries.find((query: any) => query.Id === 'requests').MetricStat).toMatchObject({
    Stat: 'SampleCount',
    Metric: { MetricName: 'Count' },
  });
});

test.each([
  [{ maxServerErrorRatio: 0.0001, maxClientErrorRatio: 0.999, minSamples: 1 }, []],
  [{ maxServerErrorRatio: 0 }, ['alarm-error-ratio']],
  [{ maxServerErrorRatio: 1 }, ['alarm-error-ratio']],
  [{ maxClientErrorRatio: 0 }, ['alarm-error-ratio']],
  [{ maxClientErrorRatio: 1, minSamples: 0 }, ['alarm-error-ratio', 'alarm-samples']],
  [{ minSamples: 1_000_001 }, ['alarm-samples']],
] as [ApiAlarmSettings, string[]][])('%j breaks the rules %j', (settings, ids) => {
  expect(faultyApiAlarms(settings).map(({ id }) => id)).toEqual(ids);
});

test('values known only at deployment pass', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(faultyApiAlarms({ maxServerErrorRatio: token, maxClientErrorRatio: token, minSamples: token })).toEqual([]);
});

test('two APIs of one id in front of one deployment do not get into each other’s way', () => {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
  const { Construct } = jest.requireActual<typeof import('constructs')>('constructs');
  ['Public', 'Internal'].forEach((id) => new InferenceApi(new Construct(stack, id), 'Api', { inference }));
  expect(unpublishedMetrics(plain(stack))).toEqual([]);
});
