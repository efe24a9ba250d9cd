import { ArnFormat, Resource, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { VariantMetrics } from './variant-metrics';

/** What can be done with any SageMaker endpoint, also one that is not of this app. */
export abstract class EndpointBase extends Resource implements sagemaker.IEndpoint {
  /** Name of the endpoint. */
  public abstract readonly endpointName: string;

  /** The variant whose metrics are meant where none is named. */
  protected abstract readonly defaultVariant: string;

  /** ARN of the endpoint. */
  public get endpointArn(): string {
    return this.stack.formatArn({
      service: 'sagemaker',
      resource: 'endpoint',
      resourceName: inArn(this.endpointName),
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }

  /** The endpoint as generated classes refer to it. */
  public get endpointRef(): sagemaker.EndpointReference {
    return { endpointArn: this.endpointArn };
  }

  /** Allows a principal to ask for predictions, at once or as a stream, and nothing else. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
      resourceArns: [this.endpointArn],
    });
  }

  /**
   * A metric that SageMaker publishes for a variant, such as `Invocations` or `GPUUtilization`; the sum per minute, and
   * the average of utilisations, unless told otherwise.
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metricOfVariant(this.defaultVariant, metricName, options);
  }

  /** As `metric`, of the variant with this name. */
  public metricOfVariant(
    variantName: string,
    metricName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return new VariantMetrics(this.endpointName, variantName).metric(metricName, options);
  }

  /** Requests. */
  public metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocations', options);
  }

  /** Requests that failed with a 5xx. */
  public metricInvocation5XXErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocation5XXErrors', options);
  }

  /** Requests that the model refused with a 4xx. */
  public metricInvocation4XXErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocation4XXErrors', options);
  }

  /** Time inside the container in microseconds, the 99th percentile unless told otherwise. */
  public metricModelLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ModelLatency', { statistic: 'p99', ...options });
  }

  /** Time that SageMaker adds, in microseconds, its average unless told otherwise: there are no percentiles of it. */
  public metricOverheadLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OverheadLatency', { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }

  /** How busy the GPUs of an instance are, from 0 to 100 for each of them together. */
  public metricGpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('GPUUtilization', options);
  }
}

/** SageMaker writes names in ARNs in lower case. */
function inArn(endpointName: string): string {
  return Token.isUnresolved(endpointName) ? endpointName : endpointName.toLowerCase();
}
