"""What Application Auto Scaling may register of an endpoint's variant."""

from . import autoscaling, sagemaker_endpoints
from .simulations import simulation

SCALED = simulation(
    'sagemaker-scaled-variants',
    'A scalable target needs its endpoint and variant, and at least one instance unless the endpoint is asynchronous; '
    'while it is registered, the variant keeps its name and instance type; it goes with the endpoint',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html',
    'test_sagemaker_scaling.Variants.test_registered_variant_keeps_its_name_and_instance_type',
)


def _check(params):
    SCALED.exercised()
    resource, dimension = params['ResourceId'], params['ScalableDimension']
    if dimension == 'sagemaker:inference-component:DesiredCopyCount':
        raise ValueError('RegisterScalableTarget: inference components are not simulated')
    match = autoscaling.VARIANT.match(resource)
    endpoint = sagemaker_endpoints.endpoints.find(match[1].lower()) if match else None
    variant = endpoint.fleet.variants.get(match[2]) if endpoint else None
    if variant is None:
        raise ValueError(f'RegisterScalableTarget: no such endpoint and variant: {resource}')
    is_serverless = dimension == 'sagemaker:variant:DesiredProvisionedConcurrency'
    if is_serverless != bool(variant.serverless):
        raise ValueError(f'RegisterScalableTarget: {dimension} does not fit {resource}')
    if params['MinCapacity'] < 1 and not endpoint.fleet.config.get('AsyncInferenceConfig'):
        raise ValueError(f'RegisterScalableTarget: the minimum capacity of {resource} must be 1 or more')


def install():
    autoscaling.checks['sagemaker'] = _check
