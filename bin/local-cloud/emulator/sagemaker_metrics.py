"""The metrics that SageMaker publishes for each invocation. The container's use of its machine is not among them."""

from ministack.services import cloudwatch

from .simulations import simulation

METRICS = simulation(
    'sagemaker-metrics',
    'Invocations, InvocationsPerInstance, 4XX, 5XX and model errors, ModelLatency and OverheadLatency (microseconds) '
    'by EndpointName and VariantName; nothing in /aws/sagemaker/Endpoints',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html',
    'test_sagemaker_runtime.Metrics.test_values_and_dimensions',
)
GUARDED = simulation(
    'sagemaker-guardrail-metrics',
    'A fleet that a deployment with guardrails brought in publishes by EndpointConfigName as well',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html',
    'test_sagemaker_runtime.Metrics.test_fleet_of_a_guarded_deployment_also_by_its_configuration',
)

_MICROSECONDS = 1_000_000


def record(endpoint, fleet, variant, status, model_seconds, overhead_seconds):
    """`status`: of the container; None when it did not answer."""
    METRICS.exercised()
    values = {
        'Invocations': 1,
        'InvocationsPerInstance': 1 / max(variant.instances, 1),
        'Invocation4XXErrors': 1 if status and 400 <= status < 500 else 0,
        'Invocation5XXErrors': 1 if status is None or status >= 500 else 0,
        'InvocationModelErrors': 0 if status and 200 <= status < 300 else 1,
        'ModelLatency': model_seconds * _MICROSECONDS,
        'OverheadLatency': overhead_seconds * _MICROSECONDS,
    }
    dimensions = {'EndpointName': endpoint.name, 'VariantName': variant.name}
    sets = [dimensions]
    if fleet.is_guarded:
        GUARDED.exercised()
        sets.append({**dimensions, 'EndpointConfigName': fleet.config_name})
    for dims in sets:
        for name, value in values.items():
            unit = 'Microseconds' if name.endswith('Latency') else 'None'
            cloudwatch.record_metric('AWS/SageMaker', name, value, unit, dims)
