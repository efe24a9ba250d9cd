import json
import time

from emulator import sagemaker_containers, sagemaker_transform_jobs
from emulator.sagemaker_records import Refused
from sagemaker_fixtures import UNKNOWN_IMAGE, impatient, is_alive, model, put_object
from test_sagemaker_api import call, error
from test_sagemaker_models import archive
from transform_fixtures import WithTransformJobs, echoed, request, result, run, with_inputs

TAGS = [{'Key': 'team', 'Value': 'fraud'}]


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError()
        time.sleep(0.005)


class Jobs(WithTransformJobs):
    def test_from_in_progress_to_completed(self):
        with_inputs(a=b'hello')
        arn = call('CreateTransformJob', **request('Job-1'))['TransformJobArn']
        self.assertEqual(arn, 'arn:aws:sagemaker:us-east-1:000000000000:transform-job/job-1')
        begun = call('DescribeTransformJob', TransformJobName='Job-1')
        self.assertEqual((begun['TransformJobStatus'], 'TransformStartTime' in begun), ('InProgress', False))
        sagemaker_transform_jobs.get('Job-1').wait()
        ended = call('DescribeTransformJob', TransformJobName='Job-1')
        self.assertEqual((ended['TransformJobStatus'], ended['TransformJobArn']), ('Completed', arn))
        self.assertTrue(ended['CreationTime'] < ended['TransformStartTime'] < ended['TransformEndTime'])
        self.assertNotIn('FailureReason', ended)
        self.assertEqual(ended['DataProcessing'], {'InputFilter': '$', 'OutputFilter': '$', 'JoinSource': 'None'})
        self.assertEqual((ended['TransformInput']['SplitType'], ended['TransformOutput']['AssembleWith']), ('None', 'None'))
        answer = echoed('a')
        self.assertEqual((answer['body'], answer['headers']['content-type']), ('hello', 'text/plain'))
        self.assertNotIn('accept', answer['headers'])
        self.assertFalse(is_alive(answer['pid']))

    def test_model_data_and_accept_reach_the_container(self):
        put_object('models', 'model.tar.gz', archive({'a.bin': b'weights'}))
        put_object('inputs', 'a', b'hello')
        model(ModelDataUrl='s3://models/model.tar.gz')
        self.assertEqual(run(target={'Accept': 'text/csv'}, Environment={'MODE': 'batch'}).status, 'Completed')
        answer = echoed('a')
        self.assertEqual((answer['files'], answer['mode']), ({'a.bin': 'weights'}, 'batch'))
        self.assertEqual(answer['headers']['accept'], 'text/csv')

    def test_each_instance_is_a_process_and_takes_its_share(self):
        with_inputs(a=b'1', b=b'2', c=b'3')
        run(TransformResources={'InstanceType': 'ml.m5.large', 'InstanceCount': 2})
        pids = [echoed(key)['pid'] for key in 'abc']
        self.assertEqual((pids[0] == pids[2], pids[0] == pids[1]), (True, False))

    def test_name_is_taken_for_ever(self):
        with_inputs(a=b'hello')
        run()
        code, message = error('CreateTransformJob', **request('JOB'))
        self.assertEqual(code, 'ResourceInUse')
        self.assertIn('a job with this name already exists (arn:aws:sagemaker:us-east-1:000000000000:transform-job/job)', message)

    def test_model_may_go_while_the_job_runs(self):
        with_inputs(a=b'hello')
        job = sagemaker_transform_jobs.create(request())
        call('DeleteModel', ModelName='model')
        job.wait()
        self.assertEqual(job.status, 'Completed')

    def test_container_that_never_answers_pings(self):
        put_object('inputs', 'a', b'hello')
        model(mode='sick')
        with impatient():
            job = run()
        self.assertEqual(job.status, 'Failed')
        self.assertRegex(job.failure, '^AlgorithmError: Model container failed to respond to ping. Please ensure /ping')

    def test_image_that_does_not_run_here(self):
        put_object('inputs', 'a', b'hello')
        model(image=UNKNOWN_IMAGE)
        self.assertRegex(run().failure, f'^AlgorithmError: The local cloud does not run the image {UNKNOWN_IMAGE}')

    def test_tags(self):
        with_inputs(a=b'hello')
        arn = call('CreateTransformJob', **request(), Tags=TAGS)['TransformJobArn']
        self.assertNotIn('Tags', call('DescribeTransformJob', TransformJobName='job'))
        call('AddTags', ResourceArn=arn, Tags=[{'Key': 'env', 'Value': 'prod'}])
        self.assertEqual(
            call('ListTags', ResourceArn=arn)['Tags'], [*TAGS, {'Key': 'env', 'Value': 'prod'}]
        )


class Stops(WithTransformJobs):
    def test_stopped_job_stores_nothing_and_its_process_ends(self):
        with_inputs(a=b'hello', b=b'hang')
        job = sagemaker_transform_jobs.create(request())
        until(lambda: job._instances and job._instances[0].container._in_flight)
        pid = job._instances[0].container.pid()
        call('StopTransformJob', TransformJobName='job')
        self.assertEqual(job.status, 'Stopping')
        self.assertTrue(job.wait(8))
        self.assertEqual((job.status, result('a'), is_alive(pid)), ('Stopped', None, False))
        self.assertIsNotNone(job.ended)

    def test_before_it_has_started(self):
        with_inputs(a=b'hello')
        job = sagemaker_transform_jobs.create(request())
        job.stop()
        job.wait()
        self.assertEqual((job.status, job.started), ('Stopped', None))

    def test_only_one_that_is_in_progress(self):
        with_inputs(a=b'hello')
        run()
        code, message = error('StopTransformJob', TransformJobName='job')
        self.assertEqual(code, 'ValidationException')
        self.assertIn('because the transform job is in status Completed', message)

    def test_unknown_job(self):
        self.assertIn('Could not find job to update with name', error('StopTransformJob', TransformJobName='x')[1])
        code, message = error('DescribeTransformJob', TransformJobName='x')
        self.assertEqual(code, 'ValidationException')
        self.assertIn('Could not find requested job with name: x', message)


class Lists(WithTransformJobs):
    def setUp(self):
        super().setUp()
        with_inputs(a=b'hello')
        self.made = [sagemaker_transform_jobs.create(request(f'run-{index}')) for index in range(4)]
        self.made[1].stop()
        for job in self.made:
            job.wait()

    def names(self, **parameters):
        return [one['TransformJobName'] for one in call('ListTransformJobs', **parameters)['TransformJobSummaries']]

    def test_pages(self):
        first = call('ListTransformJobs', MaxResults=3, SortBy='Name', SortOrder='Ascending')
        self.assertEqual([one['TransformJobName'] for one in first['TransformJobSummaries']], ['run-0', 'run-1', 'run-2'])
        rest = call('ListTransformJobs', MaxResults=3, SortBy='Name', SortOrder='Ascending', NextToken=first['NextToken'])
        self.assertEqual([one['TransformJobName'] for one in rest['TransformJobSummaries']], ['run-3'])
        self.assertNotIn('NextToken', rest)

    def test_filters(self):
        self.assertEqual(self.names(StatusEquals='Stopped'), ['run-1'])
        self.assertEqual(self.names(NameContains='-2'), ['run-2'])
        self.assertEqual(self.names(CreationTimeAfter=self.made[2].created), ['run-3'])
        self.assertEqual(self.names(CreationTimeBefore=self.made[1].created), ['run-0'])

    def test_newest_first(self):
        self.assertEqual(self.names(), ['run-3', 'run-2', 'run-1', 'run-0'])
