import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ALARM_PERIOD } from '../monitoring/inference-alarms';

const SERVICE = 'AWS/SageMaker';
const INSTANCES = '/aws/sagemaker/Endpoints';

/**
 * The metrics of one variant, with exactly the dimension sets under which SageMaker publishes them.
 *
 * Dimensions use the endpoint's name as text, never a reference to it: the endpoint depends on its rollback alarms,
 * which would be a circle.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
export class VariantMetrics {
  constructor(
    private readonly endpointName: string,
    private readonly variantName: string,
  ) {}

  /** By its official name: the sum of what the service counts, the average of how full the instances are. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricName.includes('Utilization')
      ? this.ofInstances(metricName, cloudwatch.Stats.AVERAGE, options)
      : this.ofVariant(metricName, cloudwatch.Stats.SUM, options);
  }

  /** Of the requests to this variant, whatever version answers them. */
  public ofVariant(metricName: string, statistic: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.of(SERVICE, metricName, statistic, {}, options);
  }

  /**
   * Of the requests that a new fleet answered. SageMaker publishes this dimension while an endpoint is updated.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
   */
  public ofFleet(endpointConfigName: string, metricName: string, statistic: string): cloudwatch.Metric {
    return this.of(SERVICE, metricName, statistic, { EndpointConfigName: endpointConfigName }, {});
  }

  /** Of the instances; those of several processors or GPUs are sums over all of them. */
  public ofInstances(metricName: string, statistic: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.of(INSTANCES, metricName, statistic, {}, options);
  }

  private of(
    namespace: string,
    metricName: string,
    statistic: string,
    dimensions: { [name: string]: string },
    options: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace,
      metricName,
      statistic,
      period: ALARM_PERIOD,
      ...options,
      dimensionsMap: {
        EndpointName: this.endpointName,
        VariantName: this.variantName,
        ...dimensions,
        ...options.dimensionsMap,
      },
    });
  }
}
