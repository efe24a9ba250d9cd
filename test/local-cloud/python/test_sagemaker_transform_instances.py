import json
import time

from sagemaker_fixtures import model, put_object
from transform_fixtures import WithTransformJobs, data_log, echoed, result, run, with_inputs

OWN = {'MaxConcurrentTransforms': 3, 'MaxPayloadInMB': 2, 'BatchStrategy': 'SINGLE_RECORD'}
LINES = {'ContentType': 'text/csv', 'SplitType': 'Line'}


class Parameters(WithTransformJobs):
    def first_line(self, name, environment, **settings):
        model(name, Environment=environment)
        put_object('inputs', 'a', b'1')
        run(name, ModelName=name, **settings)
        return [line.partition('logs]: ')[2] for line in data_log() if 'MaxPayload' in line].pop()

    def test_order_of_precedence(self):
        own = {'EXECUTION_PARAMETERS': json.dumps(OWN)}
        self.assertEqual(
            self.first_line('own', own), 'MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD'
        )
        self.assertEqual(
            self.first_line('pick', own, MaxConcurrentTransforms=0, MaxPayloadInMB=4),
            'MaxConcurrentTransforms=3, MaxPayloadInMB=4, BatchStrategy=SINGLE_RECORD',
        )
        self.assertEqual(
            self.first_line('plain', {}), 'MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD'
        )

    def test_environment_of_the_container(self):
        put_object('inputs', 'a', b'1')
        model(Environment={'MODE': 'environment', 'OF_MODEL': 'm', 'OF_BOTH': 'm'})
        run(
            'all',
            Environment={'OF_BOTH': 'j', 'OF_JOB': 'j'},
            MaxConcurrentTransforms=2,
            MaxPayloadInMB=3,
            BatchStrategy='SingleRecord',
        )
        expected = {
            'OF_MODEL': 'm',
            'OF_BOTH': 'j',
            'OF_JOB': 'j',
            'SAGEMAKER_BATCH': 'true',
            'SAGEMAKER_MAX_CONCURRENT_TRANSFORMS': '2',
            'SAGEMAKER_MAX_PAYLOAD_IN_MB': '3',
            'SAGEMAKER_BATCH_STRATEGY': 'SINGLE_RECORD',
        }
        self.assertEqual(expected.items() - echoed('a').items(), set())
        run('none')
        left = [key for key in echoed('a') if key.startswith('SAGEMAKER_') and key in expected]
        self.assertEqual(left, ['SAGEMAKER_BATCH'])


class Requests(WithTransformJobs):
    def test_records_keep_their_order(self):
        put_object('inputs', 'a', b''.join(b'x' * size + b'\n' for size in range(1, 40)))
        model(mode='lengths')
        target = {'AssembleWith': 'Line'}
        run(source=LINES, target=target, BatchStrategy='SingleRecord', MaxConcurrentTransforms=8)
        self.assertEqual(result('a').split(), [str(size).encode() for size in range(1, 40)])

    def test_csv_in_csv_out(self):
        put_object('inputs', 'a', b'7,one\n8,three\n')
        model(mode='lengths')
        job = run(
            source=LINES,
            target={'Accept': 'text/csv', 'AssembleWith': 'Line'},
            DataProcessing={'InputFilter': '$[1:]', 'JoinSource': 'Input', 'OutputFilter': '$[0,-1]'},
        )
        self.assertEqual((job.status, result('a')), ('Completed', b'7,3\n8,5\n'))

    def test_at_the_same_time(self):
        for name in 'abcdef':
            put_object('inputs', name, b'slow')
        model()
        begun = time.monotonic()
        job = run(MaxConcurrentTransforms=6)
        self.assertEqual(job.status, 'Completed')
        # One after the other takes 2.4 s.
        self.assertLess(time.monotonic() - begun, 2)

    def test_payload_of_any_size_comes_in_chunks(self):
        with_inputs(a=b'hello')
        run(MaxPayloadInMB=0)
        headers = echoed('a')['headers']
        self.assertEqual((headers.get('transfer-encoding'), headers.get('content-length')), ('chunked', None))
        self.assertEqual(echoed('a')['body'], 'hello')


class Client(WithTransformJobs):
    def attempt(self, failures, **config):
        put_object('inputs', 'a', b'1')
        name = f'job-{failures}-{len(config)}'
        model(name, Environment={'FAILURES': str(failures)})
        return run(name, ModelName=name, ModelClientConfig=config).status

    def test_failing_invocations_are_made_again(self):
        self.assertEqual(self.attempt(3), 'Completed')
        self.assertEqual(self.attempt(4), 'Failed')
        self.assertEqual(self.attempt(1, InvocationsMaxRetries=0), 'Failed')

    def test_invocation_that_takes_too_long(self):
        with_inputs(a=b'hang')
        begun = time.monotonic()
        job = run(ModelClientConfig={'InvocationsTimeoutInSeconds': 1, 'InvocationsMaxRetries': 1})
        self.assertEqual(job.failure, 'AlgorithmError: See job logs for more information')
        self.assertTrue(data_log()[1].endswith(': inputs/a: Unable to get response from algorithm'))
        self.assertTrue(2 <= time.monotonic() - begun < 6)
