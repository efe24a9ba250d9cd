import asyncio
import json

from ministack.services import apigateway_v1

from in_process import create
from sagemaker_fixtures import UNKNOWN_IMAGE, WithSageMaker, config, endpoint, model, variant

ROLE = 'arn:aws:iam::000000000000:role/api'
FAILED = (
    "#set($original = $input.path('$.OriginalStatusCode'))"
    '#if($original == 400)#set($context.responseOverride.status = 422)'
    '{"error":"$util.escapeJavaScript($input.path(\'$.OriginalMessage\'))","requestId":"$context.requestId"}'
    '#{else}{"error":"the model failed"}#end'
)
RESPONSES = [
    {
        'StatusCode': '200',
        'ResponseParameters': {'method.response.header.X-Id': 'method.request.header.X-Inference-Id'},
    },
    {'StatusCode': '502', 'SelectionPattern': '424', 'ResponseTemplates': {'application/json': FAILED}},
    {
        'StatusCode': '500',
        'SelectionPattern': '4\\d{2}|5\\d{2}',
        'ResponseParameters': {'method.response.header.X-Why': "'gateway'"},
    },
]


class Integration(WithSageMaker):
    def setUp(self):
        super().setUp()
        apigateway_v1.reset()
        model()
        config()
        endpoint()

    def api(self, name='ep', responses=None, **integration):
        api, attributes = create('AWS::ApiGateway::RestApi', {'Name': 'api'})
        resource, _ = create(
            'AWS::ApiGateway::Resource',
            {'RestApiId': api, 'ParentId': attributes['RootResourceId'], 'PathPart': 'predict'},
        )
        settings = {
            'Type': 'AWS',
            'IntegrationHttpMethod': 'POST',
            'Uri': f'arn:aws:apigateway:us-east-1:runtime.sagemaker:path/endpoints/{name}/invocations',
            'Credentials': ROLE,
            'PassthroughBehavior': 'WHEN_NO_MATCH',
            'IntegrationResponses': RESPONSES if responses is None else responses,
            **integration,
        }
        method = {'RestApiId': api, 'ResourceId': resource, 'HttpMethod': 'POST', 'AuthorizationType': 'NONE'}
        create('AWS::ApiGateway::Method', {**method, 'Integration': settings})
        deployment, _ = create('AWS::ApiGateway::Deployment', {'RestApiId': api})
        create('AWS::ApiGateway::Stage', {'RestApiId': api, 'DeploymentId': deployment, 'StageName': 'v1'})
        return api

    def post(self, api, body, **headers):
        headers = {'content-type': 'application/json', **{key.replace('_', '-'): item for key, item in headers.items()}}
        status, answer, text = asyncio.run(
            apigateway_v1.handle_execute(api, 'v1', 'POST', '/predict', headers, body.encode(), {})
        )
        return status, answer, json.loads(text)

    def test_body_passes_through_both_ways(self):
        status, headers, answer = self.post(self.api(), '{"a": 1}', x_inference_id='id-1', authorization='secret')
        self.assertEqual((status, answer['body'], headers['X-Id']), (200, '{"a": 1}', 'id-1'))
        self.assertEqual(answer['headers']['content-type'], 'application/json')
        self.assertNotIn('x-amzn-sagemaker-inference-id', answer['headers'])

    def test_request_template_and_parameters(self):
        api = self.api(
            RequestTemplates={'application/json': '{"instances": [$input.json(\'$\')]}'},
            RequestParameters={
                'integration.request.header.X-Amzn-SageMaker-Inference-Id': 'method.request.header.X-Inference-Id',
                'integration.request.header.X-Amzn-SageMaker-Custom-Attributes': "'stage=v1'",
                'integration.request.header.Accept': "'application/json'",
            },
        )
        _, _, answer = self.post(api, '{"a":1}', x_inference_id='id-1')
        self.assertEqual(json.loads(answer['body']), {'instances': [{'a': 1}]})
        self.assertEqual(answer['headers']['x-amzn-sagemaker-inference-id'], 'id-1')
        self.assertEqual(answer['headers']['x-amzn-sagemaker-custom-attributes'], 'stage=v1')
        self.assertEqual(self.post(api, 'a,b', content_type='text/csv')[2]['body'], 'a,b')

    def test_container_error_by_selection_pattern(self):
        api = self.api()
        status, _, answer = self.post(api, 'invalid')
        self.assertEqual((status, json.loads(answer['error'])), (422, {'error': 'bad input'}))
        self.assertRegex(answer['requestId'], r'^[\w-]{36}$')
        self.assertEqual(self.post(api, 'fail')[::2], (502, {'error': 'the model failed'}))

    def test_refusals_of_the_service_by_selection_pattern(self):
        model('vllm', image=UNKNOWN_IMAGE)
        config('gpu', variant('vllm'))
        endpoint('gpu', 'gpu')
        for name, said in (('none', 'not found'), ('gpu', 'does not run the image')):
            status, headers, answer = self.post(self.api(name), '{}')
            self.assertEqual((status, headers['X-Why']), (500, 'gateway'))
            self.assertIn(said, answer['Message'])

    def test_no_pattern_that_matches_and_no_default(self):
        api = self.api(responses=RESPONSES[1:2])
        self.assertEqual(self.post(api, '{}')[::2], (500, {'message': 'Internal server error'}))

    def test_longer_than_its_timeout(self):
        answer = self.post(self.api(TimeoutInMillis=100), 'slow')
        self.assertEqual(answer[::2], (504, {'message': 'Endpoint request timed out'}))

    def test_template_that_is_no_velocity_is_the_gateways_fault(self):
        # A literal has no methods in Velocity; a reference has.
        for template, expected in (
            ('#if("$input.body".startsWith("{"))a#end', (500, {'message': 'Internal server error'})),
            ('#set($body = $input.body)#if($body.startsWith("{"))$body#end', (200, {'mode': 'works'})),
        ):
            responses = [{'StatusCode': '200', 'ResponseTemplates': {'application/json': template}}]
            status, _, answer = self.post(self.api(responses=responses), '{}')
            self.assertEqual((status, {key: answer[key] for key in expected[1]}), expected)

    def test_state_of_the_endpoint_from_its_api(self):
        uri = 'arn:aws:apigateway:us-east-1:api.sagemaker:path/'
        template = '{"endpoint":"$input.path(\'$.EndpointStatus\')"}'
        api = self.api(
            Uri=uri,
            RequestTemplates={'application/json': '{"EndpointName":"ep"}'},
            RequestParameters={'integration.request.header.X-Amz-Target': "'SageMaker.DescribeEndpoint'"},
            responses=[{'StatusCode': '200', 'ResponseTemplates': {'application/json': template}}],
        )
        self.assertEqual(self.post(api, '')[::2], (200, {'endpoint': 'InService'}))

    def test_needs_a_role(self):
        status, _, answer = self.post(self.api(Credentials=None), '{}')
        self.assertEqual((status, answer), (500, {'message': 'Missing Authentication Token'}))
