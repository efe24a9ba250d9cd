"""
Weighted aliases. ministack sends every invocation of an alias to its primary version; here each one draws a version by
the alias's weights, on every path that ends in a function: Invoke (synchronous and asynchronous), API Gateway, function
URLs, event sources, rules, state machines. What merely reads a function's configuration still sees the primary version.
"""

import contextvars
import random

from ministack.services import lambda_svc

from .simulations import simulation

WEIGHTS = simulation(
    'lambda-alias-weights',
    'An invocation of an alias goes to one of its versions by AdditionalVersionWeights; the answer names it',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html',
    'test_lambda_alias.WeightedAlias.test_synchronous_invocations_follow_the_weights',
)
ASYNC_CONFIG = simulation(
    'lambda-alias-async-config',
    'An asynchronous invocation of an alias is retried and given up by that alias\'s own EventInvokeConfig',
    'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html',
    'test_lambda_alias.WeightedAlias.test_asynchronous_invocation_keeps_to_the_aliass_own_retries',
)

# The alias that the running Invoke call named: ministack knows only the version it was given.
_invoked_alias = contextvars.ContextVar('invoked_alias', default=None)
_only_reading = contextvars.ContextVar('only_reading', default=False)


def weights(alias):
    """Extra versions and their share; empty when the alias is not weighted."""
    extra = (alias.get('RoutingConfig') or {}).get('AdditionalVersionWeights') or {}
    return {version: float(share) for version, share in extra.items()}


def draw(alias):
    drawn = random.random()
    for version, share in weights(alias).items():
        WEIGHTS.exercised()
        if drawn < share:
            return version
        drawn -= share
    return alias['FunctionVersion']


def base_function(config):
    """The record that versions belong to, with its aliases and its concurrency."""
    return lambda_svc._functions.get(config.get('FunctionName')) or {}


def qualifier(config):
    """The alias or version an execution was asked for; None for the bare function."""
    parts = config.get('FunctionArn', '').split(':')
    return parts[7] if len(parts) > 7 else None


def _under_alias(record):
    """The record with the ARN it was called by, as its context and its metrics must show it."""
    arn = _invoked_alias.get()
    config = record.get('config') or record
    # An invocation may itself invoke: the alias of the first says nothing about the second.
    if arn is None or arn.split(':')[6] != config.get('FunctionName'):
        return record
    return {**record, 'config': {**config, 'FunctionArn': arn}}


def install():
    resolve, invoke = lambda_svc._effective_func_record_for_qualifier, lambda_svc._invoke
    execute, retry = lambda_svc._execute_function_with_config_scope, lambda_svc.invoke_async_with_retry

    def resolve_version(func, wanted):
        alias = (func or {}).get('aliases', {}).get(wanted) if wanted else None
        if alias is None or _only_reading.get():
            return resolve(func, wanted)
        record, config = resolve(func, draw(alias))
        if record is None:
            return None, None
        config = {**config, 'FunctionArn': alias['AliasArn']}
        return {**record, 'config': config}, config

    async def invoke_version(name, event, headers, path_qualifier=None, query_params=None):
        wanted = path_qualifier or lambda_svc._qp_first(query_params or {}, 'Qualifier')
        alias = (lambda_svc._functions.get(name) or {}).get('aliases', {}).get(wanted)
        if alias is None:
            return await invoke(name, event, headers, path_qualifier, query_params)
        token = _invoked_alias.set(alias['AliasArn'])
        try:
            return await invoke(name, event, headers, draw(alias), query_params)
        finally:
            _invoked_alias.reset(token)

    def invoke_async(func, event):
        func = _under_alias(func)
        config = func.get('config') or func
        own = (base_function(config).get('event_invoke_configs') or {}).get(qualifier(config))
        if own:
            ASYNC_CONFIG.exercised()
            func = {**func, 'event_invoke_config': own}
        return retry(func, event)

    def reading(original):
        def read(*args, **kwargs):
            token = _only_reading.set(True)
            try:
                return original(*args, **kwargs)
            finally:
                _only_reading.reset(token)

        return read

    lambda_svc._effective_func_record_for_qualifier = resolve_version
    lambda_svc._invoke = invoke_version
    lambda_svc._execute_function_with_config_scope = lambda func, event: execute(_under_alias(func), event)
    lambda_svc.invoke_async_with_retry = invoke_async
    lambda_svc._get_function = reading(lambda_svc._get_function)
    lambda_svc._get_function_config = reading(lambda_svc._get_function_config)
