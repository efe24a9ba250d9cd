"""
REST APIs. ministack validates bodies against models and answers through gateway responses, but its CloudFormation types
drop the validators, and some of the answers that the gateway itself gives have another shape than on AWS.
"""

import contextvars
import json
import re

from ministack.core.responses import new_uuid, request_scope
from ministack.services import apigateway_v1

from . import cloudformation, request_validation
from .simulations import simulation

VALIDATORS = simulation(
    'apigateway-request-validators',
    'AWS::ApiGateway::RequestValidator and a method\'s RequestValidatorId take effect',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html',
    'test_apigateway.Gateway.test_validator_answers_through_the_gateway_response',
)
TOO_LARGE = simulation(
    'apigateway-too-large',
    'A request body over 10 MB is refused with 413 by the gateway response REQUEST_TOO_LARGE',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html',
    'test_apigateway.Gateway.test_body_over_ten_megabytes',
)
FAILED_FUNCTION = simulation(
    'apigateway-failed-function',
    'A function that fails or answers in the wrong format is 502, one that is throttled 500, both with "Internal '
    'server error" by the gateway response DEFAULT_5XX and never with the function\'s own message',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html',
    'test_apigateway.Gateway.test_failed_function_is_502_without_its_message',
)

MAX_BODY_BYTES = 10 * 1024 * 1024
_VARIABLE = re.compile(r'\$(?:\{context\.([\w.]+)\}|context\.([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)*))')

# What _invoke_lambda_proxy_v1's own call of _lambda_proxy_response came to: a status that the gateway answers with.
_failed_with = contextvars.ContextVar('failed_with', default=None)


# ── resource types ──


def _put_validator(props, validator_id=None):
    VALIDATORS.exercised()
    flags = {
        flag[0].lower() + flag[1:]: str(props.get(flag, False)).lower() == 'true'
        for flag in ('ValidateRequestBody', 'ValidateRequestParameters')
    }
    if validator_id is None:
        _, _, body = apigateway_v1._create_request_validator(
            props['RestApiId'], {'name': props.get('Name', ''), **flags}
        )
        validator_id = json.loads(body)['id']
    else:
        apigateway_v1._request_validators[props['RestApiId']][validator_id].update(flags)
    return validator_id, {'RequestValidatorId': validator_id}


def _update_validator(physical_id, old, new, stack, logical_id):
    replaced = any(old.get(key) != new.get(key) for key in ('RestApiId', 'Name'))
    return _put_validator(new, None if replaced else physical_id)


def _delete_validator(physical_id, props):
    apigateway_v1._request_validators.get(props['RestApiId'], {}).pop(physical_id, None)


def _complete_method(physical_id, props):
    """What ministack's method leaves out of the template."""
    method = apigateway_v1._resources[props['RestApiId']][props['ResourceId']]['resourceMethods'][props['HttpMethod']]
    method['requestValidatorId'] = props.get('RequestValidatorId')
    if method.get('methodIntegration'):
        method['methodIntegration']['contentHandling'] = props['Integration'].get('ContentHandling')


# ── answers of the gateway itself ──


def _model_of(method, headers):
    """
    The model for a request's content type. ministack takes the JSON model for any type, but "if no matching content type
    is found, request validation is not performed".
    """
    models = method.get('requestModels') or {}
    content_type = (apigateway_v1._header_ci(headers, 'content-type') or 'application/json').split(';')[0].strip()
    return models.get(content_type) or models.get('$default')


def _explained(original):
    """ministack decides whether a body fits its model; the library says why not."""

    def check(method, api_id, request, headers, body, query_params):
        model = _model_of(method, headers)
        narrowed = {**method, 'requestModels': {'application/json': model} if model else {}}
        error = original(narrowed, api_id, request, headers, body, query_params)
        if error is None:
            return None
        VALIDATORS.exercised()
        error.validation = error.message
        if error.response_type == 'BAD_REQUEST_BODY':
            schema = apigateway_v1._model_schema(api_id, model)
            try:
                error.validation = request_validation.errors(schema, json.loads(body)) or error.message
            except ValueError:
                pass  # not JSON: there is nothing more to say
        return error

    return check


def _rendered(original):
    """Adds the variables that ministack leaves standing in a template, and the status of a failed function."""

    def respond(error, request):
        status, headers, body = original(error, request)
        values = {
            'error.validationErrorString': getattr(error, 'validation', error.message),
            'extendedRequestId': request['request_id'],
            'apiId': request['api_id'],
        }

        def value(match):
            name = match[1] or match[2]
            # Inside the quotes of a JSON template.
            return json.dumps(values[name])[1:-1] if name in values else match[0]

        customized = (
            apigateway_v1._deployed_gateway_responses.get(request['api_id'], {}).get(
                request['stage'].get('deploymentId')
            )
            or {}
        )
        own_status = (customized.get(error.response_type) or {}).get('statusCode')
        if getattr(error, 'status', None) and not own_status:
            status = error.status
        return status, headers, _VARIABLE.sub(value, body.decode()).encode()

    return respond


def _limited(original):
    async def execute(api_id, stage_name, method, path, headers, body, query_params):
        scope, stage = apigateway_v1.find_api_scope(api_id), apigateway_v1.stages_for_api(api_id).get(stage_name)
        if len(body or b'') <= MAX_BODY_BYTES or scope is None or stage is None:
            return await original(api_id, stage_name, method, path, headers, body, query_params)
        TOO_LARGE.exercised()
        request = {
            'api_id': api_id,
            'stage_name': stage_name,
            'stage': stage,
            'headers': headers,
            'path_params': {},
            'query_params': query_params,
            'resource_path': path,
            'request_id': new_uuid(),
        }
        with request_scope(*scope):
            return apigateway_v1._gateway_error_response(
                apigateway_v1._GatewayError('REQUEST_TOO_LARGE', 'Request Too Long', 'RequestTooLargeException'),
                request,
            )

    return execute


def _judged(original):
    def proxy_response(result):
        body = result.get('body')
        if isinstance(body, (str, bytes)):
            try:
                body = json.loads(body)
            except ValueError:
                body = None
        if result.get('throttle'):
            _failed_with.set(500)
        elif result.get('error') or not isinstance(body, dict) or 'statusCode' not in body:
            _failed_with.set(502)
        return original(result)

    return proxy_response


def _hidden(original):
    async def invoke(*args, **kwargs):
        _failed_with.set(None)
        response = await original(*args, **kwargs)
        status = _failed_with.get()
        if status is None:
            return response
        FAILED_FUNCTION.exercised()
        error = apigateway_v1._GatewayError('DEFAULT_5XX', 'Internal server error', 'InternalServerErrorException')
        error.status = status
        return error

    return invoke


def install():
    cloudformation.register(
        'AWS::ApiGateway::RequestValidator',
        update=_update_validator,
        delete=_delete_validator,
        create=lambda logical_id, props, stack: _put_validator({'Name': logical_id, **props}),
    )
    cloudformation.after('AWS::ApiGateway::Method', 'create', _complete_method)
    cloudformation.after('AWS::ApiGateway::Method', 'update', _complete_method)
    apigateway_v1._check_request_validation = _explained(apigateway_v1._check_request_validation)
    apigateway_v1._gateway_error_response = _rendered(apigateway_v1._gateway_error_response)
    apigateway_v1.handle_execute = _limited(apigateway_v1.handle_execute)
    apigateway_v1._lambda_proxy_response = _judged(apigateway_v1._lambda_proxy_response)
    apigateway_v1._invoke_lambda_proxy_v1 = _hidden(apigateway_v1._invoke_lambda_proxy_v1)
