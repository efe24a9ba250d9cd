import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as fc from 'fast-check';
import { DIMENSION_SETS, METRICS } from '../../../lambda/predict/contract';
import { failureRatio, ServerlessMetrics } from '../../../lib/serverless/serverless-metrics';
import { evaluate } from '../../helpers/metric-math';
import type { IVersion } from 'aws-cdk-lib/aws-lambda';

const metrics = new ServerlessMetrics('fn', 'live', { version: '7' } as IVersion);

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

const metric = (metricName: string) => new cloudwatch.Metric({ namespace: 'x', metricName });
const all = { invocations: metric('i'), errors: metric('e'), handled: metric('h'), rejected: metric('r') };

test('failures are errors of AWS Lambda, and handled ones, without those of the callers', () => {
  const { expression } = failureRatio(all, 20);
  expect(evaluate(expression, { invocations: 100, errors: 3, handled: 4, rejected: 1 })).toBeCloseTo(0.06);
  expect(evaluate(expression, { invocations: 100, errors: 5, handled: 0, rejected: 5 })).toBe(0);
});

test('missing counts are 0', () => {
  expect(evaluate(failureRatio(all, 20).expression, { invocations: 100, errors: 50 })).toBe(0.5);
});

test('without our handler only the errors of AWS Lambda count', () => {
  const math = failureRatio({ invocations: all.invocations, errors: all.errors }, 20);
  expect(Object.keys(math.usingMetrics)).toEqual(['invocations', 'errors']);
  expect(evaluate(math.expression, { invocations: 100, errors: 50 })).toBe(0.5);
});

test('a ratio is a share of 0 to 1, and 0 below the least number of requests', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.nat(1000),
      fc.nat(1000),
      fc.integer({ min: 1, max: 500 }),
      (errors, handled, answered, minSamples) => {
        const invocations = errors + handled + answered;
        const ratio = evaluate(failureRatio(all, minSamples).expression, {
          invocations,
          errors,
          handled,
          rejected: 0,
        })!;
        expect(ratio).toBeGreaterThanOrEqual(0);
        expect(ratio).toBeLessThanOrEqual(1);
        if (invocations < minSamples) {
          expect(ratio).toBe(0);
        }
      },
    ),
  );
});
