import json

from in_process import create
from ministack.services import lambda_svc
from stream_fixtures import WithStreams, mapping, stream

QUEUE = 'arn:aws:sqs:us-east-1:000000000000:failed'


class Settings(WithStreams):
    def setUp(self):
        super().setUp()
        self.consumer()
        self.arn = stream()

    def refusal(self, **settings):
        body = {'EventSourceArn': self.arn, 'FunctionName': 'consumer', 'StartingPosition': 'LATEST', **settings}
        status, _, answer = lambda_svc._create_esm({key: value for key, value in body.items() if value is not None})
        self.assertEqual(status, 400, settings)
        return json.loads(answer)['message']

    def test_what_lambda_refuses(self):
        for expected, settings in (
            ('StartingPosition is required', {'StartingPosition': None}),
            ('StartingPositionTimestamp goes with', {'StartingPosition': 'AT_TIMESTAMP'}),
            ('StartingPositionTimestamp goes with', {'StartingPositionTimestamp': 1.5}),
            ("'EARLIEST' is none of", {'StartingPosition': 'EARLIEST'}),
            ('Stream other not found', {'EventSourceArn': self.arn.replace('readings', 'other')}),
            ('Stream readings/consumer/none:1 not found', {'EventSourceArn': f'{self.arn}/consumer/none:1'}),
            ('BatchSize: 10001 is over 10000', {'BatchSize': 10_001}),
            ('BatchSize, value: 0', {'BatchSize': 0}),
            ('MaximumBatchingWindowInSeconds: 301 is over 300', {'MaximumBatchingWindowInSeconds': 301}),
            ('ParallelizationFactor: 11 is over 10', {'ParallelizationFactor': 11}),
            ('MaximumRetryAttempts: 10001 is over 10000', {'MaximumRetryAttempts': 10_001}),
            ('MaximumRecordAgeInSeconds must be -1, or at least 60', {'MaximumRecordAgeInSeconds': 59}),
            ('MaximumRecordAgeInSeconds: 604801 is over 604800', {'MaximumRecordAgeInSeconds': 604_801}),
            ('is FIFO, which is not supported', {'DestinationConfig': {'OnFailure': {'Destination': f'{QUEUE}.fifo'}}}),
            ('OnSuccess is not supported', {'DestinationConfig': {'OnSuccess': {'Destination': QUEUE}}}),
            (
                'is invalid',
                {'DestinationConfig': {'OnFailure': {'Destination': QUEUE.replace('sqs', 'lambda')}}},
            ),
            ('Invalid filter pattern definition.', {'FilterCriteria': {'Filters': [{'Pattern': '{"a":'}]}}),
            ('at most 5 filters', {'FilterCriteria': {'Filters': [{'Pattern': '{}'}] * 6}}),
            ('TumblingWindowInSeconds is not simulated', {'TumblingWindowInSeconds': 30}),
            ("'Other' is none of", {'MetricsConfig': {'Metrics': ['Other']}}),
            ('unknown member Batchsize', {'Batchsize': 3}),
        ):
            self.assertIn(expected, self.refusal(**settings))
        self.assertEqual(list(lambda_svc._esms.values()), [])

    def test_defaults(self):
        found = json.loads(lambda_svc._get_esm(mapping(self.arn)['UUID'])[2])
        expected = {
            'BatchSize': 100,
            'MaximumBatchingWindowInSeconds': 0,
            'ParallelizationFactor': 1,
            'MaximumRecordAgeInSeconds': -1,
            'MaximumRetryAttempts': -1,
            'BisectBatchOnFunctionError': False,
            'State': 'Enabled',
        }
        self.assertEqual({key: found.get(key) for key in expected}, expected)

    def test_update_is_checked_too(self):
        one = mapping(self.arn, BatchSize=5)
        status, _, answer = lambda_svc._update_esm(one['UUID'], {'BatchSize': 20_000})
        self.assertEqual((status, one['BatchSize']), (400, 5))
        self.assertIn('over 10000', json.loads(answer)['message'])
        counts = {'Metrics': ['EventCount']}
        changes = {'MaximumRetryAttempts': 2, 'MetricsConfig': counts}
        self.assertEqual(lambda_svc._update_esm(one['UUID'], changes)[0], 202)
        self.assertEqual((one['BatchSize'], one['MaximumRetryAttempts'], one['MetricsConfig']), (5, 2, counts))

    def test_stack_is_checked_too(self):
        props = {'EventSourceArn': self.arn, 'FunctionName': 'consumer', 'StartingPosition': 'LATEST', 'BatchSize': 0}
        with self.assertRaisesRegex(ValueError, 'BatchSize'):
            create('AWS::Lambda::EventSourceMapping', props)

    def test_mappings_of_queues_are_ministacks(self):
        create('AWS::SQS::Queue', {'QueueName': 'jobs'})
        body = {'EventSourceArn': QUEUE.replace('failed', 'jobs'), 'FunctionName': 'consumer'}
        status, _, answer = lambda_svc._create_esm(body)
        self.assertEqual((status, json.loads(answer)['BatchSize']), (202, 10))
