"""What ministack's AWS::Lambda::Function drops from a template."""

from ministack.services import lambda_svc

from . import cloudformation, lambda_alias
from .simulations import simulation

RESERVED = simulation(
    'lambda-reserved-concurrency',
    'ReservedConcurrentExecutions of a template takes effect, for all versions and aliases of the function together',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
    'test_lambda_functions.FromTheTemplate.test_reserved_concurrency_throttles_an_alias',
)
DEAD_LETTERS = simulation(
    'lambda-dead-letter-queue',
    'DeadLetterConfig of a template takes effect: an event given up after its retries goes to the queue or topic',
    'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html',
    'test_lambda_functions.FromTheTemplate.test_dead_letter_queue_gets_the_event',
)


def _apply(name, props):
    function = lambda_svc._functions[name]
    reserved = props.get('ReservedConcurrentExecutions')
    function['concurrency'] = None if reserved is None else int(reserved)
    if props.get('DeadLetterConfig'):
        DEAD_LETTERS.exercised()
        function['config']['DeadLetterConfig'] = props['DeadLetterConfig']
    else:
        function['config'].pop('DeadLetterConfig', None)


def _reserved_concurrency(func, config):
    # ministack looks at the record it executes, and a version's record has none.
    reserved = lambda_alias.base_function(config).get('concurrency')
    if reserved is not None:
        RESERVED.exercised()
    return reserved


def install():
    cloudformation.after('AWS::Lambda::Function', 'create', _apply)
    cloudformation.after('AWS::Lambda::Function', 'update', _apply)
    lambda_svc._reserved_concurrency = _reserved_concurrency
