import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as fc from 'fast-check';
import { failureRatio } from '../../../lib/serverless/failure-ratio';
import { evaluate } from '../../helpers/metric-math';

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
