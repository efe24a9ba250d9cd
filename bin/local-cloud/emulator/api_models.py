"""
Checks what a template says against AWS's own description of its API, as botocore ships it: required members, types,
ranges, and the values of enumerations. CloudFormation sends these requests for the template's author; what it would be
refused is refused here with the operation's name.
"""

import functools
import re

import botocore.session
import botocore.validate


@functools.lru_cache(maxsize=None)
def service_model(service):
    return botocore.session.get_session().get_service_model(service)


def checked(service, operation, params):
    """`params` with text coerced to the model's types (as CloudFormation does), or ValueError naming every problem."""
    shape = service_model(service).operation_model(operation).input_shape
    params = _coerced(shape, params)
    report = botocore.validate.ParamValidator().validate(params, shape)
    problems = [report.generate_report()] if report.has_errors() else []
    problems += _unknown_values(shape, params, operation)
    if problems:
        raise ValueError(f'{operation}: ' + '; '.join(problems))
    return params


def over_limits(service, operation, params):
    """
    What botocore leaves to the service: maxima, and patterns of names. Only asked for where the model is the service's
    own truth; some models are stricter than their services.
    """
    return _over_limits(service_model(service).operation_model(operation).input_shape, params, operation)


def _over_limits(shape, value, path):
    if shape.type_name == 'structure' and isinstance(value, dict):
        return [
            problem
            for key, item in value.items()
            if key in shape.members
            for problem in _over_limits(shape.members[key], item, f'{path}.{key}')
        ]
    problems, largest = [], shape.metadata.get('max')
    size = value if shape.type_name in ('integer', 'long', 'float', 'double') else len(value) if largest else 0
    if largest is not None and size > largest:
        problems.append(f'{path}: {size} is over {largest}')
    if shape.type_name == 'list':
        return problems + [
            problem for i, item in enumerate(value) for problem in _over_limits(shape.member, item, f'{path}[{i}]')
        ]
    if shape.type_name == 'map':
        return problems + [
            problem
            for key, item in value.items()
            for problem in [*_over_limits(shape.key, key, path), *_over_limits(shape.value, item, f'{path}.{key}')]
        ]
    pattern = shape.metadata.get('pattern')
    # The classes of Java's expressions that Python's do not have guard no names.
    if pattern and '\\p' not in pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
        problems.append(f'{path}: {value!r} does not match {pattern}')
    return problems


def camel_case(value):
    """CloudFormation's `DeploymentGroupName` as the APIs with JSON members of lower case have it."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel_case(item) for key, item in value.items()}
    return [camel_case(item) for item in value] if isinstance(value, list) else value


def _coerced(shape, value):
    if shape.type_name == 'structure' and isinstance(value, dict):
        return {
            key: _coerced(shape.members[key], item) if key in shape.members else item for key, item in value.items()
        }
    if shape.type_name == 'list' and isinstance(value, list):
        return [_coerced(shape.member, item) for item in value]
    if shape.type_name == 'boolean' and value in ('true', 'false'):
        return value == 'true'
    try:
        if shape.type_name in ('integer', 'long') and isinstance(value, str):
            return int(value)
        if shape.type_name in ('float', 'double') and isinstance(value, str):
            return float(value)
    except ValueError:
        pass  # the validator says what is wrong with it
    return value


def _unknown_values(shape, value, path):
    """botocore does not look at enumerations; AWS does."""
    if shape.type_name == 'structure' and isinstance(value, dict):
        unknown = [f'{path}: unknown member {key}' for key in value if key not in shape.members]
        return unknown + [
            problem
            for key, item in value.items()
            if key in shape.members
            for problem in _unknown_values(shape.members[key], item, f'{path}.{key}')
        ]
    if shape.type_name == 'list' and isinstance(value, list):
        return [
            problem for i, item in enumerate(value) for problem in _unknown_values(shape.member, item, f'{path}[{i}]')
        ]
    values = getattr(shape, 'enum', None)
    if values and value not in values:
        return [f'{path}: {value!r} is none of {", ".join(values)}']
    return []
