"""
The part of JSONPath that filters of a transform job may use: names, indexes, slices and wildcards. Several names make an
object, several indexes a list, as in the implementation that AWS's page refers to. One thing goes further than that
implementation, as AWS says: what is not there is an error.
"""

import re

from .simulations import simulation

FILTERS = simulation(
    'sagemaker-transform-filters',
    'InputFilter and OutputFilter of a transform job: JSONPath of names, indexes, slices and wildcards; a CSV row is an '
    'array; what is not there is an error',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html',
    'test_sagemaker_transform_filters.Filters.test_operators_of_the_page',
)

_STEP = re.compile(r'\.?\[([^\]]*)\]|\.([\w$-]+|\*)')
_NAMES = re.compile(r"'([^']*)'")
_INDEX = re.compile(r'-?\d+')
_SLICE = re.compile(r'(-?\d+)?:(-?\d+)?')


class FilterError(ValueError):
    pass


def parsed(path):
    """The steps of a path, each a list of names, of indexes and slices, or None for a wildcard; or FilterError."""
    steps, at = [], 1
    if not path.startswith('$'):
        raise FilterError(f'{path!r} does not begin with $')
    while at < len(path):
        match = _STEP.match(path, at)
        if not match:
            raise FilterError(f'{path!r} is not a supported JSONPath at {path[at:]!r}')
        steps.append(_selectors(path, *match.groups()))
        at = match.end()
    return steps


def _selectors(path, bracket, name):
    if name:
        return None if name == '*' else [name]
    if bracket.strip() == '*':
        return None
    parts = [part.strip() for part in bracket.split(',')]
    if all(_NAMES.fullmatch(part) for part in parts):
        return [part[1:-1] for part in parts]
    if all(_INDEX.fullmatch(part) or _SLICE.fullmatch(part) for part in parts):
        return [int(part) if _INDEX.fullmatch(part) else _as_slice(part) for part in parts]
    raise FilterError(f'{path!r}: [{bracket}] is neither names, nor indexes and slices, nor *')


def _as_slice(part):
    return slice(*(int(bound) if bound else None for bound in _SLICE.fullmatch(part).groups()))


def applied(path, value):
    FILTERS.exercised()
    return _applied(parsed(path), value, path)


def _applied(steps, value, path):
    if not steps:
        return value
    selectors, rest = steps[0], steps[1:]
    if selectors is None:
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [_applied(rest, one, path) for one in values]
    if isinstance(selectors[0], str):
        return _named(selectors, rest, value, path)
    return _indexed(selectors, rest, value, path)


def _named(names, rest, value, path):
    if not isinstance(value, dict) or not value.keys() >= set(names):
        raise FilterError(f'{path!r} selects what is not there')
    if len(names) == 1:
        return _applied(rest, value[names[0]], path)
    return {name: _applied(rest, value[name], path) for name in names}


def _indexed(selectors, rest, value, path):
    if not isinstance(value, list):
        raise FilterError(f'{path!r} selects by index what is not an array')
    found = []
    for selector in selectors:
        if isinstance(selector, slice):
            found += value[selector]
        elif -len(value) <= selector < len(value):
            found.append(value[selector])
        else:
            raise FilterError(f'{path!r} selects what is not there')
    if len(selectors) == 1 and not isinstance(selectors[0], slice):
        return _applied(rest, found[0], path)
    return [_applied(rest, one, path) for one in found]
