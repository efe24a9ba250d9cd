"""
Application Auto Scaling: requests checked against the API's model and against what exists, and recorded. Nothing
scales.
"""

import re

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import lambda_svc

from . import api_models, cloudformation
from .simulations import simulation

SCALING = simulation(
    'application-auto-scaling',
    'AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy: requests checked and recorded; nothing scales',
    'https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-lambda.html',
    'test_autoscaling.Targets.test_function_and_alias_must_exist',
)

targets, policies = {}, {}
# What else a scalable target must fulfil, by service namespace.
checks = {'lambda': lambda params: _check_alias(params['ResourceId'])}

VARIANT = re.compile(r'^endpoint/([^/]+)/variant/([^/]+)$')
_SERVICE = 'application-autoscaling'


def target_id(props):
    return f"{props['ResourceId']}|{props['ScalableDimension']}|{props['ServiceNamespace']}"


def put_target(props):
    SCALING.exercised()
    params = api_models.checked(
        _SERVICE,
        'RegisterScalableTarget',
        {key: value for key, value in props.items() if key not in ('ScheduledActions', 'Tags')},
    )
    if params.get('MinCapacity', 0) > params.get('MaxCapacity', 0):
        raise ValueError('RegisterScalableTarget: Maximum capacity cannot be less than minimum capacity')
    check = checks.get(params['ServiceNamespace'])
    if check:
        check(params)
    for action in props.get('ScheduledActions') or []:
        api_models.checked(
            _SERVICE,
            'PutScheduledAction',
            {**action, **{key: params[key] for key in ('ResourceId', 'ScalableDimension', 'ServiceNamespace')}},
        )
    targets[target_id(params)] = {**params, 'ScheduledActions': props.get('ScheduledActions') or []}
    return target_id(params), {'Id': target_id(params)}


def _check_alias(resource_id):
    """Provisioned concurrency belongs to a version or alias: `function:name:alias`."""
    kind, _, rest = resource_id.partition(':')
    name, _, alias = rest.partition(':')
    function = lambda_svc._functions.get(name)
    if kind != 'function' or not function:
        raise ValueError(f'RegisterScalableTarget: no such function: {resource_id}')
    if alias not in function['aliases'] and alias not in function['versions']:
        raise ValueError(f'RegisterScalableTarget: function {name} has no alias or version "{alias}"')


def put_policy(props, arn):
    SCALING.exercised()
    params = {key: value for key, value in props.items() if key != 'ScalingTargetId'}
    if props.get('ScalingTargetId'):
        resource, dimension, namespace = props['ScalingTargetId'].split('|')
        params.update(ResourceId=resource, ScalableDimension=dimension, ServiceNamespace=namespace)
    params = api_models.checked(_SERVICE, 'PutScalingPolicy', params)
    if target_id(params) not in targets:
        raise ValueError(f"PutScalingPolicy: no scalable target registered for {params['ResourceId']}")
    policies[arn] = params
    return arn, {'Arn': arn}


def scaled_variants(endpoint):
    """Names of the endpoint's variants that are registered."""
    found = [VARIANT.match(target['ResourceId']) for target in targets.values()]
    return {match[2] for match in found if match and match[1].lower() == endpoint.lower()}


def forget_target(id):
    """Its policies go with a target."""
    targets.pop(id, None)
    for arn in [arn for arn, policy in policies.items() if target_id(policy) == id]:
        del policies[arn]


def forget_endpoint(endpoint):
    """The targets of an endpoint, and their policies, go with it."""
    prefix = f'endpoint/{endpoint}/variant/'.lower()
    for records in (targets, policies):
        for key in [key for key, record in records.items() if record['ResourceId'].lower().startswith(prefix)]:
            del records[key]


def policy_arn(props):
    resource = f"policyName/{props.get('PolicyName')}"
    return f'arn:aws:autoscaling:{get_region()}:{get_account_id()}:scalingPolicy:{new_uuid()}:{resource}'


def _update_target(physical_id, old, new, stack, logical_id):
    # Another resource, dimension or namespace is another target; CloudFormation deletes the old one afterwards.
    return put_target(new)


def install():
    cloudformation.register(
        'AWS::ApplicationAutoScaling::ScalableTarget',
        create=lambda logical_id, props, stack: put_target(props),
        update=_update_target,
        delete=lambda physical_id, props: targets.pop(physical_id, None),
    )
    cloudformation.register(
        'AWS::ApplicationAutoScaling::ScalingPolicy',
        create=lambda logical_id, props, stack: put_policy(props, policy_arn(props)),
        update=lambda physical_id, old, new, stack, logical_id: put_policy(new, physical_id),
        delete=lambda physical_id, props: policies.pop(physical_id, None),
    )
