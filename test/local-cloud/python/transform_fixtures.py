"""Transform jobs on real processes of this machine, in an empty cloud."""

import json

from emulator import sagemaker_transform_jobs, sagemaker_transform_limits, sagemaker_transform_logs
from ministack.services import cloudwatch_logs, s3
from sagemaker_fixtures import WithSageMaker, model, put_object


class WithTransformJobs(WithSageMaker):
    def setUp(self):
        super().setUp()
        sagemaker_transform_jobs.jobs.clear()
        sagemaker_transform_limits.clear()
        s3._create_bucket('outputs', b'', {})

    def tearDown(self):
        for job in sagemaker_transform_jobs.jobs.all():
            if job.status == 'InProgress':
                job.stop()
            job.wait()
        super().tearDown()


def request(name='job', uri='s3://inputs/', kind='S3Prefix', source=None, target=None, **settings):
    data_source = {'S3DataSource': {'S3DataType': kind, 'S3Uri': uri}}
    return {
        'TransformJobName': name,
        'ModelName': 'model',
        'TransformInput': {'DataSource': data_source, 'ContentType': 'text/plain', **(source or {})},
        'TransformOutput': {'S3OutputPath': 's3://outputs/results', **(target or {})},
        'TransformResources': {'InstanceType': 'ml.m5.large', 'InstanceCount': 1},
        **settings,
    }


def with_inputs(**contents):
    """Objects of the bucket `inputs`, by name, and a model to ask about them."""
    for name, content in contents.items():
        put_object('inputs', name, content)
    model()


def run(*args, **kwargs):
    """The job, when it has ended."""
    job = sagemaker_transform_jobs.create(request(*args, **kwargs))
    job.wait()
    return job


def result(key):
    """What is stored of an object, or None."""
    return s3._get_object_data('outputs', f'results/{key}.out')


def echoed(key):
    """The container's answer that is stored of an object."""
    return json.loads(result(key))


def log_lines(suffix):
    """The lines of the streams whose name ends, or does not, with /data-log; without their times."""
    streams = cloudwatch_logs._log_groups[sagemaker_transform_logs.GROUP]['streams']
    return [event['message'] for name, stream in sorted(streams.items()) if suffix(name) for event in stream['events']]


def data_log():
    return log_lines(lambda name: name.endswith('/data-log'))
