import { Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ALARM_PERIOD } from './inference-alarms';

/** Share of failed requests, or 0 below `minSamples` requests in a period: a single failure at night is not an outage. */
export function guardedRatio(
  failures: cloudwatch.IMetric,
  requests: cloudwatch.IMetric,
  minSamples: number,
  label: string,
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(requests >= ${Tokenization.stringifyNumber(minSamples)}, FILL(failures, 0) / requests, 0)`,
    usingMetrics: { requests, failures },
    period: ALARM_PERIOD,
    label,
  });
}

/** A statistic of the requests, or 0 below `minSamples` requests in a period. */
export function guardedStatistic(
  statistic: cloudwatch.IMetric,
  requests: cloudwatch.IMetric,
  minSamples: number,
  label: string,
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(requests >= ${Tokenization.stringifyNumber(minSamples)}, statistic, 0)`,
    usingMetrics: { requests, statistic },
    period: ALARM_PERIOD,
    label,
  });
}
