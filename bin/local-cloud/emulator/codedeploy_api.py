"""
The part of CodeDeploy's API that takes part in a deployment: lifecycle hooks report to it, people look and stop.
Answers and errors have the shapes of the API's model, so that AWS's own clients work through AWS_ENDPOINT_URL.
"""

import json

from ministack import app
from ministack.core import router

from . import api_models, codedeploy_deployments, codedeploy_groups
from .simulations import simulation

API = simulation(
    'codedeploy-api',
    'PutLifecycleEventHookExecutionStatus, GetDeployment, ListDeployments, StopDeployment, GetDeploymentGroup, '
    'GetDeploymentConfig and GetApplication',
    'https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html',
    'test_codedeploy_api.Requests.test_hook_status_reaches_the_deployment',
)


class _Refused(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message


def _deployment(request):
    found = codedeploy_deployments.deployments.get(request['deploymentId'])
    if not found:
        raise _Refused('DeploymentDoesNotExistException', f"There is no deployment {request['deploymentId']}")
    return found


def _put_hook_status(request):
    status = request.get('status')
    if status not in ('Succeeded', 'Failed'):
        raise _Refused('InvalidLifecycleEventHookExecutionStatusException', 'The status must be Succeeded or Failed')
    execution_id = request.get('lifecycleEventHookExecutionId', '')
    accepted = _deployment(request).report_hook(execution_id, status)
    if accepted is False:
        raise _Refused('InvalidLifecycleEventHookExecutionIdException', f'There is no hook execution {execution_id}')
    if accepted is None:
        raise _Refused('LifecycleEventAlreadyCompletedException', f'The hook execution {execution_id} is over')
    return {'lifecycleEventHookExecutionId': execution_id}


def _get_deployment(request):
    one = _deployment(request)
    info = {
        'deploymentId': one.id,
        'applicationName': one.group['applicationName'],
        'deploymentGroupName': one.group['deploymentGroupName'],
        'deploymentConfigName': one.group['deploymentConfigName'],
        'computePlatform': 'Lambda',
        'status': one.status,
        'creator': one.creator,
        'createTime': one.created,
        'completeTime': one.completed,
        'errorInformation': one.error,
        'deploymentStyle': one.group['deploymentStyle'],
        'autoRollbackConfiguration': one.group.get('autoRollbackConfiguration'),
        'rollbackInfo': (
            {'rollbackDeploymentId': one.rolled_back_by}
            if one.rolled_back_by
            else {'rollbackTriggeringDeploymentId': one.rollback_of} if one.rollback_of else None
        ),
    }
    return {'deploymentInfo': {key: value for key, value in info.items() if value is not None}}


def _list_deployments(request):
    found = codedeploy_deployments.deployments.values()
    if 'applicationName' in request:
        found = codedeploy_deployments.of_group(request['applicationName'], request.get('deploymentGroupName'))
    statuses = request.get('includeOnlyStatuses')
    return {'deployments': [one.id for one in reversed(list(found)) if not statuses or one.status in statuses]}


def _stop_deployment(request):
    one = _deployment(request)
    if one.is_over():
        raise _Refused('DeploymentAlreadyCompletedException', f'The deployment {one.id} is over')
    one.stop()
    return {'status': 'Pending', 'statusMessage': 'The deployment is being stopped'}


def _found(record, kind, member, name):
    if record is None:
        raise _Refused(f'{kind}DoesNotExistException', f'There is no {kind} {name}')
    return {member: record}


_OPERATIONS = {
    'PutLifecycleEventHookExecutionStatus': _put_hook_status,
    'GetDeployment': _get_deployment,
    'ListDeployments': _list_deployments,
    'StopDeployment': _stop_deployment,
    'GetDeploymentGroup': lambda request: _found(
        codedeploy_groups.groups.get((request['applicationName'], request['deploymentGroupName'])),
        'DeploymentGroup',
        'deploymentGroupInfo',
        request['deploymentGroupName'],
    ),
    'GetDeploymentConfig': lambda request: _found(
        codedeploy_groups.config(request['deploymentConfigName']),
        'DeploymentConfig',
        'deploymentConfigInfo',
        request['deploymentConfigName'],
    ),
    'GetApplication': lambda request: _found(
        codedeploy_groups.applications.get(request['applicationName']),
        'Application',
        'application',
        request['applicationName'],
    ),
}


async def handle_request(method, path, headers, body, query_params):
    operation = headers.get('x-amz-target', '').rpartition('.')[2]
    API.exercised()
    try:
        if operation not in _OPERATIONS:
            raise _Refused('UnknownOperationException', f'{operation} is not simulated')
        try:
            request = api_models.checked('codedeploy', operation, json.loads(body or b'{}'))
        except ValueError as error:
            raise _Refused('ValidationException', str(error)) from None
        status, answer = 200, _OPERATIONS[operation](request)
    except _Refused as refused:
        status, answer = 400, {'__type': refused.code, 'message': refused.message}
    return status, {'Content-Type': 'application/x-amz-json-1.1'}, json.dumps(answer).encode()


def install():
    router.SERVICE_PATTERNS['codedeploy'] = {
        'target_prefixes': ['CodeDeploy_20141006'],
        'host_patterns': [r'codedeploy\.'],
    }
    app.SERVICE_HANDLERS['codedeploy'] = handle_request
