"""
The metrics that Lambda publishes for each invocation, under every dimension set that it publishes, on every path.
ministack has the function's name only, and only for Invoke.
"""

import threading
import time

from ministack.core import lambda_runtime
from ministack.services import cloudwatch, lambda_svc

from . import lambda_alias
from .simulations import simulation

METRICS = simulation(
    'lambda-metrics',
    'Invocations, Errors, Throttles, Duration and ConcurrentExecutions by FunctionName; by FunctionName and Resource '
    '(function, function:version or function:alias); and, while an alias has weights, by ExecutedVersion as well',
    'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
    'test_lambda_metrics.Dimensions.test_weighted_alias',
)

DURATION = simulation(
    'lambda-duration-without-init',
    'Duration is the time of the handler alone: starting a worker and loading the code, which AWS reports as Init '
    'Duration, is not in it',
    'https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html',
    'test_lambda_metrics.Values.test_duration_does_not_hold_the_start_of_the_environment',
)

# Seconds that the invocation in this thread has waited for a worker to start.
_starting = threading.local()


def dimension_sets(config):
    """
    `ExecutedVersion` "compares two versions that are both targets of a weighted alias": outside a shift there are no
    two, and an alarm that counts on it would see nothing.
    """
    name, qualifier = config['FunctionName'], lambda_alias.qualifier(config)
    resource = f'{name}:{qualifier}' if qualifier else name
    sets = [{'FunctionName': name}, {'FunctionName': name, 'Resource': resource}]
    alias = (lambda_alias.base_function(config).get('aliases') or {}).get(qualifier)
    if alias and lambda_alias.weights(alias):
        sets.append({**sets[1], 'ExecutedVersion': config.get('Version', '$LATEST')})
    return sets


def record(dimensions, **values):
    METRICS.exercised()
    for name, value in values.items():
        unit = 'Milliseconds' if name == 'Duration' else 'Count'
        for dims in dimensions:
            cloudwatch.record_metric('AWS/Lambda', name, value, unit, dims)


def install():
    dispatch, acquire = lambda_svc._execute_function_dispatch, lambda_svc._acquire_execution_slot
    spawn = lambda_runtime.Worker._spawn

    def timed_spawn(worker):
        begun = time.perf_counter()
        try:
            return spawn(worker)
        finally:
            DURATION.exercised()
            _starting.seconds = time.perf_counter() - begun

    def measured(func, config, event, request_id, started):
        # Before the call: a shift may end while the function runs.
        dimensions = dimension_sets(config)
        in_flight = lambda_svc.executions_in_flight()[1].get(lambda_svc._inflight_key(config), 1)
        begun, _starting.seconds = time.perf_counter(), 0
        result = dispatch(func, config, event, request_id, started)
        if result.get('throttle'):
            record(dimensions, Throttles=1)
        else:
            record(
                dimensions,
                Invocations=1,
                Errors=1 if result.get('error') else 0,
                Throttles=0,
                Duration=(time.perf_counter() - begun - _starting.seconds) * 1000,
                ConcurrentExecutions=in_flight,
            )
        return result

    def acquire_counted(func, config):
        slot, limit = acquire(func, config)
        if slot is None:
            # A throttled request is neither an invocation nor an error.
            record(dimension_sets(config), Throttles=1)
        return slot, limit

    lambda_runtime.Worker._spawn = timed_spawn
    lambda_svc._execute_function_dispatch = measured
    lambda_svc._acquire_execution_slot = acquire_counted
    lambda_svc._emit_lambda_metrics = lambda *args, **kwargs: None
