"""What EventBridge Scheduler starts by a universal target, of which ministack knows none: executions of state machines."""

import json

from ministack.services import eventbridge, stepfunctions

from .simulations import simulation

UNIVERSAL = simulation(
    'scheduler-universal-target',
    'A schedule whose target is aws-sdk:sfn:startExecution starts an execution with the parameters in its input; under a name '
    'that there was before, none',
    'https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html',
    'test_scheduler_targets.UniversalTarget.test_execution_is_started_under_its_name',
)

START_EXECUTION = ':scheduler:::aws-sdk:sfn:startExecution'


def _start(target):
    UNIVERSAL.exercised()
    # Universal targets spell parameters with a capital, the API with a small letter.
    params = {key[0].lower() + key[1:]: value for key, value in json.loads(target.get('Input') or '{}').items()}
    stepfunctions._start_execution(params)


def install():
    invoke = eventbridge._invoke_target

    def invoke_target(target, *args, **kwargs):
        if target.get('Arn', '').endswith(START_EXECUTION):
            return _start(target)
        return invoke(target, *args, **kwargs)

    eventbridge._invoke_target = invoke_target
