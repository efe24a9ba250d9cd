import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DIMENSIONS, METRICS } from '../../lambda/predict/contract';
import type { CountPart } from '../../lambda/rollout-target/contract';
import { ALARM_PERIOD } from './inference-alarms';

/**
 * The metrics of a function that is called through an alias, with exactly the dimension sets under which they are published.
 *
 * Dimensions use the function's name and the alias' name as text, never a reference to the alias: the alias depends on
 * its rollback alarms, which would be a circle.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export class AliasMetrics {
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

  /** Where a count of AWS Lambda is found for any version that answers through the alias. */
  public countByVersion(metricName: string): CountPart {
    return { ...this.byVersion(metricName), statistic: 'Sum' };
  }

  /** The same for the time to answer, of which a statistic is to be said. */
  public durationByVersion(): Omit<CountPart, 'statistic'> {
    return this.byVersion('Duration');
  }

  /** Where a count of the handler is found for any version. */
  public handlerCountByVersion(metricName: string): CountPart {
    return {
      namespace: METRICS.namespace,
      metricName,
      statistic: 'Sum',
      dimensions: { [DIMENSIONS.functionName]: this.functionName },
      versionDimension: DIMENSIONS.functionVersion,
    };
  }

  private byVersion(metricName: string): Omit<CountPart, 'statistic'> {
    return {
      namespace: 'AWS/Lambda',
      metricName,
      dimensions: { FunctionName: this.functionName, Resource: this.resource },
      versionDimension: 'ExecutedVersion',
    };
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
