import json
import os
import unittest
from unittest import mock

from ministack.services import cloudformation as stacks_service
from ministack.services import cloudwatch
from ministack.services.cloudformation import engine, stacks

from emulator import codedeploy_deployments
from in_process import update
from test_codedeploy_deployments import ROLLBACK, WithAlias


class AliasUpdates(WithAlias):
    """Updates of the alias as the engine asks for them, in a stack record like the engine's."""

    def setUp(self):
        super().setUp()
        self.policy = {'ApplicationName': {'Ref': 'App'}, 'DeploymentGroupName': 'group'}
        self.physical_id = 'arn:aws:lambda:us-east-1:000000000000:function:fn:live'

    def stack(self, status):
        template = {
            'Resources': {
                'Alias': {'Type': 'AWS::Lambda::Alias', 'UpdatePolicy': {'CodeDeployLambdaAliasUpdate': self.policy}}
            }
        }
        stacks_service._stacks['Stack'] = {
            'StackId': 'stack-id',
            'StackStatus': status,
            '_template': template,
            '_template_body': json.dumps(template),
            '_resources': {'App': {'PhysicalResourceId': 'app', 'ResourceType': 'AWS::CodeDeploy::Application'}},
            '_resolved_params': {},
        }

    def change(self, old, new, status='UPDATE_IN_PROGRESS', **more):
        self.stack(status)
        props = {'FunctionName': 'fn', 'Name': 'live'}
        return update(
            'AWS::Lambda::Alias',
            self.physical_id,
            {**props, 'FunctionVersion': old},
            {**props, 'FunctionVersion': new, **more},
            'Alias',
        )

    def deployments(self):
        return list(codedeploy_deployments.deployments.values())


class AliasUpdate(AliasUpdates):
    def test_a_new_version_is_a_deployment(self):
        self.group()
        answer = self.change(self.old, self.new, Description='changed')
        self.assertEqual(answer, (self.physical_id, {'AliasArn': self.physical_id}))
        self.assertEqual(self.live(), (self.new, None))
        self.assertEqual(
            [(one.creator, one.status, len(one.weights)) for one in self.deployments()],
            [('CloudFormation', 'Succeeded', 3)],
        )

    def test_other_changes_are_none(self):
        self.group()
        self.change(self.old, self.old, Description='changed')
        self.assertEqual(self.deployments(), [])

    def test_failed_deployment_fails_the_resource_with_its_reason(self):
        self.group(AlarmConfiguration=self.alarm(), AutoRollbackConfiguration=ROLLBACK)
        self.alarm_after(1)
        with self.assertRaises(ValueError) as failure:
            self.change(self.old, self.new)
        message = str(failure.exception)
        self.assertIn(f'CodeDeploy deployment {self.deployments()[0].id} of group group stopped: ALARM_ACTIVE', message)
        self.assertIn('Activated alarms: errors', message)
        self.assertEqual(self.live(), (self.old, None))

    def test_group_must_exist_and_be_free(self):
        with self.assertRaisesRegex(ValueError, 'has no deployment group group'):
            self.policy['DeploymentGroupName'] = 'group'
            from emulator import codedeploy_groups

            codedeploy_groups.groups.clear()
            self.change(self.old, self.new)
        group = self.group()
        codedeploy_deployments.Deployment(group, 'fn', 'live', self.new)  # never run: never over
        with self.assertRaisesRegex(ValueError, 'is busy with d-'):
            self.change(self.old, self.new)


class StackRollback(AliasUpdates):
    def roll_back(self, mode):
        with mock.patch.dict(os.environ, LOCAL_CLOUD_ROLLBACK=mode):
            return self.change(self.new, self.old, status='UPDATE_ROLLBACK_IN_PROGRESS')

    def test_direct_mode_sets_the_alias_at_once(self):
        self.group()
        self.change(self.old, self.new)
        self.roll_back('direct')
        self.assertEqual((self.live(), len(self.deployments())), ((self.old, None), 1))

    def test_direct_mode_clears_what_a_stopped_deployment_left(self):
        self.group(AlarmConfiguration=self.alarm())
        self.alarm_after(1)
        with self.assertRaises(ValueError):
            self.change(self.old, self.new)
        self.assertIsNotNone(self.live()[1])
        self.roll_back('direct')
        self.assertEqual(self.live(), (self.old, None))

    def test_deployment_mode_runs_hooks_and_steps_again(self):
        self.group()
        self.change(self.old, self.new)
        self.roll_back('deployment')
        back = self.deployments()[1]
        self.assertEqual((back.creator, self.live()), ('CloudFormationRollback', (self.old, None)))
        self.assertEqual([step['weights'].get(self.old, 0) for step in back.weights], [0, 0.1, 1])

    def test_deployment_mode_is_stopped_by_an_alarm_that_is_still_red(self):
        self.group(AlarmConfiguration=self.alarm('ALARM'))
        with self.assertRaisesRegex(ValueError, 'ALARM_ACTIVE'):
            self.roll_back('deployment')

    def test_other_modes_are_refused(self):
        with self.assertRaisesRegex(ValueError, 'direct or deployment'):
            self.roll_back('sideways')

    def test_the_failed_alias_itself_is_sent_back(self):
        self.assertTrue(stacks._sends_back_failed_update('AWS::Lambda::Alias'))
        self.assertFalse(stacks._sends_back_failed_update('AWS::Lambda::Function'))


class UpdatePolicyOrder(unittest.TestCase):
    def test_alias_comes_after_its_group_and_hooks(self):
        policy = {
            'CodeDeployLambdaAliasUpdate': {
                'ApplicationName': {'Ref': 'ZApp'},
                'BeforeAllowTrafficHook': {'Ref': 'ZHook'},
            }
        }
        resources = {'Alias': {'Type': 'AWS::Lambda::Alias', 'UpdatePolicy': policy}, 'ZApp': {}, 'ZHook': {}}
        self.assertEqual(engine._topological_sort(resources, {})[-1], 'Alias')
