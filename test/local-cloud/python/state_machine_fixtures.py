"""Executions of state machines in the emulator's own interpreter."""

import json
import time
import uuid

from ministack.services import stepfunctions


def answered(response):
    return json.loads(response[2])


def start(states, data=None):
    """The ARN of an execution of a machine of these states, which begins with the first."""
    definition = {'StartAt': next(iter(states)), 'States': states}
    machine = {'name': f'm-{uuid.uuid4()}', 'definition': json.dumps(definition), 'roleArn': 'arn:aws:iam::000000000000:role/r'}
    arn = answered(stepfunctions._create_state_machine(machine))['stateMachineArn']
    begun = stepfunctions._start_execution({'stateMachineArn': arn, 'input': json.dumps(data or {})})
    return answered(begun)['executionArn']


def described(execution):
    return answered(stepfunctions._describe_execution({'executionArn': execution}))


def ended(execution):
    """Its description, when it has ended."""
    until = time.monotonic() + 20
    while (found := described(execution))['status'] == 'RUNNING':
        if time.monotonic() > until:
            raise TimeoutError(execution)
        time.sleep(0.02)
    return found
