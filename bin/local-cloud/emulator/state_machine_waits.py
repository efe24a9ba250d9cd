"""Waits of state machines in scaled time: whoever waits a minute there waits for something that AWS counts in minutes."""

from ministack.services import stepfunctions

from . import scaled_time
from .simulations import simulation

WAITS = simulation(
    'step-functions-waits',
    'Wait states and the intervals between retries take scaled time',
    'https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html',
    'test_state_machine_waits.Waits.test_a_minute_is_a_scaled_minute',
)


def install():
    sleep = stepfunctions._scaled_sleep

    def counted(seconds):
        WAITS.exercised()
        return sleep(seconds)

    stepfunctions._SFN_WAIT_SCALE = scaled_time.real(1)
    stepfunctions._scaled_sleep = counted
