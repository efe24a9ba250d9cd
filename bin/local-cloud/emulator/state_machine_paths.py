"""Fields of a Map or Task state that come from its input, which ministack reads past: they become those with values."""

from ministack.services import stepfunctions

from .simulations import simulation

PATHS = simulation(
    'step-functions-paths',
    'MaxConcurrencyPath, ToleratedFailurePercentagePath and ToleratedFailureCountPath of a Map state, and '
    'TimeoutSecondsPath of a task',
    'https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html',
    'test_state_machine_paths.Paths.test_concurrency_of_a_map',
)

_OF_MAP = ('MaxConcurrency', 'ToleratedFailurePercentage', 'ToleratedFailureCount')
_OF_TASK = ('TimeoutSeconds',)


def _resolving(execute, fields):
    def resolved(state, raw_input, execution, ctx):
        found = {}
        for field in fields:
            path = state.get(f'{field}Path')
            if path is not None:
                found[field] = _number(path, stepfunctions._apply_input_path(state, raw_input, ctx), ctx)
        if found:
            PATHS.exercised()
        return execute({**state, **found}, raw_input, execution, ctx)

    return resolved


def _number(path, effective, ctx):
    value = stepfunctions._resolve_path_or_ctx(path, effective, ctx)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise stepfunctions._ExecutionError('States.Runtime', f'{path} is no number: {value!r}')
    return value


def install():
    stepfunctions._execute_map = _resolving(stepfunctions._execute_map, _OF_MAP)
    stepfunctions._execute_task = _resolving(stepfunctions._execute_task, _OF_TASK)
