import asyncio
import json

from ministack import app

from emulator import sagemaker_transform_jobs, sagemaker_transform_limits
from emulator.sagemaker_records import Refused
from sagemaker_fixtures import model, put_object
from test_sagemaker_api import call, error
from test_sagemaker_models import source as model_source
from transform_fixtures import WithTransformJobs, request, run, with_inputs

CSV = {'ContentType': 'text/csv', 'SplitType': 'Line'}
CSV_OUT = {'Accept': 'text/csv', 'AssembleWith': 'Line'}


def resources(instance_type, **more):
    return {'TransformResources': {'InstanceType': instance_type, 'InstanceCount': 1, **more}}


class Rules(WithTransformJobs):
    def refusal(self, *args, **kwargs):
        code, message = error('CreateTransformJob', **request(*args, **kwargs))
        self.assertEqual(code, 'ValidationException')
        return message

    def test_what_the_service_refuses(self):
        with_inputs(a=b'1')
        for expected, settings in (
            ('MaxPayloadInMB cannot be greater than 100', {'MaxPayloadInMB': 101}),
            ('cannot exceed 100 MB: 11 . 10', {'MaxPayloadInMB': 10, 'MaxConcurrentTransforms': 11}),
            ('BatchStrategy MultiRecord needs a SplitType', {'BatchStrategy': 'MultiRecord'}),
            ("'Both' is none of", {'BatchStrategy': 'Both'}),
            ("'ml.t2.medium' is none of", resources('ml.t2.medium')),
            ('InstanceCount is over 100', resources('ml.m5.large', InstanceCount=101)),
            ('VolumeKmsKeyId is not allowed for ml.g4dn.xlarge', resources('ml.g4dn.xlarge', VolumeKmsKeyId='k')),
            ('AugmentedManifestFile is not compatible', {'kind': 'AugmentedManifestFile'}),
            ('SplitType RecordIO is not simulated', {'source': {'SplitType': 'RecordIO'}}),
            ('InvocationsTimeoutInSeconds: 3601 is over 3600', {'ModelClientConfig': {'InvocationsTimeoutInSeconds': 3601}}),
            ('Environment: 17 is over 16', {'Environment': {f'K{index}': '' for index in range(17)}}),
            ('TransformJobName: .* does not match', {'name': 'under_score'}),
            ('TransformJobName: 64 is over 63', {'name': 'n' * 64}),
        ):
            self.assertRegex(self.refusal(**settings), expected)

    def test_what_it_takes(self):
        with_inputs(a=b'1')
        for index, settings in enumerate(
            (
                {'MaxPayloadInMB': 10, 'MaxConcurrentTransforms': 10},
                {'MaxPayloadInMB': 100},
                {'BatchStrategy': 'SingleRecord'},
                {'BatchStrategy': 'MultiRecord', 'source': {'SplitType': 'Line'}},
                resources('ml.m5.large', VolumeKmsKeyId='k'),
                {'source': CSV, 'target': CSV_OUT, 'DataProcessing': {'InputFilter': '$[1:]'}},
                {'DataProcessing': {'InputFilter': '$', 'JoinSource': 'None'}},
            )
        ):
            call('CreateTransformJob', **request(f'job-{index}', **settings))
            self.assertEqual(sagemaker_transform_jobs.get(f'job-{index}').name, f'job-{index}')

    def test_data_processing(self):
        with_inputs(a=b'1')
        for expected, settings in (
            ('InputFilter: 64 is over 63', {'DataProcessing': {'InputFilter': '$.' + 'n' * 62}}),
            ('needs a ContentType and an Accept', {'DataProcessing': {'JoinSource': 'Input'}}),
            (
                'needs SplitType Line and AssembleWith Line',
                {'source': CSV, 'target': {'Accept': 'text/csv'}, 'DataProcessing': {'JoinSource': 'Input'}},
            ),
            ('OutputFilter: .* is not a supported', {'source': CSV, 'target': CSV_OUT, 'DataProcessing': {'OutputFilter': '$..a'}}),
        ):
            self.assertRegex(self.refusal(**settings), expected)

    def test_model(self):
        put_object('inputs', 'a', b'1')
        self.assertRegex(self.refusal(), 'Could not find model "arn:aws:sagemaker:.*:model/model"')
        put_object('models', 'a.bin', b'weights')
        model(ModelDataSource=model_source('s3://models/a.bin'))
        self.assertIn('which use ModelDataSource attribute', self.refusal())

    def test_input(self):
        with_inputs(a=b'1')
        for settings in ({'uri': 's3://inputs/none'}, {'uri': 's3://inputs/m.json', 'kind': 'ManifestFile'}):
            self.assertRegex(self.refusal(**settings), '^No S3 objects found under S3 URL "s3://inputs/')


class Limits(WithTransformJobs):
    def setUp(self):
        super().setUp()
        with_inputs(a=b'1')

    def test_instances_of_running_jobs_count(self):
        sagemaker_transform_limits.replace({'ml.m5.large': 1})
        first = sagemaker_transform_jobs.create(request('first'))
        code, message = error('CreateTransformJob', **request('second'))
        self.assertEqual(code, 'ResourceLimitExceeded')
        self.assertIn(
            "limit 'ml.m5.large for transform job usage' is 1 Instances, with current utilization of 1 Instances and a "
            'request delta of 1 Instances',
            message,
        )
        call('CreateTransformJob', **request('other', **resources('ml.c5.xlarge')))
        self.assertIsNotNone(sagemaker_transform_jobs.get('other'))
        first.wait()
        # The name of a job that was refused is free.
        self.assertEqual(run('second').status, 'Completed')

    def test_throttled_requests(self):
        sagemaker_transform_limits.replace({'throttled': 2})
        for _ in range(2):
            self.assertEqual(error('CreateTransformJob', **request()), ('ThrottlingException', 'Rate exceeded'))
        self.assertEqual(run().status, 'Completed')

    def test_set_over_http(self):
        query = {'ml.m5.large': ['0'], 'throttled': ['0']}
        answer = asyncio.run(app._handle_pre_body_request('GET', '/_local_cloud/transform-limits', {}, query, 'id'))
        self.assertEqual((answer[0], json.loads(answer[2])), (200, {'ml.m5.large': 0, 'throttled': 0}))
        with self.assertRaisesRegex(Refused, 'is 0 Instances'):
            sagemaker_transform_jobs.create(request())
