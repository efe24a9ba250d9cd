"""Transform jobs: what they are asked, in which state they are, and what is stored when they end."""

import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from . import (
    sagemaker_records,
    sagemaker_transform_limits,
    sagemaker_transform_objects,
    sagemaker_transform_requests,
    scaled_time,
)
from .sagemaker_containers import NotRunnable, Unhealthy
from .sagemaker_records import Refused
from .sagemaker_transform_data import DataProcessing
from .sagemaker_transform_instances import Instance, ObjectFailed, mapped
from .sagemaker_transform_objects import NoManifest
from .simulations import simulation

JOBS = simulation(
    'sagemaker-transform-jobs',
    'Create-, Describe- and StopTransformJob: a job runs the container of its model on real processes, one for each '
    'instance that has objects, a scaled minute after it was made; its name is taken for ever',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTransformJob.html',
    'test_sagemaker_transform_jobs.Jobs.test_from_in_progress_to_completed',
)
FAILURES = simulation(
    'sagemaker-transform-failures',
    'One object that fails fails the job with a reason of its kind, while the others are transformed and stored; a '
    'stopped job stores nothing',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html',
    'test_sagemaker_transform_failures.Objects.test_others_go_on_and_are_stored',
)
LISTS = simulation(
    'sagemaker-transform-lists',
    'ListTransformJobs: by name, status and time, sorted, ten or MaxResults at a time',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTransformJobs.html',
    'test_sagemaker_transform_jobs.Lists.test_pages',
)

_START_SECONDS = 60
_PAGE = 10

jobs = sagemaker_records.Collection('transform-job', 'transform job')


class _Failed(Exception):
    pass


class _Stopped(Exception):
    pass


class TransformJob:
    def __init__(self, request, model):
        self.request, self._model, self.name = request, model, request['TransformJobName']
        self.arn = sagemaker_records.arn('transform-job', self.name)
        self.status, self.failure = 'InProgress', None
        self.created, self.started, self.ended = time.time(), None, None
        self._stopping, self._instances = threading.Event(), []
        run = contextvars.copy_context().run
        self._work = threading.Thread(target=run, args=(self._run,), name='transform-job', daemon=True)

    def start(self):
        JOBS.exercised()
        self._work.start()

    def stop(self):
        if self.status != 'InProgress':
            raise Refused(f'The request was rejected because the transform job is in status {self.status}.')
        self.status = 'Stopping'
        self._stopping.set()
        # A process takes its time to end; whoever asked is not kept waiting.
        threading.Thread(target=self._stop_instances, args=(0,), name='transform-stop', daemon=True).start()

    def wait(self, seconds=None):
        """Until it has ended; whether it has."""
        self._work.join(seconds)
        return not self._work.is_alive()

    def instances(self, instance_type):
        """How many of the type it occupies."""
        resources = self.request['TransformResources']
        is_running = self.status in ('InProgress', 'Stopping') and resources['InstanceType'] == instance_type
        return resources['InstanceCount'] if is_running else 0

    def description(self):
        description = {
            **self.request,
            'TransformJobArn': self.arn,
            'TransformJobStatus': self.status,
            'FailureReason': self.failure,
            'CreationTime': self.created,
            'TransformStartTime': self.started,
            'TransformEndTime': self.ended,
        }
        return {key: value for key, value in description.items() if value is not None}

    def summary(self):
        description, changed = self.description(), self.ended or self.started or self.created
        kept = ('TransformJobName', 'TransformJobArn', 'CreationTime', 'TransformEndTime', 'TransformJobStatus')
        kept += ('FailureReason',)
        return {**{key: description[key] for key in kept if key in description}, 'LastModifiedTime': changed}

    # ── how it does that ──

    def _run(self):
        status = 'Completed'
        try:
            self._transform()
        except _Stopped:
            status = 'Stopped'
        except _Failed as failed:
            FAILURES.exercised()
            status, self.failure = 'Failed', str(failed)
        except Exception as error:
            # Nothing that goes wrong here may leave a job in progress for ever.
            status, self.failure = 'Failed', f'InternalServerError: {error}'
        self.ended = time.time()
        self.status = status

    def _transform(self):
        if self._stopping.wait(scaled_time.real(_START_SECONDS)):
            raise _Stopped()
        self.started = time.time()
        try:
            inputs = sagemaker_transform_objects.inputs(self.request['TransformInput']['DataSource']['S3DataSource'])
        except NoManifest as error:
            raise _Failed(f'ClientError: {error}') from None
        if not inputs:
            raise _Failed('ClientError: The manifest lists no objects')
        results = self._results(inputs)
        if self._stopping.is_set():
            raise _Stopped()
        self._store(results)
        kinds = {result.kind for result in results.values() if isinstance(result, ObjectFailed)}
        if kinds:
            # AWS does not say which it gives of two; what the caller can mend comes first.
            kind = 'ClientError' if 'ClientError' in kinds else 'AlgorithmError'
            raise _Failed(f'{kind}: See job logs for more information')

    def _results(self, inputs):
        count = min(self.request['TransformResources']['InstanceCount'], len(inputs))
        data_processing = DataProcessing(self.request, self._inference_time())
        self._instances = [
            Instance(self.request, self._model, data_processing, self._stopping) for _ in range(count)
        ]
        shares = [(instance, inputs[index::count]) for index, instance in enumerate(self._instances)]
        try:
            for instance in self._instances:
                instance.start()
            with ThreadPoolExecutor(count) as pool:
                found = mapped(pool, lambda share: share[0].transform(share[1]), shares)
            return {one: result for results in found for one, result in results.items()}
        except (Unhealthy, NotRunnable) as error:
            if self._stopping.is_set():
                raise _Stopped() from None
            prefix = '' if isinstance(error, Unhealthy) else 'AlgorithmError: '
            raise _Failed(f'{prefix}{error}') from None
        finally:
            self._stop_instances()

    def _stop_instances(self, *drain_seconds):
        for instance in self._instances:
            instance.container.stop(*drain_seconds)

    def _inference_time(self):
        is_wanted = (self.request.get('DataCaptureConfig') or {}).get('GenerateInferenceId')
        return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(self.started)) if is_wanted else None

    def _store(self, results):
        path = self.request['TransformOutput']['S3OutputPath']
        done = {one: result for one, result in results.items() if not isinstance(result, ObjectFailed)}
        try:
            for one, result in done.items():
                sagemaker_transform_objects.store(path, one, result)
            if 'DataCaptureConfig' in self.request:
                sagemaker_transform_objects.capture(self.request['DataCaptureConfig'], self.started, path, list(done))
        except OSError as error:
            raise _Failed(f'ClientError: {error}') from None


def create(params):
    sagemaker_transform_limits.refuse_throttled()
    request, model = sagemaker_transform_requests.checked(params)
    name, resources = request['TransformJobName'], request['TransformResources']
    arn = sagemaker_records.arn('transform-job', name)
    if jobs.find(arn):
        raise Refused(
            f'Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})',
            'ResourceInUse',
        )
    instance_type = resources['InstanceType']
    used = sum(job.instances(instance_type) for job in jobs.all())
    sagemaker_transform_limits.refuse_over_quota(instance_type, resources['InstanceCount'], used)
    tags = request.pop('Tags', None)
    job = TransformJob(request, model)
    jobs.add(name, job, tags)
    job.start()
    return job


def get(name):
    job = jobs.find(sagemaker_records.arn('transform-job', name))
    if job is None:
        raise Refused(f'Could not find requested job with name: {name}')
    return job


def stop(name):
    job = jobs.find(sagemaker_records.arn('transform-job', name))
    if job is None:
        raise Refused(f'Could not find job to update with name {name}')
    job.stop()


def listed(request):
    LISTS.exercised()
    found = [one for one in (job.summary() for job in list(jobs.all())) if _is_wanted(one, request)]
    key = {'Name': 'TransformJobName', 'Status': 'TransformJobStatus'}.get(request.get('SortBy'), 'CreationTime')
    found.sort(key=lambda one: one[key], reverse=request.get('SortOrder') != 'Ascending')
    begin, size = int(request.get('NextToken') or 0), request.get('MaxResults', _PAGE)
    page = {'TransformJobSummaries': found[begin : begin + size]}
    return {**page, 'NextToken': str(begin + size)} if begin + size < len(found) else page


def _is_wanted(one, request):
    times = (
        one[key] > request.get(f'{name}After', 0) and one[key] < request.get(f'{name}Before', float('inf'))
        for key, name in (('CreationTime', 'CreationTime'), ('LastModifiedTime', 'LastModifiedTime'))
    )
    is_named = request.get('NameContains', '').lower() in one['TransformJobName'].lower()
    return all(times) and is_named and request.get('StatusEquals') in (None, one['TransformJobStatus'])
