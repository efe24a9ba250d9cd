import asyncio
import json
from unittest import mock

from emulator import sagemaker_containers, sagemaker_runtime
from emulator.sagemaker_runtime import InvocationError
from in_process import values
from sagemaker_fixtures import UNKNOWN_IMAGE, WithSageMaker, config, endpoint, invoke, model, update, variant
from test_sagemaker_guardrails import blue_green

DIMENSIONS = {'EndpointName': 'ep', 'VariantName': 'AllTraffic'}


class WithEndpoint(WithSageMaker):
    def setUp(self):
        super().setUp()
        model()
        config()
        endpoint()

    def failed(self, body='{}', name='ep', **headers):
        with self.assertRaises(InvocationError) as raised:
            invoke(body, name, **headers)
        return raised.exception


class Invocations(WithEndpoint):
    def test_what_the_container_gets_and_the_caller_gets_back(self):
        headers, answer = invoke(
            '{"a":1}',
            **{
                'content-type': 'application/json',
                'accept': 'application/json',
                'x-amzn-sagemaker-custom-attributes': 'trace=1',
                'x-amzn-sagemaker-inference-id': 'id-1',
                'authorization': 'AWS4-HMAC-SHA256 secret',
            },
        )
        self.assertEqual(answer['body'], '{"a":1}')
        self.assertEqual(answer['headers']['content-type'], 'application/json')
        self.assertEqual(answer['headers']['x-amzn-sagemaker-inference-id'], 'id-1')
        self.assertNotIn('authorization', answer['headers'])
        self.assertEqual(
            headers,
            {
                'Content-Type': 'application/json',
                'x-Amzn-Invoked-Production-Variant': 'AllTraffic',
                'X-Amzn-SageMaker-Custom-Attributes': 'trace=1',
            },
        )

    def test_answers_of_the_container_that_are_errors(self):
        for body, status, kind in (('fail', 500, 'server'), ('invalid', 400, 'client')):
            error = self.failed(body)
            self.assertEqual((error.status, error.code), (424, 'ModelError'))
            self.assertEqual(error.answer['OriginalStatusCode'], status)
            self.assertIn('error', json.loads(error.answer['OriginalMessage']))
            self.assertIn(f'Received {kind} error ({status}) from primary with message', error.answer['Message'])
            self.assertTrue(error.answer['LogStreamArn'].endswith(':log-group:/aws/sagemaker/Endpoints/ep'))

    def test_container_that_does_not_answer(self):
        with mock.patch.object(sagemaker_containers, 'INVOCATION_SECONDS', 0.2):
            error = self.failed('hang')
        self.assertEqual((error.code, error.answer['OriginalStatusCode']), ('ModelError', 0))
        self.assertIn('timed out while waiting for a response', error.answer['OriginalMessage'])
        self.assertIn('without an answer', self.failed('crash').answer['OriginalMessage'])
        self.assertEqual(values('AWS/SageMaker', 'Invocation5XXErrors', **DIMENSIONS), [1, 1])

    def test_what_the_service_refuses(self):
        model('async')
        config('async', variant('async'), AsyncInferenceConfig={'OutputConfig': {'S3OutputPath': 's3://out/'}})
        endpoint('async', 'async')
        config('idle', variant(InitialVariantWeight=0))
        endpoint('idle', 'idle')
        for message, failed in (
            ('Endpoint none of account 000000000000 not found.', self.failed(name='none')),
            ('is asynchronous', self.failed(name='async')),
            ('Variant b was not found', self.failed(**{'x-amzn-sagemaker-target-variant': 'b'})),
            ('No variant of endpoint idle has a weight', self.failed(name='idle')),
        ):
            self.assertEqual((failed.status, failed.code), (400, 'ValidationError'))
            self.assertIn(message, failed.answer['Message'])

    def test_body_over_25_megabytes(self):
        largest = 'a' * sagemaker_runtime.MAX_BODY_BYTES
        self.assertEqual(len(invoke(largest)[1]['body']), len(largest))
        self.assertEqual(self.failed(largest + 'a').status, 413)

    def test_image_that_does_not_run_here_says_so_and_counts_nowhere(self):
        model('vllm', image=UNKNOWN_IMAGE)
        config('gpu', variant('vllm', InstanceType='ml.g5.xlarge'))
        self.assertEqual(endpoint('gpu', 'gpu').status, 'InService')
        error = self.failed(name='gpu')
        self.assertEqual((error.status, error.code), (503, 'ServiceUnavailable'))
        self.assertIn(f'does not run the image {UNKNOWN_IMAGE}', error.answer['Message'])
        self.assertEqual(values('AWS/SageMaker', 'Invocations', EndpointName='gpu', VariantName='AllTraffic'), [])

    def test_over_http(self):
        def request(path, body):
            return asyncio.run(sagemaker_runtime.handle_request(path, {}, body))

        status, headers, body = request('/endpoints/ep/invocations', b'fail')
        self.assertEqual((status, headers['x-amzn-ErrorType']), (424, 'ModelError'))
        self.assertEqual(json.loads(body)['OriginalStatusCode'], 500)
        self.assertEqual(request('/endpoints/ep/invocations', b'{}')[0], 200)
        self.assertIn('async-invocations is not simulated', request('/endpoints/ep/async-invocations', b'')[2].decode())


class Metrics(WithEndpoint):
    def one(self, name, **dimensions):
        return values('AWS/SageMaker', name, **{**DIMENSIONS, **dimensions})

    def test_values_and_dimensions(self):
        invoke()
        self.failed('invalid')
        self.failed('fail')
        self.assertEqual(self.one('Invocations'), [1, 1, 1])
        self.assertEqual(self.one('InvocationsPerInstance'), [0.5, 0.5, 0.5])
        self.assertEqual(self.one('Invocation4XXErrors'), [0, 1, 0])
        self.assertEqual(self.one('Invocation5XXErrors'), [0, 0, 1])
        self.assertEqual(self.one('InvocationModelErrors'), [0, 1, 1])
        # Microseconds: a request to a process of this machine takes more than 100 and less than 5 million.
        for latency in self.one('ModelLatency'):
            self.assertTrue(100 < latency < 5_000_000, latency)
        for latency in self.one('OverheadLatency'):
            self.assertTrue(0 < latency < 1_000_000, latency)
        self.assertEqual(self.one('Invocations', EndpointConfigName='config'), [])

    def test_refused_invocation_counts_nowhere(self):
        self.failed(**{'x-amzn-sagemaker-target-variant': 'b'})
        self.assertEqual(self.one('Invocations'), [])

    def test_fleet_of_a_guarded_deployment_also_by_its_configuration(self):
        config('unguarded')
        update('unguarded')
        invoke()
        self.assertEqual(self.one('Invocations', EndpointConfigName='unguarded'), [])
        config('guarded')
        update('guarded', DeploymentConfig=blue_green('ALL_AT_ONCE', 0, 60))
        invoke()
        self.assertEqual(self.one('Invocations', EndpointConfigName='guarded'), [1])
        self.assertEqual(self.one('Invocations'), [1, 1])
