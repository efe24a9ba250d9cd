"""REST APIs that call an endpoint without a function in between: integrations of type AWS with SageMaker's runtime."""

import asyncio
import json
import logging

from ministack.services import apigateway_v1

from . import mapping_templates, sagemaker_api, sagemaker_runtime
from .simulations import simulation

INTEGRATION = simulation(
    'apigateway-sagemaker-integration',
    'An AWS integration with runtime.sagemaker:path/endpoints/<name>/invocations invokes the endpoint, one with '
    'api.sagemaker:path/ asks its API; request parameters and templates shape the call, the integration response is '
    'chosen by the status, or is the default one',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html',
    'test_apigateway_sagemaker.Integration.test_container_error_by_selection_pattern',
)
TIMEOUT = simulation(
    'apigateway-integration-timeout',
    'Such an integration that takes longer than its time-out (29 seconds) is 504 by the gateway response '
    'INTEGRATION_TIMEOUT',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html',
    'test_apigateway_sagemaker.Integration.test_longer_than_its_timeout',
)

_logger = logging.getLogger('apigateway')

SERVICES = ('runtime.sagemaker', 'api.sagemaker')
_TIMEOUT_MILLISECONDS = 29_000
# Of the caller's request, the integration's own call has these where nothing else is mapped.
_KEPT_HEADERS = ('content-type', 'accept')


class _Call:
    """One request on its way through an integration."""

    def __init__(self, integration, event, headers, body, query_params, path_params):
        self.integration, self.body = integration, body
        self.params = {
            'path': path_params or {},
            'querystring': {
                key: value[0] if isinstance(value, list) else value for key, value in (query_params or {}).items()
            },
            'header': headers,
        }
        self.context = mapping_templates.context_of(event['requestContext'])
        self.stage_variables = event['stageVariables'] or {}

    def render(self, template, body):
        text = body.decode(errors='replace')
        return mapping_templates.render(template, text, self.params, self.context, self.stage_variables).encode()

    def value(self, source):
        """Of a mapping expression: 'literal', method.request.<place>.<name>, context.<name>, stageVariables.<name>."""
        if source.startswith("'"):
            return source.strip("'")
        root, _, rest = source.partition('.')
        if root == 'context':
            found = self.context
            for name in rest.split('.'):
                found = found[name] if isinstance(found, dict) else ''
            return str(found)
        if root == 'stageVariables':
            return self.stage_variables.get(rest, '')
        place, _, name = rest.removeprefix('request.').partition('.')
        found = self.params.get(place, {})
        return found.get(name.lower() if place == 'header' else name)

    def mapped(self, place):
        """Names and values of the integration's request parameters for `header` or `path`."""
        prefix = f'integration.request.{place}.'
        found = {
            key.removeprefix(prefix): self.value(source)
            for key, source in (self.integration.get('requestParameters') or {}).items()
            if key.startswith(prefix)
        }
        return {key: value for key, value in found.items() if value is not None}

    def request(self):
        """(path, headers in lower case, body) of the call to SageMaker."""
        path = '/' + self.integration['uri'].partition(':path/')[2].lstrip('/')
        for name, value in self.mapped('path').items():
            path = path.replace(f'{{{name}}}', value)
        content_type = (self.params['header'].get('content-type') or 'application/json').split(';')[0].strip().lower()
        template = _by_media_type(self.integration.get('requestTemplates'), content_type)
        body = self.body if template is None else self.render(template, self.body)
        headers = {key: self.params['header'][key] for key in _KEPT_HEADERS if key in self.params['header']}
        for mapped in (self.mapped('header'), self.context['requestOverride']['header']):
            headers |= {key.lower(): str(value) for key, value in mapped.items()}
        return path, headers, body

    def response(self, status, headers, body):
        chosen = apigateway_v1._select_service_integration_response(self.integration, status)
        if chosen is None:
            return apigateway_v1._GatewayError('DEFAULT_5XX', 'Internal server error')
        answer = {'Content-Type': 'application/json'}
        for target, source in (chosen.get('responseParameters') or {}).items():
            answer[target.removeprefix('method.response.header.')] = self.response_value(source, headers, body)
        template = _by_media_type(chosen.get('responseTemplates'), 'application/json')
        if template is not None:
            body = self.render(template, body)
        override = self.context['responseOverride']
        answer |= {key: str(value) for key, value in override['header'].items()}
        return int(override['status'] or chosen['statusCode']), {k: v for k, v in answer.items() if v is not None}, body

    def response_value(self, source, headers, body):
        if not source.startswith('integration.response.'):
            return self.value(source)
        place, _, name = source.removeprefix('integration.response.').partition('.')
        if place == 'header':
            return {key.lower(): value for key, value in headers.items()}.get(name.lower())
        return str(mapping_templates._Input(body.decode(errors='replace'), self.params).path(f'$.{name}'))


def _by_media_type(templates, content_type):
    return {key.split(';')[0].strip().lower(): value for key, value in (templates or {}).items()}.get(content_type)


def _answered(invoke):
    """A template that cannot be evaluated is the API's fault, and its callers learn nothing of it."""

    async def answer(integration, *args, **more):
        try:
            return await invoke(integration, *args, **more)
        except mapping_templates.Unusable as unusable:
            _logger.error('A mapping template of %s cannot be evaluated: %s', integration['uri'], unusable)
            return apigateway_v1._GatewayError('DEFAULT_5XX', 'Internal server error')

    return answer


@_answered
async def _invoke(
    integration, api_id, stage_name, stage, resource, path, method, headers, body, query_params, path_params, **more
):
    INTEGRATION.exercised()
    event = apigateway_v1._build_lambda_event_v1(
        api_id,
        stage_name,
        stage,
        resource,
        path,
        method,
        headers,
        body,
        query_params,
        path_params,
        authorizer_context=more.get('authorizer_context'),
        caller_identity=more.get('caller_identity'),
    )
    call = _Call(integration, event, headers, body or b'', query_params, path_params)
    if not integration.get('credentials'):
        # Without a role there is nothing to sign the call with.
        return call.response(403, {}, json.dumps({'message': 'Missing Authentication Token'}).encode())
    seconds = int(integration.get('timeoutInMillis') or _TIMEOUT_MILLISECONDS) / 1000
    target, sent, payload = call.request()
    if ':runtime.sagemaker:' in integration['uri'] and not sagemaker_runtime.PATH.match(target):
        return call.response(404, {}, json.dumps({'message': f'{target} is no operation of the runtime'}).encode())
    try:
        answer = await asyncio.wait_for(sagemaker_api.handle_request('POST', target, sent, payload, {}), seconds)
    except asyncio.TimeoutError:
        TIMEOUT.exercised()
        return apigateway_v1._GatewayError('INTEGRATION_TIMEOUT', 'Endpoint request timed out')
    return call.response(*answer)


def install():
    other = apigateway_v1._invoke_lambda_custom_v1

    async def invoke(integration, *args, **kwargs):
        spec = apigateway_v1._parse_service_integration_uri(integration.get('uri', ''))
        chosen = _invoke if spec and spec[1] in SERVICES and spec[2] == 'path' else other
        return await chosen(integration, *args, **kwargs)

    apigateway_v1._invoke_lambda_custom_v1 = invoke
