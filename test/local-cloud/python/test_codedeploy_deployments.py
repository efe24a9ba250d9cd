import threading
import time

from ministack.services import cloudwatch, lambda_svc

from emulator import codedeploy_deployments, codedeploy_groups, scaled_time
from emulator.codedeploy_deployments import Deployment
from in_process import InProcess, alias, create, function, publish
from test_codedeploy_groups import GROUP

ROLLBACK = {'Enabled': True, 'Events': ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST']}


class WithAlias(InProcess):
    """The alias `live` of `fn` on version 1, and a version 2."""

    def setUp(self):
        super().setUp()
        codedeploy_deployments.deployments.clear()
        function('fn')
        self.old, self.new = publish('fn'), publish('fn')
        alias('fn', self.old)
        create('AWS::CodeDeploy::Application', {'ApplicationName': 'app', 'ComputePlatform': 'Lambda'})

    def group(self, config='CodeDeployDefault.LambdaCanary10Percent5Minutes', **props):
        create('AWS::CodeDeploy::DeploymentGroup', {**GROUP, 'DeploymentConfigName': config, **props})
        return codedeploy_groups.groups[('app', 'group')]

    def deploy(self, group, **kwargs):
        return Deployment(group, 'fn', 'live', self.new, **kwargs).run()

    def live(self):
        record = lambda_svc._functions['fn']['aliases']['live']
        return record['FunctionVersion'], record.get('RoutingConfig')

    def alarm(self, state='OK'):
        cloudwatch._alarms['errors'] = {'AlarmName': 'errors', 'StateValue': state}
        return {'Enabled': True, 'Alarms': [{'Name': 'errors'}]}

    def alarm_after(self, minutes):
        threading.Timer(
            scaled_time.minute() * minutes, lambda: cloudwatch._alarms['errors'].update(StateValue='ALARM')
        ).start()


class Shift(WithAlias):
    def shares(self, deployment):
        return [step['weights'].get(self.new, 0) for step in deployment.weights]

    def test_canary_bakes_and_then_all(self):
        deployment = self.deploy(self.group())
        self.assertEqual((deployment.status, self.live()), ('Succeeded', (self.new, None)))
        self.assertEqual(self.shares(deployment), [0, 0.1, 1])
        baked = deployment.weights[2]['at'] - deployment.weights[1]['at']
        self.assertAlmostEqual(baked, 5 * scaled_time.minute(), delta=0.2)

    def test_linear_steps_then_all(self):
        deployment = self.deploy(self.group('CodeDeployDefault.LambdaLinear10PercentEvery1Minute'))
        self.assertEqual(self.shares(deployment), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])

    def test_all_at_once(self):
        self.assertEqual(self.shares(self.deploy(self.group('CodeDeployDefault.LambdaAllAtOnce'))), [0, 1])

    def test_the_weights_are_the_aliass_own(self):
        deployment = Deployment(self.group(), 'fn', 'live', self.new)
        run = threading.Thread(target=deployment.run)
        run.start()
        time.sleep(scaled_time.minute() * 2)
        self.assertEqual(self.live(), (self.old, {'AdditionalVersionWeights': {self.new: 0.1}}))
        run.join()


class Alarms(WithAlias):
    def test_alarm_during_the_canary_stops_and_rolls_back(self):
        group = self.group(AlarmConfiguration=self.alarm(), AutoRollbackConfiguration=ROLLBACK)
        self.alarm_after(2)
        deployment = self.deploy(group)
        self.assertEqual((deployment.status, deployment.error['code']), ('Stopped', 'ALARM_ACTIVE'))
        self.assertIn('Activated alarms: errors', deployment.error['message'])
        self.assertEqual(self.live(), (self.old, None))
        back = codedeploy_deployments.deployments[deployment.rolled_back_by]
        self.assertEqual(
            (back.creator, back.rollback_of, back.status), ('codeDeployRollback', deployment.id, 'Succeeded')
        )

    def test_alarm_before_the_start_shifts_nothing(self):
        deployment = self.deploy(self.group(AlarmConfiguration=self.alarm('ALARM'), AutoRollbackConfiguration=ROLLBACK))
        self.assertEqual((deployment.status, len(deployment.weights)), ('Stopped', 1))
        self.assertEqual(deployment.events, [])

    def test_without_the_event_the_weights_stay(self):
        events = {'Enabled': True, 'Events': ['DEPLOYMENT_FAILURE']}
        group = self.group(AlarmConfiguration=self.alarm(), AutoRollbackConfiguration=events)
        self.alarm_after(2)
        deployment = self.deploy(group)
        self.assertEqual((deployment.status, deployment.rolled_back_by), ('Stopped', None))
        self.assertEqual(self.live(), (self.old, {'AdditionalVersionWeights': {self.new: 0.1}}))

    def test_alarms_that_are_not_enabled_are_not_watched(self):
        settings = {**self.alarm('ALARM'), 'Enabled': False}
        self.assertEqual(self.deploy(self.group(AlarmConfiguration=settings)).status, 'Succeeded')

    def test_an_alarm_that_does_not_exist(self):
        settings = {'Enabled': True, 'Alarms': [{'Name': 'nothing'}]}
        self.assertEqual(self.deploy(self.group(AlarmConfiguration=settings)).status, 'Stopped')
        ignored = {**settings, 'IgnorePollAlarmFailure': True}
        self.assertEqual(self.deploy(self.group(AlarmConfiguration=ignored)).status, 'Succeeded')


class Hooks(WithAlias):
    def hooked(
        self,
        answer,
        config='CodeDeployDefault.LambdaAllAtOnce',
        event='BeforeAllowTraffic',
        code='exports.handler = async () => {};',
    ):
        """A deployment whose hook does `answer(deployment, execution_id)` as soon as it is called."""
        function('hook', code)
        deployment = Deployment(
            self.group(config, AutoRollbackConfiguration=ROLLBACK), 'fn', 'live', self.new, hooks={event: 'hook'}
        )

        def watch():
            while not deployment._hook_status:
                time.sleep(0.005)
            answer(deployment, next(iter(deployment._hook_status)))

        threading.Thread(target=watch).start()
        return deployment.run()

    def test_succeeded_status_lets_traffic_through(self):
        deployment = self.hooked(lambda one, id: one.report_hook(id, 'Succeeded'))
        self.assertEqual((deployment.status, self.live()[0]), ('Succeeded', self.new))
        self.assertEqual([event['name'] for event in deployment.events], ['BeforeAllowTraffic', 'AllowTraffic'])

    def test_failed_status_shifts_nothing(self):
        deployment = self.hooked(lambda one, id: one.report_hook(id, 'Failed'))
        self.assertEqual((deployment.status, deployment.error['code']), ('Failed', 'HOOK_EXECUTION_FAILURE'))
        self.assertEqual([step['weights'] for step in deployment.weights], [{self.old: 1}])

    def test_a_function_that_throws_fails_the_deployment(self):
        deployment = self.hooked(lambda *_: None, code='exports.handler = async () => { throw new Error("boom"); };')
        self.assertEqual(deployment.status, 'Failed')
        self.assertIn('boom', deployment.error['message'])

    def test_silence_fails_the_deployment_after_an_hour(self):
        hour, codedeploy_deployments.HOOK_SECONDS = codedeploy_deployments.HOOK_SECONDS, 300
        self.assertEqual(hour, 3600)
        try:
            began = time.monotonic()
            deployment = self.hooked(lambda *_: None)
        finally:
            codedeploy_deployments.HOOK_SECONDS = hour
        self.assertIn('reported no status', deployment.error['message'])
        self.assertGreater(time.monotonic() - began, 5 * scaled_time.minute())

    def test_failure_after_all_traffic_goes_back(self):
        deployment = self.hooked(lambda one, id: one.report_hook(id, 'Failed'), event='AfterAllowTraffic')
        self.assertEqual(deployment.status, 'Failed')
        self.assertEqual(self.live(), (self.old, None))
        self.assertEqual(deployment.weights[-1]['weights'], {self.new: 1})

    def test_a_report_counts_once(self):
        answers = []
        self.hooked(
            lambda one, id: answers.extend(
                [one.report_hook(id, 'Succeeded'), one.report_hook(id, 'Failed'), one.report_hook('another', 'Failed')]
            )
        )
        self.assertEqual(answers, [True, None, False])

    def test_the_hook_is_told_which_execution_it_is(self):
        reports = []
        throws = 'exports.handler = async (event) => { throw new Error(JSON.stringify(event)); };'
        deployment = self.hooked(lambda one, id: reports.append(id), code=throws)
        self.assertIn(
            f'{{"DeploymentId":"{deployment.id}","LifecycleEventHookExecutionId":"{reports[0]}"}}',
            deployment.error['message'],
        )
