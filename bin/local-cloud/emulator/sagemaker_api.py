"""
The part of SageMaker's API that endpoints and transform jobs need. Answers and errors have the shapes of the API's model, so that AWS's
own clients work through AWS_ENDPOINT_URL. The runtime's requests are signed for the same service and come here as well.
"""

import json

from ministack import app
from ministack.core import router

from . import (
    sagemaker_configs,
    sagemaker_endpoints,
    sagemaker_models,
    sagemaker_records,
    sagemaker_runtime,
    sagemaker_transform_jobs,
)
from .sagemaker_configs import configs
from .sagemaker_endpoints import endpoints
from .sagemaker_models import models
from .sagemaker_records import Refused
from .simulations import simulation

API = simulation(
    'sagemaker-api',
    'The requests for models, endpoint configurations, endpoints, transform jobs and their tags, over HTTP',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html',
    'test_sagemaker_api.Requests.test_shapes_are_those_of_the_api_model',
)


def _create_endpoint(request):
    return {'EndpointArn': sagemaker_endpoints.create(request).arn}


def _update_endpoint(request):
    return {'EndpointArn': sagemaker_endpoints.update(request).arn}


def _update_weights(request):
    endpoint = endpoints.get(request['EndpointName'])
    endpoint.update_weights(request['DesiredWeightsAndCapacities'])
    return {'EndpointArn': endpoint.arn}


def _list_endpoints(request):
    wanted = request.get('StatusEquals')
    found = [
        one.description()
        for one in endpoints.all()
        if (not wanted or one.status == wanted) and request.get('NameContains', '') in one.name
    ]
    key = {'Name': 'EndpointName', 'Status': 'EndpointStatus'}.get(request.get('SortBy'), 'CreationTime')
    found.sort(key=lambda one: one[key], reverse=request.get('SortOrder') != 'Ascending')
    shown = ('EndpointName', 'EndpointArn', 'CreationTime', 'LastModifiedTime', 'EndpointStatus')
    return {'Endpoints': [{name: one[name] for name in shown} for one in found[: request.get('MaxResults', 100)]]}


def _tagged(request):
    arn = request['ResourceArn']
    if arn not in sagemaker_records.tags:
        raise Refused(f'Could not find resource "{arn}".')
    return sagemaker_records.tags[arn]


def _add_tags(request):
    new = {tag['Key'] for tag in request['Tags']}
    kept = [tag for tag in _tagged(request) if tag['Key'] not in new]
    sagemaker_records.tags[request['ResourceArn']] = [*kept, *request['Tags']]
    return {'Tags': sagemaker_records.tags[request['ResourceArn']]}


def _delete_tags(request):
    kept = [tag for tag in _tagged(request) if tag['Key'] not in request['TagKeys']]
    sagemaker_records.tags[request['ResourceArn']] = kept
    return {}


_OPERATIONS = {
    'CreateModel': lambda request: {'ModelArn': sagemaker_models.create(request)},
    'DescribeModel': lambda request: models.get(request['ModelName']),
    'DeleteModel': lambda request: models.remove(request['ModelName']),
    'CreateEndpointConfig': lambda request: {'EndpointConfigArn': sagemaker_configs.create(request)},
    'DescribeEndpointConfig': lambda request: configs.get(request['EndpointConfigName']),
    # AWS says "you must not" of one in use, and does not refuse it.
    'DeleteEndpointConfig': lambda request: configs.remove(request['EndpointConfigName']),
    'CreateEndpoint': _create_endpoint,
    'UpdateEndpoint': _update_endpoint,
    'UpdateEndpointWeightsAndCapacities': _update_weights,
    'DescribeEndpoint': lambda request: endpoints.get(request['EndpointName']).description(),
    'DeleteEndpoint': lambda request: sagemaker_endpoints.delete(request['EndpointName']),
    'ListEndpoints': _list_endpoints,
    'CreateTransformJob': lambda request: {'TransformJobArn': sagemaker_transform_jobs.create(request).arn},
    'DescribeTransformJob': lambda request: sagemaker_transform_jobs.get(request['TransformJobName']).description(),
    'StopTransformJob': lambda request: sagemaker_transform_jobs.stop(request['TransformJobName']),
    'ListTransformJobs': sagemaker_transform_jobs.listed,
    'AddTags': _add_tags,
    'ListTags': lambda request: {'Tags': _tagged(request)},
    'DeleteTags': _delete_tags,
}


async def handle_request(method, path, headers, body, query_params):
    if sagemaker_runtime.PATH.match(path):
        return await sagemaker_runtime.handle_request(path, headers, body or b'')
    operation = headers.get('x-amz-target', '').rpartition('.')[2]
    API.exercised()
    try:
        if operation not in _OPERATIONS:
            raise Refused(f'{operation} is not simulated', 'UnknownOperationException')
        request = sagemaker_records.checked(operation, json.loads(body or b'{}'))
        status, answer = 200, _OPERATIONS[operation](request)
    except Refused as refused:
        status, answer = 400, {'__type': refused.code, 'message': str(refused)}
    return status, {'Content-Type': 'application/x-amz-json-1.1'}, json.dumps(answer or {}).encode()


def install():
    router.SERVICE_PATTERNS['sagemaker'] = {
        'target_prefixes': ['SageMaker.'],
        'host_patterns': [r'(?:api|runtime)\.sagemaker\.'],
    }
    app.SERVICE_HANDLERS['sagemaker'] = handle_request
