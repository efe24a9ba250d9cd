"""
Where this extension meets ministack's CloudFormation engine: resource types, the template of the operation that is
running, and the two things the engine does otherwise than AWS for an alias with an UpdatePolicy. Every use of the
engine's private names is in this file; they are why requirements.txt pins the version.
"""

import copy

from ministack.services import cloudformation as stacks_service
from ministack.services.cloudformation import engine, provisioners, stacks

from .simulations import simulation

UPDATE_POLICY = simulation(
    'cloudformation-update-policy',
    'A reference inside UpdatePolicy orders resources as one inside Properties does',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html',
    'test_codedeploy_alias.UpdatePolicyOrder.test_alias_comes_after_its_group_and_hooks',
)
FAILED_ALIAS = simulation(
    'cloudformation-failed-alias',
    'An alias whose own update failed is sent back to its previous properties when the stack rolls back',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html',
    'local-cloud-live.test.ts: a failing version is rolled back by its own alarm',
)

TYPE_CHANGE = simulation(
    'cloudformation-type-change',
    'An update that gives a logical id to a resource of another type is refused, and changes nothing',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-get-template.html',
    'local-cloud-stacks.test.ts: a logical id keeps its type',
)

ALIAS = 'AWS::Lambda::Alias'

# Types whose creation, update or deletion waits for scaled time: on a thread of their own, off the event loop.
_waiting = {ALIAS}


def register(resource_type, create, update, delete, waits=False):
    """
    `create(logical_id, props, stack) -> (physical_id, attributes)`, `update(physical_id, old, new, stack, logical_id)`
    of the same answer, `delete(physical_id, props)`. A ValueError fails the resource, and the stack rolls back.
    """
    if waits:
        _waiting.add(resource_type)
    provisioners._RESOURCE_HANDLERS[resource_type] = {
        'create': create,
        'update': update,
        'delete': delete,
        'update_with_logical_id': True,
    }


def before(resource_type, action, check):
    """Runs `check(props)` before ministack's own `create` or `update` of the type; a ValueError fails the resource."""
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    original = handler[action]

    def extended(*args):
        check(args[1] if action == 'create' else args[2])
        return original(*args)

    handler[action] = extended


def after(resource_type, action, then):
    """Runs `then(physical_id, props)` after ministack's own `create` or `update` of the type."""
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    original = handler[action]

    def extended(*args):
        answer = original(*args)
        then(answer[0], args[1] if action == 'create' else args[2])
        return answer

    handler[action] = extended


def physical_name(stack, logical_id, props, key, max_length):
    return props.get(key) or provisioners._physical_name(stack, logical_id, max_len=max_length)


def is_rolling_back(stack_name):
    return 'ROLLBACK' in stacks_service._stacks[stack_name].get('StackStatus', '')


def update_policy(stack_name, logical_id):
    """
    The resolved UpdatePolicy of a resource in the template that the running operation applies: the new one, or on the
    way back the previous one.
    """
    stack = stacks_service._stacks[stack_name]
    if is_rolling_back(stack_name):
        template = stack.get('_template') or {}
    else:
        template = engine._parse_template(stack.get('_template_body') or '{}')
    policy = (template.get('Resources', {}).get(logical_id) or {}).get('UpdatePolicy') or {}
    params = stack.get('_resolved_params') or {}
    return engine._resolve_refs(
        copy.deepcopy(policy),
        stack.get('_resources', {}),
        params,
        engine._evaluate_conditions(template, params),
        template.get('Mappings', {}),
        stack_name,
        stack['StackId'],
    )


def _changed_types(definitions, stack_name):
    """In the words that CloudFormation has for it, which users report."""
    present = (stacks_service._stacks.get(stack_name) or {}).get('_resources') or {}
    for logical_id, record in present.items():
        new = (definitions.get(logical_id) or {}).get('Type', record['ResourceType'])
        if new != record['ResourceType']:
            TYPE_CHANGE.exercised()
            reason = (
                'Update of resource type is not permitted. The new template modifies resource type of the following '
                f'resources: [{logical_id}]'
            )
            yield logical_id, new, 'PROPERTY_VALIDATION', f'/Resources/{logical_id}/Type', reason


def install():
    extract, blocks, sent_back = engine._extract_deps, stacks._runs_on_worker_thread, stacks._sends_back_failed_update
    faults = stacks._validation_errors

    def dependencies(definition, names):
        found = extract(definition, names)
        policy = {name for name, _ in engine._intrinsic_references(definition.get('UpdatePolicy', {})) if name in names}
        if policy - found:
            UPDATE_POLICY.exercised()
        return found | policy

    def sends_back(resource_type):
        if resource_type == ALIAS:
            FAILED_ALIAS.exercised()
            return True
        return sent_back(resource_type)

    def validation_errors(definitions, ordered, params, conditions, mappings, stack_name, *rest):
        found = faults(definitions, ordered, params, conditions, mappings, stack_name, *rest)
        return [*found, *_changed_types(definitions, stack_name)]

    engine._extract_deps = stacks._extract_deps = dependencies
    stacks._validation_errors = validation_errors
    stacks._sends_back_failed_update = sends_back
    # A shift takes minutes of scaled time and calls functions that call back: it must not hold up the event loop.
    stacks._runs_on_worker_thread = lambda resource_type: resource_type in _waiting or blocks(resource_type)
