"""
Endpoint configurations: which models run on what. A configuration never changes, so all that AWS would refuse of it is
refused when it is made.
"""

import re
import time

from . import sagemaker_models, sagemaker_records
from .sagemaker_records import Refused
from .simulations import simulation

CONFIGS = simulation(
    'sagemaker-endpoint-configs',
    'AWS::SageMaker::EndpointConfig and its API: request checked, models must exist, rules of serverless and shadow '
    'variants; what differs in a template is another configuration; one in use can be deleted, as on AWS',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html',
    'test_sagemaker_configs.Rules.test_what_the_service_refuses',
)
VOLUMES = simulation(
    'sagemaker-volume-size',
    'VolumeSizeInGB is refused on instance types that have their own NVMe storage',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/host-instance-storage.html',
    'test_sagemaker_configs.Rules.test_volume_size_on_types_with_storage_of_their_own',
)

configs = sagemaker_records.Collection('endpoint-config', 'endpoint configuration')

SERVERLESS_MEMORY_MB = range(1024, 6144 + 1, 1024)
# A "d" after the generation (m5d, g4dn, r7gd, p4d), and families of GPUs and accelerators with storage of their own.
_WITH_STORAGE = re.compile(r'^ml\.([a-z]+\d+[a-z]*d[a-z]*|(g[5-9]|p[5-9]|trn)\w*)\.')


def create(params):
    CONFIGS.exercised()
    params = sagemaker_records.checked('CreateEndpointConfig', params)
    name = params['EndpointConfigName']
    variants = all_variants(params)
    names = [variant['VariantName'] for variant in variants]
    if len(set(names)) < len(names):
        raise Refused(f'CreateEndpointConfig: variant names must differ: {", ".join(names)}')
    if params.get('ShadowProductionVariants') and len(variants) != 2:
        raise Refused('CreateEndpointConfig: a shadow variant needs exactly one production and one shadow variant')
    for variant in variants:
        _check_model(variant)
        if 'ServerlessConfig' in variant:
            _check_serverless(params, variant, variants)
        else:
            _check_instances(variant)
    configs.refuse_existing(name)
    tags = params.pop('Tags', None)
    arn = sagemaker_records.arn('endpoint-config', name)
    return configs.add(name, {**params, 'EndpointConfigArn': arn, 'CreationTime': time.time()}, tags)


def has_storage(instance_type):
    """Whether instances of the type have local NVMe storage."""
    return _WITH_STORAGE.match(instance_type) is not None


def all_variants(config):
    return [*config['ProductionVariants'], *config.get('ShadowProductionVariants', [])]


def _check_model(variant):
    if 'ModelName' not in variant:
        raise Refused(f"CreateEndpointConfig: variant {variant['VariantName']}: inference components are not simulated")
    sagemaker_models.models.get(variant['ModelName'])


def _check_instances(variant):
    name, pools = variant['VariantName'], variant.get('InstancePools') or []
    types = [pool['InstanceType'] for pool in pools] or [variant.get('InstanceType')]
    if bool(pools) == ('InstanceType' in variant):
        raise Refused(f'CreateEndpointConfig: variant {name} needs InstanceType, InstancePools or ServerlessConfig')
    if 'InitialInstanceCount' not in variant:
        raise Refused(f'CreateEndpointConfig: variant {name} needs InitialInstanceCount')
    for instance_type in types if 'VolumeSizeInGB' in variant else []:
        if has_storage(instance_type):
            VOLUMES.exercised()
            raise Refused(
                'CreateEndpointConfig: VolumeSize parameter is not allowed for the selected Instance type '
                f'{instance_type}'
            )


def _check_serverless(config, variant, variants):
    serverless, name = variant['ServerlessConfig'], variant['VariantName']
    model = sagemaker_models.models.get(variant['ModelName'])
    problems = [
        text
        for text, found in (
            ('InstanceType, InitialInstanceCount', {'InstanceType', 'InitialInstanceCount'} & variant.keys()),
            ('VolumeSizeInGB', 'VolumeSizeInGB' in variant),
            ('more than one variant', len(variants) > 1),
            ('DataCaptureConfig', (config.get('DataCaptureConfig') or {}).get('EnableCapture')),
            ('AsyncInferenceConfig', 'AsyncInferenceConfig' in config),
            ('a model in a VPC', 'VpcConfig' in model),
            ('a model with network isolation', model.get('EnableNetworkIsolation')),
            ('ModelDataSource', any('ModelDataSource' in one for one in sagemaker_models.containers(model))),
            ('several containers', len(sagemaker_models.containers(model)) > 1),
        )
        if found
    ]
    if problems:
        raise Refused(f"CreateEndpointConfig: serverless variant {name} does not support {'; '.join(problems)}")
    if serverless['MemorySizeInMB'] not in SERVERLESS_MEMORY_MB:
        allowed = ', '.join(map(str, SERVERLESS_MEMORY_MB))
        raise Refused(f"CreateEndpointConfig: MemorySizeInMB of variant {name} must be one of {allowed}")
    if serverless.get('ProvisionedConcurrency', 0) > serverless['MaxConcurrency']:
        raise Refused(f'CreateEndpointConfig: ProvisionedConcurrency of variant {name} is over its MaxConcurrency')
