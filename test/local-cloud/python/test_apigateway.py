import asyncio
import base64
import json

from ministack.services import apigateway_v1

from in_process import InProcess, alias, create, function, publish, update

SCHEMA = {
    '$schema': 'http://json-schema.org/draft-04/schema#',
    'type': 'object',
    'required': ['mean_radius'],
    'properties': {'mean_radius': {'type': 'number'}},
}
TEMPLATE = (
    '{"error":{"code":"INVALID_INPUT","message":"$context.error.validationErrorString",'
    '"plain":$context.error.messageString,"requestId":"$context.requestId"}}'
)
HANDLER = """exports.handler = async (event) => {
  if (event.body === 'throw') throw new Error('secret');
  if (event.body === 'malformed') return { hello: 1 };
  if (event.path.endsWith('binary')) return { statusCode: 200, isBase64Encoded: true, body: event.body, headers: { 'content-type': 'application/octet-stream', 'x-base64': String(event.isBase64Encoded) } };
  return { statusCode: 200, body: JSON.stringify({ got: event.body }) };
};"""


class Gateway(InProcess):
    def setUp(self):
        super().setUp()
        apigateway_v1.reset()
        function('fn', HANDLER)
        arn = alias('fn', publish('fn'))
        self.api, attributes = create(
            'AWS::ApiGateway::RestApi', {'Name': 'api', 'BinaryMediaTypes': ['application/octet-stream']}
        )
        model, _ = create(
            'AWS::ApiGateway::Model',
            {'RestApiId': self.api, 'Name': 'Request', 'ContentType': 'application/json', 'Schema': SCHEMA},
        )
        self.validator, _ = create(
            'AWS::ApiGateway::RequestValidator', {'RestApiId': self.api, 'ValidateRequestBody': 'true'}
        )
        create(
            'AWS::ApiGateway::GatewayResponse',
            {
                'RestApiId': self.api,
                'ResponseType': 'BAD_REQUEST_BODY',
                'StatusCode': '422',
                'ResponseTemplates': {'application/json': TEMPLATE},
                'ResponseParameters': {'gatewayresponse.header.X-Why': "'model'"},
            },
        )
        create(
            'AWS::ApiGateway::GatewayResponse',
            {
                'RestApiId': self.api,
                'ResponseType': 'DEFAULT_5XX',
                'ResponseTemplates': {'application/json': '{"error":$context.error.messageString}'},
            },
        )
        uri = f'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations'
        for path, auth in (('predict', 'NONE'), ('binary', 'NONE'), ('signed', 'AWS_IAM')):
            resource, _ = create(
                'AWS::ApiGateway::Resource',
                {'RestApiId': self.api, 'ParentId': attributes['RootResourceId'], 'PathPart': path},
            )
            method = {
                'RestApiId': self.api,
                'ResourceId': resource,
                'HttpMethod': 'POST',
                'AuthorizationType': auth,
                'Integration': {'Type': 'AWS_PROXY', 'IntegrationHttpMethod': 'POST', 'Uri': uri},
            }
            if path == 'predict':
                method.update(RequestValidatorId=self.validator, RequestModels={'application/json': model})
            create('AWS::ApiGateway::Method', method)
        deployment, _ = create('AWS::ApiGateway::Deployment', {'RestApiId': self.api})
        create(
            'AWS::ApiGateway::Stage',
            {
                'RestApiId': self.api,
                'DeploymentId': deployment,
                'StageName': 'v1',
                'AccessLogSetting': {
                    'DestinationArn': 'arn:aws:logs:us-east-1:000000000000:log-group:access',
                    'Format': '$context.requestId',
                },
            },
        )

    def post(self, path, body, **headers):
        headers = {
            'content-type': 'application/json',
            **{name.replace('_', '-'): value for name, value in headers.items()},
        }
        return asyncio.run(apigateway_v1.handle_execute(self.api, 'v1', 'POST', f'/{path}', headers, body, {}))

    def test_validator_answers_through_the_gateway_response(self):
        status, headers, body = self.post('predict', b'{}')
        answer = json.loads(body)['error']
        self.assertEqual(
            (status, headers['X-Why'], answer['message'], answer['plain']),
            (422, 'model', '[object has missing required properties (["mean_radius"])]', 'Invalid request body'),
        )
        self.assertEqual(answer['requestId'], headers['x-amzn-requestid'])

    def test_body_that_fits_reaches_the_function(self):
        status, _, body = self.post('predict', b'{"mean_radius": 1.5}')
        self.assertEqual((status, json.loads(body)), (200, {'got': '{"mean_radius": 1.5}'}))

    def test_body_of_a_type_without_a_model_is_not_validated(self):
        status, _, body = self.post('predict', b'1,2', content_type='text/csv')
        self.assertEqual((status, json.loads(body)), (200, {'got': '1,2'}))

    def test_body_that_is_not_json(self):
        self.assertEqual(json.loads(self.post('predict', b'{')[2])['error']['message'], 'Invalid request body')

    def test_validator_can_be_turned_off(self):
        props = {'RestApiId': self.api, 'ValidateRequestBody': True}
        same, _ = update(
            'AWS::ApiGateway::RequestValidator', self.validator, props, {**props, 'ValidateRequestBody': False}
        )
        self.assertEqual((same, self.post('predict', b'{}')[0]), (self.validator, 200))

    def test_failed_function_is_502_without_its_message(self):
        for body in (b'throw', b'malformed'):
            status, _, answer = self.post('binary', body)
            self.assertEqual((status, json.loads(answer)), (502, {'error': 'Internal server error'}))

    def test_throttled_function_is_500(self):
        from ministack.services import lambda_svc

        lambda_svc._functions['fn']['concurrency'] = 0
        self.assertEqual(self.post('predict', b'{"mean_radius": 1}')[0], 500)

    def test_body_over_ten_megabytes(self):
        status, _, body = self.post('binary', b'x' * (10 * 1024 * 1024 + 1))
        self.assertEqual((status, json.loads(body)['message']), (413, 'Request Too Long'))
        self.assertNotEqual(self.post('signed', b'x' * (10 * 1024 * 1024))[0], 413)

    def test_binary_bodies_both_ways(self):
        sent = bytes(range(256))
        status, headers, body = self.post(
            'binary', sent, content_type='application/octet-stream', accept='application/octet-stream'
        )
        self.assertEqual((status, headers['x-base64'], body), (200, 'true', sent))
        self.assertEqual(
            self.post('binary', sent, content_type='application/octet-stream', accept='text/plain')[2],
            base64.b64encode(sent),
        )

    def test_only_signed_calls_where_iam_is_asked_for(self):
        self.assertEqual(self.post('signed', b'{}')[0], 403)
        signature = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00'
        self.assertEqual(self.post('signed', b'{}', authorization=signature, x_amz_date='20260101T000000Z')[0], 200)
