"""
Why a body does not fit a model, in API Gateway's words: the text behind $context.error.validationErrorString. Draft 4
validation is the jsonschema library's; only the wording is ours, and only for the keywords whose wording is known.
"""

import json

from jsonschema import Draft4Validator

from .simulations import simulation

VALIDATION_ERRORS = simulation(
    'apigateway-validation-errors',
    '$context.error.validationErrorString of a refused body; the wording follows AWS\'s where that is known',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html',
    'test_request_validation.Wording.test_missing_required_property',
)


def errors(schema, document):
    """`[first, second]`, or None when the library finds nothing wrong."""
    found = list(Draft4Validator(schema).iter_errors(document))
    if not found:
        return None
    VALIDATION_ERRORS.exercised()
    missing = _missing(found)
    rest = [_in_words(error) for error in found if error.validator != 'required']
    return f"[{', '.join(missing + rest)}]"


def _missing(found):
    """The library reports each missing property by itself, AWS all those of an object together."""
    by_object = {}
    for error in found:
        if error.validator == 'required':
            name = next(
                name for name in error.validator_value if name not in error.instance and repr(name) in error.message
            )
            by_object.setdefault(tuple(error.absolute_path), []).append(name)
    return [f'object has missing required properties ({_listed(names)})' for names in by_object.values()]


def _listed(values):
    return _compact(sorted(values))


def _compact(value):
    return json.dumps(value, separators=(',', ':'))


def _in_words(error):
    bound, value = error.validator_value, error.instance
    if error.validator == 'type':
        allowed = bound if isinstance(bound, list) else [bound]
        # AWS says "number" as "integer or number".
        allowed = set(allowed) | ({'integer'} if 'number' in allowed else set())
        return f'instance type ({_type(value)}) does not match any allowed primitive type (allowed: {_listed(allowed)})'
    if error.validator == 'additionalProperties':
        extra = set(value) - set(error.schema.get('properties', {}))
        return f'object instance has properties which are not allowed by the schema: {_listed(extra)}'
    if error.validator == 'enum':
        return f'instance value ({json.dumps(value)}) not found in enum (possible values: {_compact(bound)})'
    if error.validator == 'minItems':
        return f'array is too short: must have at least {bound} elements but instance has {len(value)} elements'
    if error.validator == 'maxItems':
        return f'array is too long: must have at most {bound} elements but instance has {len(value)} elements'
    if error.validator == 'minimum':
        return f'numeric instance is lower than the required minimum (minimum: {bound}, found: {value})'
    if error.validator == 'maximum':
        return f'numeric instance is greater than the required maximum (maximum: {bound}, found: {value})'
    return error.message


def _type(value):
    if isinstance(value, bool):
        return 'boolean'
    names = {dict: 'object', list: 'array', str: 'string', int: 'integer', float: 'number', type(None): 'null'}
    return names[type(value)]
