import asyncio
import json
import time
from unittest import mock

from ministack import app
from ministack.services import stepfunctions

from emulator import sagemaker_transform_jobs, sagemaker_transform_limits
from sagemaker_fixtures import put_object
from state_machine_fixtures import described, ended, start
from test_sagemaker_api import call
from test_sagemaker_transform_jobs import until
from transform_fixtures import WithTransformJobs, request, with_inputs

RESOURCE = 'arn:aws:states:::sagemaker:createTransformJob.sync'
TAGS = [{'Key': 'team', 'Value': 'fraud'}]


def task(resource=RESOURCE, parameters=None, **fields):
    return {'Job': {'Type': 'Task', 'Resource': resource, 'Parameters': parameters or request(), 'End': True, **fields}}


class WithMachines(WithTransformJobs):
    def setUp(self):
        super().setUp()
        stepfunctions.reset()


class Sync(WithMachines):
    def test_output_is_the_description(self):
        with_inputs(a=b'1')
        execution = start(task(parameters={**request(), 'Tags': TAGS}))
        found = ended(execution)
        self.assertEqual(found['status'], 'SUCCEEDED')
        output = json.loads(found['output'])
        job = sagemaker_transform_jobs.get('job')
        self.assertEqual((output['TransformJobStatus'], output['TransformJobArn']), ('Completed', job.arn))
        self.assertEqual(output['TransformEndTime'], int(job.ended * 1000))
        expected = {
            'team': 'fraud',
            'MANAGED_BY_AWS': 'STARTED_BY_STEP_FUNCTIONS',
            'AWS_STEP_FUNCTIONS_EXECUTION_ARN': execution,
        }
        self.assertEqual(output['Tags'], expected)
        tags = call('ListTags', ResourceArn=job.arn)['Tags']
        self.assertEqual({tag['Key']: tag['Value'] for tag in tags}, expected)

    def test_failed_job_fails_the_task_with_the_description_as_cause(self):
        with_inputs(a=b'invalid')
        found = ended(start(task()))
        self.assertEqual((found['status'], found['error']), ('FAILED', 'States.TaskFailed'))
        cause = json.loads(found['cause'])
        self.assertEqual(
            (cause['TransformJobStatus'], cause['FailureReason']),
            ('Failed', 'ClientError: See job logs for more information'),
        )

    def test_stopped_job_fails_the_task(self):
        with_inputs(a=b'hang')
        execution = start(task())
        until(lambda: sagemaker_transform_jobs.jobs.all() and sagemaker_transform_jobs.get('job').started)
        sagemaker_transform_jobs.get('job').stop()
        found = ended(execution)
        self.assertEqual((found['error'], json.loads(found['cause'])['TransformJobStatus']), ('States.TaskFailed', 'Stopped'))

    def test_time_out_stops_the_job(self):
        with_inputs(a=b'hang')
        for name, fields in (('fixed', {'TimeoutSeconds': 1}), ('path', {'TimeoutSecondsPath': '$.seconds'})):
            found = ended(start(task(parameters=request(name), **fields), {'seconds': 1}))
            self.assertEqual((found['status'], found['error']), ('FAILED', 'States.Timeout'))
            job = sagemaker_transform_jobs.get(name)
            job.wait()
            self.assertEqual(job.status, 'Stopped')

    def test_stopped_execution_stops_the_job_and_stays_stopped(self):
        with_inputs(a=b'hang')
        execution = start(task(Retry=[{'ErrorEquals': ['States.ALL'], 'IntervalSeconds': 0}]))
        until(lambda: sagemaker_transform_jobs.jobs.all() and sagemaker_transform_jobs.get('job').started)
        stepfunctions._stop_execution({'executionArn': execution})
        job = sagemaker_transform_jobs.get('job')
        self.assertTrue(job.wait(8))
        # Neither retried nor failed by what the job's end might look like.
        time.sleep(0.3)
        self.assertEqual((job.status, described(execution)['status']), ('Stopped', 'ABORTED'))
        self.assertEqual([event['type'] for event in stepfunctions._executions[execution]['events']].count('TaskFailed'), 0)

    def test_children_of_a_distributed_map(self):
        for name in 'ab':
            put_object('inputs', f'{name}/x', b'1')
        with_inputs()
        parameters = {**request(), 'TransformJobName.$': "States.Format('job-{}', $)"}
        parameters['TransformInput']['DataSource'] = {
            'S3DataSource': {'S3DataType': 'S3Prefix', 'S3Uri.$': "States.Format('s3://inputs/{}/', $)"}
        }
        del parameters['TransformJobName']
        processor = {
            'ProcessorConfig': {'Mode': 'DISTRIBUTED'},
            'StartAt': 'Job',
            'States': task(parameters=parameters, ResultSelector={'job.$': '$.TransformJobName'}),
        }
        states = {'Map': {'Type': 'Map', 'ItemsPath': '$.items', 'ItemProcessor': processor, 'End': True}}
        found = ended(start(states, {'items': ['a', 'b']}))
        self.assertEqual(json.loads(found['output']), [{'job': 'job-a'}, {'job': 'job-b'}])

    def test_without_sync_it_does_not_wait(self):
        with_inputs(a=b'slow')
        found = ended(start(task(RESOURCE.removesuffix('.sync'))))
        job = sagemaker_transform_jobs.get('job')
        self.assertEqual(json.loads(found['output']), {'TransformJobArn': job.arn})
        self.assertEqual(call('ListTags', ResourceArn=job.arn)['Tags'], [])


class Errors(WithMachines):
    def setUp(self):
        super().setUp()
        with_inputs(a=b'1')

    def error(self, **kwargs):
        found = ended(start(task(**kwargs)))
        return found['error'], found['cause']

    def test_names(self):
        sagemaker_transform_limits.replace({'ml.m5.large': 0})
        error, cause = self.error()
        self.assertEqual(error, 'SageMaker.ResourceLimitExceededException')
        self.assertRegex(cause, r'is 0 Instances.*\(Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceLimit')
        sagemaker_transform_limits.replace({'throttled': 1})
        error, cause = self.error()
        self.assertEqual(error, 'SageMaker.AmazonSageMakerException')
        self.assertRegex(cause, r'^Rate exceeded \(.*Error Code: ThrottlingException; Request ID: .*; Proxy: null\)$')
        self.assertEqual(self.error(parameters=request(MaxPayloadInMB=101))[0], 'SageMaker.AmazonSageMakerException')
        self.assertEqual(ended(start(task()))['status'], 'SUCCEEDED')
        self.assertEqual(self.error()[0], 'SageMaker.ResourceInUseException')

    def test_retries_go_by_them(self):
        sagemaker_transform_limits.replace({'throttled': 2})
        retry = {'ErrorEquals': ['SageMaker.AmazonSageMakerException'], 'IntervalSeconds': 0}
        self.assertEqual(ended(start(task(Retry=[retry])))['status'], 'SUCCEEDED')


class Sdk(WithMachines):
    def test_the_same_api(self):
        with_inputs(a=b'1')
        sagemaker_transform_jobs.create(request()).wait()
        service = 'arn:aws:states:::aws-sdk:sagemaker'
        with mock.patch.object(app, 'call_service_handler_sync', lambda handler, *rest: asyncio.run(handler(*rest))):
            found = ended(start(task(f'{service}:describeTransformJob', {'TransformJobName': 'job'})))
            self.assertEqual(json.loads(found['output'])['TransformJobStatus'], 'Completed')
            found = ended(start(task(f'{service}:stopTransformJob', {'TransformJobName': 'job'})))
            self.assertEqual((found['status'], found['error']), ('FAILED', 'SageMaker.SageMakerException'))
