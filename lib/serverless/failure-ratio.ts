import { Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';

/** Failed requests as AWS Lambda and the handler count them together. */
export interface FailureCounts {
  readonly invocations: cloudwatch.IMetric;
  readonly errors: cloudwatch.IMetric;
  /** Absent where the handler is not ours and so publishes none. */
  readonly handled?: cloudwatch.IMetric;
  readonly rejected?: cloudwatch.IMetric;
}

/**
 * Share of requests that failed through the service's fault, or 0 below `minSamples` requests in a period.
 *
 * A failure that the handler answers with 500 is no error to AWS Lambda, so it is added; bad input to a direct
 * invocation is an error to AWS Lambda, so that asynchronous callers lose nothing, and is taken off again.
 */
export function failureRatio(counts: FailureCounts, minSamples: number): cloudwatch.MathExpression {
  const { invocations, errors, handled, rejected } = counts;
  const usingMetrics: Record<string, cloudwatch.IMetric> = { invocations, errors };
  let failures = 'FILL(errors, 0)';
  if (handled !== undefined && rejected !== undefined) {
    Object.assign(usingMetrics, { handled, rejected });
    failures += ' + FILL(handled, 0) - FILL(rejected, 0)';
  }
  return new cloudwatch.MathExpression({
    expression: `IF(invocations >= ${Tokenization.stringifyNumber(minSamples)}, (${failures}) / invocations, 0)`,
    usingMetrics,
    period: ALARM_PERIOD,
    label: 'share of failed requests',
  });
}
