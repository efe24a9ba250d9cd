"""
Functions that live in scaled time: the controller of a rollout counts minutes, and reads the counts of minutes by the
clock on its wall.
"""

import contextlib
from pathlib import Path

from ministack.core import lambda_runtime

from .simulations import simulation

CLOCK = simulation(
    'lambda-scaled-clock',
    'The controller of a staged rollout (a Node.js function with ROLLOUT_TARGET in its environment) reads a clock on which its '
    'minutes are as short as those of metrics; the time that an invocation has left is real',
    'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html',
    'test_scaled_functions.Clock.test_a_minute_of_the_controller_is_a_minute_of_metrics',
)

MARK = 'ROLLOUT_TARGET'
PRELOAD = Path(__file__).resolve().parent.parent / 'scaled-clock.js'

# What is left of a time-out is real time, whatever the clock shows.
_REAL = {
    'const _msDeadline = Date.now() +': 'const _msDeadline = performance.now() +',
    '_msDeadline - Date.now())': '_msDeadline - performance.now())',
}


@contextlib.contextmanager
def _with_clock(worker):
    config = worker.config
    variables = (config.get('Environment') or {}).get('Variables') or {}
    if MARK not in variables or not config.get('Runtime', '').startswith('nodejs'):
        yield
        return
    CLOCK.exercised()
    options = ' '.join(filter(None, [variables.get('NODE_OPTIONS'), f'--require "{PRELOAD}"']))
    worker.config = {**config, 'Environment': {'Variables': {**variables, 'NODE_OPTIONS': options}}}
    try:
        yield
    finally:
        worker.config = config


def install():
    for before, after in _REAL.items():
        if lambda_runtime._NODEJS_WORKER_SCRIPT.count(before) != 1:
            raise RuntimeError(f'ministack no longer says {before!r}')
        lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(before, after)
    spawn = lambda_runtime.Worker._spawn

    def spawn_with_clock(worker):
        with _with_clock(worker):
            return spawn(worker)

    lambda_runtime.Worker._spawn = spawn_with_clock
