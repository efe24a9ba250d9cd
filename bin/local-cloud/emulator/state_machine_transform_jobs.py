"""
The task arn:aws:states:::sagemaker:createTransformJob of a state machine, with .sync and without. With .sync the task
lasts as long as the job, and ends it when it ends itself: at its time-out, or because the execution was stopped.
"""

import contextvars
import json
import time

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions

from . import sagemaker_records, sagemaker_transform_jobs
from .sagemaker_records import Refused
from .simulations import simulation

TASKS = simulation(
    'step-functions-transform-jobs',
    'createTransformJob.sync waits for the job and has its description with times in milliseconds and its tags as '
    'output; a job that does not complete is States.TaskFailed with that as cause; the job has Step Functions\' tags, '
    'and is stopped when the task times out or its execution is stopped',
    'https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html',
    'test_state_machine_transform_jobs.Sync.test_output_is_the_description',
)
ERRORS = simulation(
    'step-functions-sagemaker-errors',
    'A refused request fails its task with SageMaker.ResourceLimitExceededException, SageMaker.ResourceInUseException, '
    'or SageMaker.AmazonSageMakerException for every error that the API\'s model does not name; throttling is one',
    'https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html',
    'test_state_machine_transform_jobs.Errors.test_names',
)

_RESOURCE = 'arn:aws:states:::sagemaker:createTransformJob'
_NAMED = ('ResourceLimitExceeded', 'ResourceInUse', 'ResourceNotFound')
_TIMES = ('CreationTime', 'TransformStartTime', 'TransformEndTime')
_POLL_SECONDS = 0.02

# (execution, execution at the top) of the task that this thread runs: a child of a distributed Map has one of its own.
_executions = contextvars.ContextVar('executions', default=())


def _invoke(resource, params, seconds=None):
    TASKS.exercised()
    if resource == _RESOURCE:
        return {'TransformJobArn': _created(params).arn}
    ours = [{'Key': 'MANAGED_BY_AWS', 'Value': 'STARTED_BY_STEP_FUNCTIONS'}]
    if _executions.get():
        arn = _executions.get()[0]['executionArn']
        ours.append({'Key': 'AWS_STEP_FUNCTIONS_EXECUTION_ARN', 'Value': arn})
    job = _created({**params, 'Tags': [*params.get('Tags', []), *ours]})
    until = float('inf') if seconds is None else time.monotonic() + seconds
    while not job.wait(_POLL_SECONDS):
        if time.monotonic() > until:
            _stop(job)
            raise stepfunctions._ExecutionError('States.Timeout', f'Task timed out after {seconds} seconds')
        if any(execution['status'] == 'ABORTED' for execution in _executions.get()):
            _stop(job)
            # Ends this thread. An error would be retried, or caught, and make a failed execution of a stopped one.
            raise SystemExit
    output = _output(job)
    if job.status != 'Completed':
        raise stepfunctions._ExecutionError('States.TaskFailed', json.dumps(output))
    return output


def _created(params):
    try:
        return sagemaker_transform_jobs.create(params)
    except Refused as refused:
        ERRORS.exercised()
        name = f'{refused.code}Exception' if refused.code in _NAMED else 'AmazonSageMakerException'
        cause = (
            f'{refused} (Service: AmazonSageMaker; Status Code: 400; Error Code: {refused.code}; '
            f'Request ID: {new_uuid()}; Proxy: null)'
        )
        raise stepfunctions._ExecutionError(f'SageMaker.{name}', cause) from None


def _stop(job):
    try:
        job.stop()
    except Refused:
        pass  # it has just ended, or stops already


def _output(job):
    """Made of the event of the job's end on AWS, whose shapes are a little different."""
    description = job.description()
    for key in _TIMES:
        if key in description:
            description[key] = int(description[key] * 1000)
    return {**description, 'Tags': {tag['Key']: tag['Value'] for tag in sagemaker_records.tags[job.arn]}}


def install():
    invoke, invoke_with_timeout = stepfunctions._invoke_resource, stepfunctions._invoke_resource_with_timeout
    execute = stepfunctions._execute_task

    def is_ours(resource):
        return resource in (_RESOURCE, f'{_RESOURCE}.sync')

    def invoked(resource, params):
        return _invoke(resource, params) if is_ours(resource) else invoke(resource, params)

    def invoked_with_timeout(resource, params, seconds):
        return _invoke(resource, params, seconds) if is_ours(resource) else invoke_with_timeout(resource, params, seconds)

    def executed(state, raw_input, execution, ctx):
        top = stepfunctions._executions.get(ctx.get('Execution', {}).get('Id'))
        token = _executions.set(tuple(one for one in (execution, top) if one))
        try:
            return execute(state, raw_input, execution, ctx)
        finally:
            _executions.reset(token)

    stepfunctions._invoke_resource = invoked
    stepfunctions._invoke_resource_with_timeout = invoked_with_timeout
    stepfunctions._execute_task = executed
    # The same API by arn:aws:states:::aws-sdk:sagemaker:<action>.
    stepfunctions._AWS_SDK_SERVICE_MAP['sagemaker'] = {'target_prefix': 'SageMaker', 'protocol': 'json'}
    stepfunctions._AWS_SDK_ERROR_PREFIX['sagemaker'] = 'SageMaker'
    stepfunctions._AWS_SDK_ERROR_CODE_OVERRIDES['sagemaker'] = {
        **{code: f'{code}Exception' for code in _NAMED},
        **{code: 'SageMakerException' for code in ('ValidationException', 'ThrottlingException')},
    }
