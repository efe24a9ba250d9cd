"""
CodeDeploy's applications, deployment groups and deployment configurations, as CloudFormation makes them: requests
checked against the API's model and CodeDeploy's limits, and recorded under real-looking names.
"""

import hashlib
import json
import time

from ministack.core.responses import AccountRegionScopedDict, new_uuid

from . import api_models, cloudformation
from .simulations import simulation

GROUPS = simulation(
    'codedeploy-resources',
    'AWS::CodeDeploy::Application, DeploymentGroup and DeploymentConfig for Lambda: requests and limits checked, '
    'recorded',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html',
    'test_codedeploy_groups.Resources.test_group_needs_its_application_and_config',
)
CONFIGS = simulation(
    'codedeploy-traffic-configs',
    'Predefined and custom canary and linear configurations give the steps of a shift',
    'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html',
    'test_codedeploy_groups.Steps.test_predefined_configurations',
)

applications = AccountRegionScopedDict()
groups = AccountRegionScopedDict()
configs = AccountRegionScopedDict()

# The console says 50 alarms, the API reference 10: the smaller one is safe.
MAX_ALARMS = 10
MAX_SHIFT_MINUTES = 2880

_CANARY_MINUTES = (5, 10, 15, 30)
_LINEAR_MINUTES = (1, 2, 3, 10)
_PREDEFINED = {
    'CodeDeployDefault.LambdaAllAtOnce': {'type': 'AllAtOnce'},
    **{
        f'CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes': {
            'type': 'TimeBasedCanary',
            'timeBasedCanary': {'canaryPercentage': 10, 'canaryInterval': minutes},
        }
        for minutes in _CANARY_MINUTES
    },
    **{
        f"CodeDeployDefault.LambdaLinear10PercentEvery{minutes}Minute{'s' if minutes > 1 else ''}": {
            'type': 'TimeBasedLinear',
            'timeBasedLinear': {'linearPercentage': 10, 'linearInterval': minutes},
        }
        for minutes in _LINEAR_MINUTES
    },
}


def config(name):
    """The recorded or predefined configuration of that name, or None."""
    if name in _PREDEFINED:
        return {'deploymentConfigName': name, 'computePlatform': 'Lambda', 'trafficRoutingConfig': _PREDEFINED[name]}
    return configs.get(name)


def steps(name):
    """Partial steps of a shift as [(percent on the new version, minutes to stay there)]; 100 % follows the last."""
    CONFIGS.exercised()
    routing = config(name)['trafficRoutingConfig']
    if routing['type'] == 'TimeBasedCanary':
        canary = routing['timeBasedCanary']
        return [(canary['canaryPercentage'], canary['canaryInterval'])]
    if routing['type'] == 'TimeBasedLinear':
        linear = routing['timeBasedLinear']
        return [
            (percent, linear['linearInterval'])
            for percent in range(linear['linearPercentage'], 100, linear['linearPercentage'])
        ]
    return []


def put_application(name, props):
    GROUPS.exercised()
    params = {key: value for key, value in api_models.camel_case(props).items() if key != 'tags'}
    params = api_models.checked('codedeploy', 'CreateApplication', {**params, 'applicationName': name})
    if params.get('computePlatform') != 'Lambda':
        raise ValueError('CreateApplication: only the compute platform Lambda is simulated')
    applications[name] = {'applicationId': new_uuid(), 'createTime': time.time(), **params}
    return name, {'ApplicationName': name}


def put_config(name, props):
    GROUPS.exercised()
    params = api_models.checked(
        'codedeploy', 'CreateDeploymentConfig', {**api_models.camel_case(props), 'deploymentConfigName': name}
    )
    if params.get('computePlatform') != 'Lambda':
        raise ValueError('CreateDeploymentConfig: only the compute platform Lambda is simulated')
    routing = params.get('trafficRoutingConfig') or {'type': 'AllAtOnce'}
    _check_routing(routing)
    configs[name] = {
        'deploymentConfigId': new_uuid(),
        'createTime': time.time(),
        **params,
        'trafficRoutingConfig': routing,
    }
    minutes = sum(stay for _, stay in steps(name))
    if minutes > MAX_SHIFT_MINUTES:
        configs.pop(name)
        raise ValueError(
            f'CreateDeploymentConfig: {minutes} minutes from the first shift to the last are over {MAX_SHIFT_MINUTES}'
        )
    return name, {'DeploymentConfigName': name}


def _check_routing(routing):
    for kind, percent, interval in (
        ('TimeBasedCanary', 'canaryPercentage', 'canaryInterval'),
        ('TimeBasedLinear', 'linearPercentage', 'linearInterval'),
    ):
        if routing['type'] == kind:
            detail = routing.get(kind[0].lower() + kind[1:])
            if not detail or not {percent, interval} <= detail.keys():
                raise ValueError(f'CreateDeploymentConfig: {kind} needs {percent} and {interval}')
            if not 1 <= detail[percent] <= 99:
                raise ValueError(f'CreateDeploymentConfig: {percent} must be 1 to 99')
            if detail[interval] < 1:
                raise ValueError(f'CreateDeploymentConfig: {interval} must be 1 minute or more')


def put_group(name, props):
    GROUPS.exercised()
    params = {key: value for key, value in api_models.camel_case(props).items() if key != 'tags'}
    params = api_models.checked('codedeploy', 'CreateDeploymentGroup', {**params, 'deploymentGroupName': name})
    application = params['applicationName']
    if application not in applications:
        raise ValueError(f'CreateDeploymentGroup: no application {application}')
    params.setdefault('deploymentConfigName', 'CodeDeployDefault.LambdaAllAtOnce')
    if config(params['deploymentConfigName']) is None:
        raise ValueError(f"CreateDeploymentGroup: no deployment configuration {params['deploymentConfigName']}")
    style = params.get('deploymentStyle')
    if style != {'deploymentType': 'BLUE_GREEN', 'deploymentOption': 'WITH_TRAFFIC_CONTROL'}:
        raise ValueError('CreateDeploymentGroup: a Lambda group needs DeploymentStyle BLUE_GREEN, WITH_TRAFFIC_CONTROL')
    alarms = (params.get('alarmConfiguration') or {}).get('alarms') or []
    if len(alarms) > MAX_ALARMS:
        raise ValueError(f'CreateDeploymentGroup: {len(alarms)} alarms are over {MAX_ALARMS}')
    rollback = params.get('autoRollbackConfiguration') or {}
    if rollback.get('enabled') and not rollback.get('events'):
        raise ValueError('CreateDeploymentGroup: AutoRollbackConfiguration is enabled without events')
    groups[(application, name)] = {'deploymentGroupId': new_uuid(), 'computePlatform': 'Lambda', **params}
    return name, {}


def _named(put, key, max_length):
    """create and update of a type whose name is the template's or made up, and made anew when the name changes."""

    def create(logical_id, props, stack):
        return put(cloudformation.physical_name(stack, logical_id, props, key, max_length), props)

    def update(physical_id, old, new, stack, logical_id):
        return put(cloudformation.physical_name(stack, logical_id, new, key, max_length), new)

    return {'create': create, 'update': update}


def _config_name(stack, logical_id, props):
    # Every property of a configuration replaces it, so a changed one needs another name.
    digest = hashlib.sha256(json.dumps(props, sort_keys=True).encode()).hexdigest()[:12].upper()
    return props.get('DeploymentConfigName') or f'{stack}-{logical_id}'[:87] + f'-{digest}'


def install():
    cloudformation.register(
        'AWS::CodeDeploy::Application',
        **_named(put_application, 'ApplicationName', 100),
        delete=lambda name, props: applications.pop(name, None),
    )
    cloudformation.register(
        'AWS::CodeDeploy::DeploymentGroup',
        **_named(put_group, 'DeploymentGroupName', 100),
        delete=lambda name, props: groups.pop((props['ApplicationName'], name), None),
    )
    cloudformation.register(
        'AWS::CodeDeploy::DeploymentConfig',
        create=lambda logical_id, props, stack: put_config(_config_name(stack, logical_id, props), props),
        update=lambda physical_id, old, new, stack, logical_id: put_config(_config_name(stack, logical_id, new), new),
        delete=lambda name, props: configs.pop(name, None),
    )
