import type { IVersion } from 'aws-cdk-lib/aws-lambda';
import { DIMENSION_SETS, METRICS } from '../../../lambda/predict/contract';
import { AliasMetrics } from '../../../lib/monitoring/alias-metrics';

const metrics = new AliasMetrics('fn', 'live', { version: '7' } as IVersion);

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
test.each([
  [metrics.ofAlias('Errors', 'Sum'), 'AWS/Lambda', { FunctionName: 'fn', Resource: 'fn:live' }],
  [
    metrics.ofNewVersion('Errors', 'Sum'),
    'AWS/Lambda',
    { FunctionName: 'fn', Resource: 'fn:live', ExecutedVersion: '7' },
  ],
  [metrics.ofFunction('ConcurrentExecutions', 'Maximum'), 'AWS/Lambda', { FunctionName: 'fn' }],
  [metrics.ofHandler(METRICS.latency, 'p99'), 'InferencePatterns', { FunctionName: 'fn' }],
  [
    metrics.ofHandlerInNewVersion(METRICS.latency, 'p99'),
    'InferencePatterns',
    { FunctionName: 'fn', FunctionVersion: '7' },
  ],
])('%s has exactly the dimensions under which it is published', (metric, namespace, dimensions) => {
  expect(metric).toMatchObject({ namespace, dimensions });
  expect(Object.keys(metric.dimensions!)).toEqual(Object.keys(dimensions));
  expect(metric.period.toSeconds()).toBe(60);
});

test('the dimensions of our own metrics are sets of the contract', () => {
  for (const { dimensions } of [metrics.ofHandler('x', 'Sum'), metrics.ofHandlerInNewVersion('x', 'Sum')]) {
    expect(DIMENSION_SETS).toContainEqual(Object.keys(dimensions!));
  }
});

test("a caller's options win", () => {
  expect(metrics.ofAlias('Duration', 'p99', { statistic: 'p50', label: 'half' })).toMatchObject({
    statistic: 'p50',
    label: 'half',
  });
});
