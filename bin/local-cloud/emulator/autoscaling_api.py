"""
The requests by which somebody other than CloudFormation registers what scales, over HTTP. Nothing scales.
"""

import json

from ministack import app
from ministack.core import router
from ministack.core.responses import get_account_id, get_region

from . import api_models, autoscaling
from .simulations import simulation

API = simulation(
    'application-auto-scaling-api',
    'RegisterScalableTarget, DeregisterScalableTarget, DescribeScalableTargets, PutScalingPolicy and PutScheduledAction: checked '
    'and recorded; nothing scales',
    'https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html',
    'test_autoscaling_api.Requests.test_target_is_registered_and_deregistered',
)


class _NotFound(Exception):
    pass


def _target(request):
    found = autoscaling.targets.get(autoscaling.target_id(request))
    if found is None:
        raise _NotFound(f"No scalable target registered for service namespace: {request['ServiceNamespace']}, resource "
                        f"ID: {request['ResourceId']}, scalable dimension: {request['ScalableDimension']}")
    return found


def _register(request):
    """What is left out stays as it is."""
    before = autoscaling.targets.get(autoscaling.target_id(request), {})
    autoscaling.put_target({**before, **request})
    return {'ScalableTargetARN': f'arn:aws:application-autoscaling:{get_region()}:{get_account_id()}:scalable-target/{request["ResourceId"]}'}


def _deregister(request):
    _target(request)
    autoscaling.forget_target(autoscaling.target_id(request))
    return {}


def _describe(request):
    wanted = request.get('ResourceIds')
    return {
        'ScalableTargets': [
            {key: value for key, value in target.items() if key != 'ScheduledActions'}
            for target in autoscaling.targets.values()
            if target['ServiceNamespace'] == request['ServiceNamespace']
            and (not wanted or target['ResourceId'] in wanted)
        ]
    }


def _put_policy(request):
    _target(request)
    arn, _ = autoscaling.put_policy(request, autoscaling.policy_arn(request))
    return {'PolicyARN': arn, 'Alarms': []}


def _put_action(request):
    target = _target(request)
    others = [one for one in target['ScheduledActions'] if one['ScheduledActionName'] != request['ScheduledActionName']]
    target['ScheduledActions'] = [*others, request]
    return {}


_OPERATIONS = {
    'RegisterScalableTarget': _register,
    'DeregisterScalableTarget': _deregister,
    'DescribeScalableTargets': _describe,
    'PutScalingPolicy': _put_policy,
    'PutScheduledAction': _put_action,
}


async def handle_request(method, path, headers, body, query_params):
    operation = headers.get('x-amz-target', '').rpartition('.')[2]
    API.exercised()
    try:
        if operation not in _OPERATIONS:
            raise ValueError(f'{operation} is not simulated')
        request = api_models.checked('application-autoscaling', operation, json.loads(body or b'{}'))
        status, answer = 200, _OPERATIONS[operation](request)
    except _NotFound as error:
        status, answer = 400, {'__type': 'ObjectNotFoundException', 'message': str(error)}
    except ValueError as error:
        status, answer = 400, {'__type': 'ValidationException', 'message': str(error)}
    return status, {'Content-Type': 'application/x-amz-json-1.1'}, json.dumps(answer).encode()


def install():
    router.SERVICE_PATTERNS['application-autoscaling'] = {
        'target_prefixes': ['AnyScaleFrontendService'],
        'host_patterns': [r'application-autoscaling\.'],
    }
    app.SERVICE_HANDLERS['application-autoscaling'] = handle_request
