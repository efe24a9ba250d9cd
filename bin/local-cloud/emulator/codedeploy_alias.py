"""
CloudFormation hands the change of an alias's version to CodeDeploy when the alias has the UpdatePolicy
CodeDeployLambdaAliasUpdate, and the alias's update ends as the deployment does.

AWS does not say what CloudFormation does with such an alias when a stack rolls back: set it back itself, or have
CodeDeploy deploy the previous version with hooks, steps and alarms. LOCAL_CLOUD_ROLLBACK=direct|deployment plays
either.
"""

import os

from ministack.services.cloudformation import provisioners

from . import cloudformation, codedeploy_deployments, codedeploy_groups
from .simulations import simulation

ALIAS_UPDATE = simulation(
    'cloudformation-codedeploy-alias',
    'A new version of an alias with CodeDeployLambdaAliasUpdate is a CodeDeploy deployment; if that does not succeed, '
    'the resource fails with the deployment and its reason, and the stack rolls back',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html',
    'test_codedeploy_alias.AliasUpdate.test_failed_deployment_fails_the_resource_with_its_reason',
)
ALIAS_ROLLBACK = simulation(
    'cloudformation-codedeploy-alias-rollback',
    'On stack rollback the alias is set back at once, or by a deployment of its own (LOCAL_CLOUD_ROLLBACK); '
    'AWS does not document which',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html',
    'test_codedeploy_alias.StackRollback.test_deployment_mode_runs_hooks_and_steps_again',
)


def rollback_mode():
    mode = os.environ.get('LOCAL_CLOUD_ROLLBACK') or 'direct'
    if mode not in ('direct', 'deployment'):
        raise ValueError(f'LOCAL_CLOUD_ROLLBACK must be direct or deployment, not {mode}')
    return mode


def _deploy(policy, function, alias, target, creator):
    application, name = policy['ApplicationName'], policy['DeploymentGroupName']
    group = codedeploy_groups.groups.get((application, name))
    if not group:
        raise ValueError(f'CreateDeployment: application {application} has no deployment group {name}')
    busy = [one.id for one in codedeploy_deployments.of_group(application, name) if not one.is_over()]
    if busy:
        raise ValueError(f'CreateDeployment: the deployment group {name} is busy with {busy[0]}')
    hooks = {event: policy.get(f'{event}Hook') for event in ('BeforeAllowTraffic', 'AfterAllowTraffic')}
    deployment = codedeploy_deployments.Deployment(group, function, alias, target, hooks, creator).run()
    if deployment.status != 'Succeeded':
        raise ValueError(
            f"CodeDeploy deployment {deployment.id} of group {name} {deployment.status.lower()}: "
            f"{deployment.error['code']}: {deployment.error['message']}"
        )


def _updater(original):
    def update(physical_id, old, new, stack, logical_id=None):
        policy = cloudformation.update_policy(stack, logical_id).get('CodeDeployLambdaAliasUpdate')
        identity = ('FunctionName', 'Name')
        if not policy or any(old.get(key) != new.get(key) for key in identity):
            return original(physical_id, old, new, stack, logical_id)
        function, name = physical_id.split(':')[6:8]
        alias = provisioners._lambda_svc._functions[function]['aliases'][name]
        target, rolling_back = str(new['FunctionVersion']), cloudformation.is_rolling_back(stack)
        if old.get('FunctionVersion') == new.get('FunctionVersion'):
            return original(physical_id, old, new, stack, logical_id)
        if rolling_back:
            ALIAS_ROLLBACK.exercised()
            if rollback_mode() == 'direct':
                return original(physical_id, old, {'RoutingConfig': None, **new}, stack, logical_id)
        # All but the version, CloudFormation changes itself, before the first step: provisioned concurrency cannot be
        # set on an alias that has weights.
        rest = {**new, 'FunctionVersion': alias['FunctionVersion']}
        if rest != {**old, 'FunctionVersion': alias['FunctionVersion']}:
            original(physical_id, old, rest, stack, logical_id)
        ALIAS_UPDATE.exercised()
        _deploy(policy, function, name, target, 'CloudFormationRollback' if rolling_back else 'CloudFormation')
        return physical_id, {'AliasArn': physical_id}

    return update


def install():
    handler = provisioners._RESOURCE_HANDLERS[cloudformation.ALIAS]
    handler['update'] = _updater(handler['update'])
