import { Duration } from 'aws-cdk-lib';
import { EndpointUnderTest } from '../../fakes/endpoints';

const { endpoint } = new EndpointUnderTest();
const dimensions = { EndpointName: endpoint.endpointName, VariantName: 'AllTraffic' };

// https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
test.each([
  [endpoint.metricInvocations(), 'AWS/SageMaker', 'Invocations', 'Sum'],
  [endpoint.metricInvocation5XXErrors(), 'AWS/SageMaker', 'Invocation5XXErrors', 'Sum'],
  [endpoint.metricInvocation4XXErrors(), 'AWS/SageMaker', 'Invocation4XXErrors', 'Sum'],
  [endpoint.metricModelLatency(), 'AWS/SageMaker', 'ModelLatency', 'p99'],
  [endpoint.metricOverheadLatency(), 'AWS/SageMaker', 'OverheadLatency', 'Average'],
  [endpoint.metricGpuUtilization(), '/aws/sagemaker/Endpoints', 'GPUUtilization', 'Average'],
  [endpoint.metric('CPUUtilization'), '/aws/sagemaker/Endpoints', 'CPUUtilization', 'Average'],
  [endpoint.metric('InvocationModelErrors'), 'AWS/SageMaker', 'InvocationModelErrors', 'Sum'],
])('%s is the one that SageMaker publishes', (metric, namespace, metricName, statistic) => {
  expect(metric).toMatchObject({ namespace, metricName, statistic, dimensions });
  expect(metric.period.toSeconds()).toBe(60);
});

test("a caller's options win, also over dimensions", () => {
  expect(endpoint.metricModelLatency({ statistic: 'p50', period: Duration.minutes(5), label: 'half' })).toMatchObject({
    statistic: 'p50',
    label: 'half',
  });
  expect(endpoint.metric('Invocations', { dimensionsMap: { InstanceType: 'ml.m5.large' } }).dimensions).toEqual({
    ...dimensions,
    InstanceType: 'ml.m5.large',
  });
});

test('of another variant', () => {
  expect(endpoint.metricOfVariant('b', 'Invocations').dimensions).toEqual({ ...dimensions, VariantName: 'b' });
});
