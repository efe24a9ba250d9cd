"""The name of an error that a handler throws, which ministack replaces by one of its own: retries of a state machine go by it."""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from .simulations import simulation

ERROR_NAMES = simulation(
    'lambda-error-names',
    'A Node.js handler that throws answers with the name of the error as its errorType, by which a state machine chooses '
    'what to retry and what to catch',
    'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html',
    'test_lambda_errors.Names.test_state_machine_catches_it_by_its_name',
)

_MINISTACKS = 'Runtime.HandlerError'
_THROWN = {
    'error: String(err.message || err), trace:': 'name: String(err.name || "Error"), error: String(err.message || err), trace:',
    'error: e.message, trace: e.stack': 'name: String(e.name || "Error"), error: e.message, trace: e.stack',
}

# What the handler that this thread waits for has thrown.
_thrown = threading.local()


def install():
    for before, after in _THROWN.items():
        if lambda_runtime._NODEJS_WORKER_SCRIPT.count(before) != 1:
            raise RuntimeError(f'ministack no longer says {before!r}')
        lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(before, after)
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def noted(worker, *args, **kwargs):
        result = invoke(worker, *args, **kwargs)
        _thrown.name = result.get('name') if result.get('status') == 'error' else None
        return result

    def named(func, event, request_id):
        _thrown.name = None
        result = execute(func, event, request_id)
        if _thrown.name and result.get('error') and result['body'].get('errorType') == _MINISTACKS:
            ERROR_NAMES.exercised()
            result['body']['errorType'] = _thrown.name
        return result

    lambda_runtime.Worker.invoke = noted
    lambda_svc._execute_function_warm = named
