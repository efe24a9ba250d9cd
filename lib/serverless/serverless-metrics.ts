import { Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DIMENSIONS, METRICS } from '../../lambda/predict/contract';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';

/**
 * The metrics of one deployment on Lambda, with exactly the dimension sets under which they are published.
 *
 * Dimensions use the function's name and the alias' name as text, never a reference to the alias: the alias depends on
 * its rollback alarms, which would be a circle.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export class ServerlessMetrics {
  constructor(
    private readonly functionName: string,
    private readonly aliasName: string,
    private readonly version: lambda.IVersion,
  ) {}

  /** Published by AWS Lambda for calls through the alias, all versions together. */
  public ofAlias(metricName: string, statistic: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(
      'AWS/Lambda',
      metricName,
      statistic,
      { FunctionName: this.functionName, Resource: this.resource },
      options,
    );
  }

  /** Published by AWS Lambda for calls through the alias that the newest version answered. */
  public ofNewVersion(metricName: string, statistic: string): cloudwatch.Metric {
    return this.metric('AWS/Lambda', metricName, statistic, {
      FunctionName: this.functionName,
      Resource: this.resource,
      ExecutedVersion: this.version.version,
    });
  }

  /** Published by AWS Lambda for the function, however it is called; concurrency exists only here. */
  public ofFunction(metricName: string, statistic: string): cloudwatch.Metric {
    return this.metric('AWS/Lambda', metricName, statistic, { FunctionName: this.functionName });
  }

  /** Published by the handler for the function, all versions together. */
  public ofHandler(metricName: string, statistic: string): cloudwatch.Metric {
    return this.metric(METRICS.namespace, metricName, statistic, { [DIMENSIONS.functionName]: this.functionName });
  }

  /** Published by the handler for the newest version. */
  public ofHandlerInNewVersion(metricName: string, statistic: string): cloudwatch.Metric {
    return this.metric(METRICS.namespace, metricName, statistic, {
      [DIMENSIONS.functionName]: this.functionName,
      [DIMENSIONS.functionVersion]: this.version.version,
    });
  }

  private get resource(): string {
    return `${this.functionName}:${this.aliasName}`;
  }

  private metric(
    namespace: string,
    metricName: string,
    statistic: string,
    dimensionsMap: { [name: string]: string },
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace,
      metricName,
      statistic,
      period: ALARM_PERIOD,
      ...options,
      dimensionsMap: { ...dimensionsMap, ...options.dimensionsMap },
    });
  }
}

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
