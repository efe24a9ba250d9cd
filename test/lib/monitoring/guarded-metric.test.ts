import { Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { guardedRatio, guardedStatistic } from '../../../lib/monitoring/guarded-metric';
import { evaluate } from '../../helpers/metric-math';

const metric = (metricName: string) => new cloudwatch.Metric({ namespace: 'x', metricName });

test('a ratio is judged from the least number of requests on', () => {
  const { expression } = guardedRatio(metric('f'), metric('r'), 20, 'share');
  expect(evaluate(expression, { requests: 19, failures: 19 })).toBe(0);
  expect(evaluate(expression, { requests: 20, failures: 5 })).toBe(0.25);
});

test('a failure count that is missing is 0', () => {
  expect(evaluate(guardedRatio(metric('f'), metric('r'), 20, 'share').expression, { requests: 20 })).toBe(0);
});

test('a statistic is judged from the least number of requests on', () => {
  const { expression } = guardedStatistic(metric('d'), metric('i'), 20, 'time');
  expect(evaluate(expression, { requests: 19, statistic: 900 })).toBe(0);
  expect(evaluate(expression, { requests: 20, statistic: 900 })).toBe(900);
});

test('both are looked at every minute, under a name', () => {
  for (const math of [
    guardedRatio(metric('f'), metric('r'), 20, 'its name'),
    guardedStatistic(metric('d'), metric('i'), 20, 'its name'),
  ]) {
    expect([math.period.toSeconds(), math.label]).toEqual([60, 'its name']);
  }
});

test('a number of requests that is known only at deployment stands in the expression as its reference', () => {
  const stack = new Stack();
  const token = Lazy.number({ produce: () => 7 });
  expect(stack.resolve(guardedRatio(metric('f'), metric('r'), token, '').expression)).toContain('requests >= 7,');
  expect(stack.resolve(guardedStatistic(metric('f'), metric('r'), token, '').expression)).toContain('requests >= 7,');
});
