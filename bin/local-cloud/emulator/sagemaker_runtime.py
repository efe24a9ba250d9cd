"""InvokeEndpoint: an invocation goes to the process of one variant, and its answer comes back as SageMaker gives it."""

import asyncio
import http.client
import json
import re
import time

from ministack.core.responses import get_account_id, get_region

from . import sagemaker_logs, sagemaker_metrics
from .sagemaker_containers import NotRunnable, Replaced, TimedOut
from .sagemaker_endpoints import endpoints
from .sagemaker_records import Refused
from .simulations import simulation

INVOKE = simulation(
    'sagemaker-invoke-endpoint',
    'InvokeEndpoint goes to a variant by weight or to TargetVariant; up to 25 MB and 60 seconds; an answer of the '
    'container that is not 2xx is a ModelError with its status and message',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html',
    'test_sagemaker_runtime.Invocations.test_answers_of_the_container_that_are_errors',
)

PATH = re.compile(r'^/endpoints/([^/]+)/([\w-]*invocations[\w-]*)$')
MAX_BODY_BYTES = 25 * 1024 * 1024
_HEADER = 'x-amzn-sagemaker-'
# What the container gets of the caller's headers; Content-Type and Accept beside them.
_PASSED_ON = ('custom-attributes', 'inference-id', 'target-model', 'session-id')
_MAX_MESSAGE = 2048


class InvocationError(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status, self.code, self.answer = status, code, {'Message': message[:_MAX_MESSAGE], **more}


def invoke(name, body, headers):
    """(headers, body) of the answer, or InvocationError. `headers` in lower case."""
    INVOKE.exercised()
    if len(body) > MAX_BODY_BYTES:
        raise InvocationError(413, 'ValidationError', f'Request body of {len(body)} bytes is over {MAX_BODY_BYTES}.')
    while True:
        try:
            return _invoke_once(name, body, headers)
        except Replaced:
            continue


def _invoke_once(name, body, headers):
    begun, endpoint = time.perf_counter(), _endpoint(name)
    if endpoint.fleet.config.get('AsyncInferenceConfig'):
        raise _invalid(f'Endpoint {name} is asynchronous and takes InvokeEndpointAsync only.')
    fleet, variant = endpoint.route(headers.get(f'{_HEADER}target-variant'))
    if variant is None:
        wanted = headers.get(f'{_HEADER}target-variant')
        raise _invalid(f'Variant {wanted} was not found.' if wanted else f'No variant of endpoint {name} has a weight.')
    asked = time.perf_counter()
    try:
        status, answer_headers, answer = variant.container.invoke(body, _passed_on(headers))
    except NotRunnable as reason:
        raise InvocationError(503, 'ServiceUnavailable', str(reason)) from None
    except (TimedOut, OSError, http.client.HTTPException) as failure:
        status, answer_headers, answer = None, {}, _without_answer(failure)
    model_seconds = time.perf_counter() - asked
    overhead_seconds = time.perf_counter() - begun - model_seconds
    sagemaker_metrics.record(endpoint, fleet, variant, status, model_seconds, overhead_seconds)
    if status is None or not 200 <= status < 300:
        raise _model_error(endpoint, status or 0, answer)
    kept = {
        'Content-Type': answer_headers.get('Content-Type') or 'application/octet-stream',
        'x-Amzn-Invoked-Production-Variant': variant.name,
    }
    custom = answer_headers.get('X-Amzn-SageMaker-Custom-Attributes')
    return {**kept, **({'X-Amzn-SageMaker-Custom-Attributes': custom} if custom else {})}, answer


def _passed_on(headers):
    return {
        'Content-Type': headers.get('content-type') or 'application/octet-stream',
        'Accept': headers.get('accept') or '*/*',
        **{f'X-Amzn-SageMaker-{key.title()}': headers[_HEADER + key] for key in _PASSED_ON if _HEADER + key in headers},
    }


def _endpoint(name):
    try:
        endpoint = endpoints.get(name)
    except Refused:
        endpoint = None
    # One that is being created or deleted, or has failed, cannot be invoked either.
    if endpoint is None or endpoint.status in ('Creating', 'Deleting', 'Failed'):
        raise _invalid(f'Endpoint {name} of account {get_account_id()} not found.')
    return endpoint


def _invalid(message):
    return InvocationError(400, 'ValidationError', message)


def _without_answer(failure):
    if isinstance(failure, TimedOut):
        return (
            b'Your invocation timed out while waiting for a response from container primary. Review the latency '
            b'metrics for each container in Amazon CloudWatch, resolve the issue, and try again.'
        )
    return b'The container closed the connection without an answer.'


def _model_error(endpoint, status, answer):
    region, account, group = get_region(), get_account_id(), sagemaker_logs.group(endpoint.name)
    text = answer.decode(errors='replace')
    kind = 'client' if 400 <= status < 500 else 'server'
    return InvocationError(
        424,
        'ModelError',
        f'Received {kind} error ({status}) from primary with message "{text}". See https://{region}.console.aws.amazon'
        f'.com/cloudwatch/home?region={region}#logEventViewer:group={group} in account {account} for more information.',
        OriginalStatusCode=status,
        OriginalMessage=text[:_MAX_MESSAGE],
        LogStreamArn=f'arn:aws:logs:{region}:{account}:log-group:{group}',
    )


async def handle_request(path, headers, body):
    name, operation = PATH.match(path).groups()
    try:
        if operation != 'invocations':
            raise InvocationError(503, 'ServiceUnavailable', f'{operation} is not simulated.')
        # A container may call back, and takes its time.
        answer_headers, answer = await asyncio.to_thread(invoke, name, body, headers)
        return 200, answer_headers, answer
    except InvocationError as error:
        kept = {'Content-Type': 'application/json', 'x-amzn-ErrorType': error.code}
        return error.status, kept, json.dumps(error.answer).encode()
