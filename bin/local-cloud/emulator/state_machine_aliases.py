"""
Versions and aliases of state machines as resources of a stack: ministack has the API, and not the resources.
"""

import json

from ministack.services import stepfunctions

from . import cloudformation
from .simulations import simulation

RESOURCES = simulation(
    'step-functions-aliases',
    'AWS::StepFunctions::StateMachineVersion publishes a version of the revision that it names, and StateMachineAlias leads to '
    'versions by weight; requests are those of the API',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachineversion.html',
    'test_state_machine_aliases.Aliases.test_alias_leads_to_the_version',
)
VERSION = 'AWS::StepFunctions::StateMachineVersion'
ALIAS = 'AWS::StepFunctions::StateMachineAlias'


def _answer(response):
    status, _, body = response
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f"{answer.get('__type')}: {answer.get('message')}")
    return answer


def _create_version(logical_id, props, stack):
    RESOURCES.exercised()
    request = {'stateMachineArn': props['StateMachineArn'], 'description': props.get('Description', '')}
    if props.get('StateMachineRevisionId'):
        request['revisionId'] = props['StateMachineRevisionId']
    arn = _answer(stepfunctions._publish_state_machine_version(request))['stateMachineVersionArn']
    return arn, {'Arn': arn}


def _update_version(physical_id, old, new, stack, logical_id):
    """Every property is one that replaces: what was there stays, as it is retained or cleaned up by the engine."""
    return (physical_id, {'Arn': physical_id}) if old == new else _create_version(logical_id, new, stack)


def _delete_version(physical_id, props):
    _answer(stepfunctions._delete_state_machine_version({'stateMachineVersionArn': physical_id}))


def _routing(props):
    preference = props.get('DeploymentPreference')
    if preference:
        raise ValueError('DeploymentPreference is not simulated: give a RoutingConfiguration')
    return [
        {'stateMachineVersionArn': entry['StateMachineVersionArn'], 'weight': int(entry['Weight'])}
        for entry in props.get('RoutingConfiguration') or []
    ]


def _create_alias(logical_id, props, stack):
    RESOURCES.exercised()
    name = cloudformation.physical_name(stack, logical_id, props, 'Name', 80)
    request = {'name': name, 'description': props.get('Description', ''), 'routingConfiguration': _routing(props)}
    arn = _answer(stepfunctions._create_state_machine_alias(request))['stateMachineAliasArn']
    return arn, {'Arn': arn}


def _update_alias(physical_id, old, new, stack, logical_id):
    RESOURCES.exercised()
    _answer(
        stepfunctions._update_state_machine_alias(
            {
                'stateMachineAliasArn': physical_id,
                'description': new.get('Description', ''),
                'routingConfiguration': _routing(new),
            }
        )
    )
    return physical_id, {'Arn': physical_id}


def _delete_alias(physical_id, props):
    _answer(stepfunctions._delete_state_machine_alias({'stateMachineAliasArn': physical_id}))


def install():
    cloudformation.register(VERSION, _create_version, _update_version, _delete_version)
    cloudformation.register(ALIAS, _create_alias, _update_alias, _delete_alias)
