"""
SageMaker's resource types in a template. `Ref` is the ARN, as CloudFormation has it; the name is an attribute.

CloudFormation does not document what it makes of an update that SageMaker itself rolled back: the endpoint is InService
again, as after a success. LOCAL_CLOUD_ENDPOINT_ROLLBACK=silent|failed plays either: the stack says success and cleans
up the configuration that the endpoint still runs, or the resource fails and the stack rolls back.
"""

import os

from . import cloudformation, sagemaker_configs, sagemaker_endpoints, sagemaker_models, sagemaker_records
from .sagemaker_records import Refused
from .simulations import simulation

RESOURCES = simulation(
    'cloudformation-sagemaker-endpoint',
    'AWS::SageMaker::Endpoint: made, updated in place by UpdateEndpoint, and waited for; Ref is the ARN',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-endpoint.html',
    'test_sagemaker_stacks.Endpoints.test_update_in_place_and_replacement_by_name',
)
SILENT = simulation(
    'cloudformation-endpoint-rollback',
    'When SageMaker rolls an update back, the stack says success all the same, or fails '
    '(LOCAL_CLOUD_ENDPOINT_ROLLBACK); AWS does not document which, and users report the first of other tools',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html',
    'test_sagemaker_stacks.RolledBackUpdate.test_silent_says_success_and_failed_fails',
)

_UPDATABLE = (
    'EndpointConfigName',
    'DeploymentConfig',
    'RetainAllVariantProperties',
    'ExcludeRetainedVariantProperties',
    'RetainDeploymentConfig',
)


def rollback_mode():
    mode = os.environ.get('LOCAL_CLOUD_ENDPOINT_ROLLBACK') or 'silent'
    if mode not in ('silent', 'failed'):
        raise ValueError(f'LOCAL_CLOUD_ENDPOINT_ROLLBACK must be silent or failed, not {mode}')
    return mode


def _immutable(key, create, collection):
    """Handlers of a type of which every property but the tags means another resource."""
    kind = key.removesuffix('Name')

    def attributes(record, arn):
        return {key: record[key], f'{kind}Arn': arn, 'Id': arn}

    def make(logical_id, props):
        name = props.get(key) or sagemaker_records.generated_name(logical_id)
        arn = create({**props, key: name})
        return arn, attributes({key: name}, arn)

    def update(physical_id, old, new, stack, logical_id):
        if _without_tags(old) != _without_tags(new):
            return make(logical_id, new)
        sagemaker_records.tags[physical_id] = new.get('Tags', [])
        return physical_id, attributes(collection.find(physical_id), physical_id)

    def delete(physical_id, props):
        record = collection.find(physical_id)
        if record is not None:
            collection.remove(record[key])

    return {'create': lambda logical_id, props, stack: make(logical_id, props), 'update': update, 'delete': delete}


def _without_tags(props):
    return {key: value for key, value in props.items() if key != 'Tags'}


def _create_endpoint(logical_id, props, stack):
    RESOURCES.exercised()
    name = props.get('EndpointName') or sagemaker_records.generated_name(logical_id)
    stored = {key: props[key] for key in ('EndpointConfigName', 'DeploymentConfig', 'Tags') if key in props}
    endpoint = sagemaker_endpoints.create({**stored, 'EndpointName': name})
    endpoint.wait()
    if endpoint.status == 'Failed':
        # CloudFormation deletes what it could not make.
        sagemaker_endpoints.delete(name)
        raise Refused(f'Resource handler returned message: endpoint {name} is Failed: {endpoint.failure}')
    return endpoint.arn, _attributes(endpoint)


def _update_endpoint(physical_id, old, new, stack, logical_id):
    RESOURCES.exercised()
    if old.get('EndpointName') != new.get('EndpointName'):
        return _create_endpoint(logical_id, new, stack)
    endpoint = sagemaker_endpoints.endpoints.find(physical_id)
    if endpoint is None:
        raise Refused(f'Could not find endpoint "{physical_id}".')
    sagemaker_records.tags[physical_id] = new.get('Tags', [])
    if {key: old.get(key) for key in _UPDATABLE} == {key: new.get(key) for key in _UPDATABLE}:
        return physical_id, _attributes(endpoint)
    wanted = {key: new[key] for key in _UPDATABLE if key in new}
    sagemaker_endpoints.update({**wanted, 'EndpointName': endpoint.name})
    endpoint.wait()
    if endpoint.status != 'InService' or endpoint.fleet.config_name != new['EndpointConfigName']:
        SILENT.exercised()
        if endpoint.status != 'InService' or rollback_mode() == 'failed':
            raise Refused(f'Resource handler returned message: endpoint {endpoint.name}: {endpoint.failure}')
    return physical_id, _attributes(endpoint)


def _delete_endpoint(physical_id, props):
    endpoint = sagemaker_endpoints.endpoints.find(physical_id)
    if endpoint is not None:
        sagemaker_endpoints.delete(endpoint.name)


def _attributes(endpoint):
    return {'EndpointName': endpoint.name, 'EndpointArn': endpoint.arn, 'Id': endpoint.arn}


def install():
    cloudformation.register(
        'AWS::SageMaker::Model',
        **_immutable('ModelName', sagemaker_models.create, sagemaker_models.models),
    )
    cloudformation.register(
        'AWS::SageMaker::EndpointConfig',
        **_immutable('EndpointConfigName', sagemaker_configs.create, sagemaker_configs.configs),
    )
    cloudformation.register(
        'AWS::SageMaker::Endpoint',
        create=_create_endpoint,
        update=_update_endpoint,
        delete=_delete_endpoint,
        waits=True,
    )
