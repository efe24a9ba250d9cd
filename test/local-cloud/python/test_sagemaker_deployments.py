import collections
import threading
import time
from unittest import mock

from ministack.services import cloudwatch

from emulator import sagemaker_deployments, scaled_time
from in_process import values
from sagemaker_fixtures import WithSageMaker, config, endpoint, invoke, is_alive, model, update, variant
from test_sagemaker_guardrails import blue_green, rolling, size

MODELS = {'old': 'one', 'new': 'two'}


class WithTwoModels(WithSageMaker):
    def setUp(self):
        super().setUp()
        for name, mode in MODELS.items():
            model(name, mode)
            config(name, variant(name, InitialInstanceCount=10))
        self.endpoint = endpoint(config='old')

    def alarmed(self, deployment_config, name='errors'):
        cloudwatch._alarms['errors'] = {'AlarmName': 'errors', 'StateValue': 'OK'}
        return {**deployment_config, 'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': name}]}}

    def alarm_after(self, minutes):
        def trip():
            cloudwatch._alarms['errors'].update(StateValue='ALARM')

        threading.Timer(scaled_time.minute() * minutes, trip).start()

    def shares(self):
        return [step['share'] for step in sagemaker_deployments.deployments[-1].shares]


class Shift(WithTwoModels):
    def test_canary_splits_traffic_between_two_processes(self):
        old = self.endpoint.pids()
        update('new', wait=False, DeploymentConfig=blue_green('CANARY', 1800, 600, CanarySize=size(50)))
        while not self.shares():
            time.sleep(0.01)
        answers = collections.Counter(invoke()[1]['mode'] for _ in range(60))
        self.assertEqual(set(answers), {'one', 'two'})
        both = self.endpoint.pids()
        self.assertEqual((len(both), both[:1]), (2, old))
        pending = self.endpoint.description()['PendingDeploymentSummary']
        self.assertEqual(pending['EndpointConfigName'], 'new')
        self.assertEqual(pending['ProductionVariants'][0]['VariantStatus'], [{'Status': 'Baking'}])
        self.endpoint.wait()
        self.assertEqual(self.shares(), [0.5, 1.0])
        self.assertEqual((self.endpoint.pids(), is_alive(old[0])), (both[1:], False))
        self.assertNotIn('PendingDeploymentSummary', self.endpoint.description())
        self.assertEqual({invoke()[1]['mode'] for _ in range(20)}, {'two'})

    def test_no_invocation_is_lost(self):
        answers = []

        def call():
            while self.endpoint.fleet.config_name == 'old' or self.endpoint.status == 'Updating':
                answers.append(invoke()[1]['mode'])

        callers = [threading.Thread(target=call) for _ in range(4)]
        for caller in callers:
            caller.start()
        update('new', DeploymentConfig=blue_green('CANARY', 60, 60, CanarySize=size(50)))
        for caller in callers:
            caller.join()
        recorded = values('AWS/SageMaker', 'Invocations', EndpointName='ep', VariantName='AllTraffic')
        self.assertEqual(len(recorded), len(answers))
        self.assertEqual(set(answers), {'one', 'two'})

    def test_invocation_that_comes_too_late_for_a_fleet_goes_to_the_other(self):
        late = self.endpoint.route()
        update('new')
        routes = [late, self.endpoint.route()]
        with mock.patch.object(self.endpoint, 'route', side_effect=routes):
            self.assertEqual(invoke()[1]['mode'], 'two')

    def test_waits_take_scaled_time(self):
        begun = time.monotonic()
        update('new', DeploymentConfig=blue_green('LINEAR', 60, 180, LinearStepSize=size(25)))
        # Three steps of a minute and a bake of three, and the start of a process.
        self.assertGreaterEqual(time.monotonic() - begun, scaled_time.real(6 * 60))
        self.assertEqual(self.shares(), [0.25, 0.5, 0.75, 1.0])
        self.assertEqual(sagemaker_deployments.deployments[-1].status, 'Succeeded')

    def test_rolling(self):
        update('new', DeploymentConfig=rolling(size(4, 'INSTANCE_COUNT'), 60))
        self.assertEqual(self.shares(), [0.4, 0.8, 1.0])
        self.assertEqual(self.endpoint.fleet.config_name, 'new')


class Rollback(WithTwoModels):
    def test_alarm_during_the_canary(self):
        self.alarm_after(6)
        old = self.endpoint.pids()
        update('new', DeploymentConfig=self.alarmed(blue_green('CANARY', 3600, 600, CanarySize=size(10))))
        self.assertEqual((self.endpoint.status, self.endpoint.fleet.config_name), ('InService', 'old'))
        self.assertIn('Alarms in ALARM: errors', self.endpoint.description()['FailureReason'])
        self.assertEqual((self.shares(), self.endpoint.pids()), ([0.1, 0], old))
        self.assertEqual(sagemaker_deployments.report()[-1]['status'], 'RolledBack')

    def test_old_fleet_has_all_traffic_as_soon_as_the_alarm_trips(self):
        self.alarm_after(2)
        update('new', wait=False, DeploymentConfig=self.alarmed(blue_green('ALL_AT_ONCE', 0, 3600)))
        while self.endpoint.status == 'Updating':
            time.sleep(0.001)
        fleets = {self.endpoint.route()[0].config_name for _ in range(50)}
        self.assertEqual((self.endpoint.status, fleets), ('RollingBack', {'old'}))
        self.endpoint.wait()

    def test_alarm_during_the_final_bake(self):
        self.alarm_after(10)
        update('new', DeploymentConfig=self.alarmed(blue_green('ALL_AT_ONCE', 0, 3600)))
        self.assertEqual((self.shares(), self.endpoint.fleet.config_name), ([1.0, 0], 'old'))

    def test_without_a_final_bake_nothing_is_watched_after_the_shift(self):
        deployment_config = self.alarmed(blue_green('ALL_AT_ONCE', 0, 0))
        cloudwatch._alarms['errors']['StateValue'] = 'ALARM'
        update('new', DeploymentConfig=deployment_config)
        self.assertEqual(self.endpoint.fleet.config_name, 'new')

    def test_alarm_that_does_not_exist_never_trips(self):
        update('new', DeploymentConfig=self.alarmed(blue_green('ALL_AT_ONCE', 0, 60), 'arn:of:errors'))
        self.assertEqual(self.endpoint.fleet.config_name, 'new')

    def test_longer_than_its_limit(self):
        deployment_config = blue_green('ALL_AT_ONCE', 0, 3600)
        deployment_config['BlueGreenUpdatePolicy']['MaximumExecutionTimeoutInSeconds'] = 600
        update('new', DeploymentConfig=deployment_config)
        self.assertIn('longer than 600 seconds', self.endpoint.failure)
        self.assertEqual(self.endpoint.fleet.config_name, 'old')

    def test_metrics_of_the_new_fleet_alone_say_what_it_did(self):
        model('bad', 'broken')
        config('bad', variant('bad', InitialInstanceCount=10))
        update('bad', wait=False, DeploymentConfig=blue_green('CANARY', 600, 60, CanarySize=size(50)))
        while self.endpoint.status == 'Updating':
            try:
                invoke()
            except Exception as error:
                self.assertEqual(error.code, 'ModelError')
        dimensions = {'EndpointName': 'ep', 'VariantName': 'AllTraffic'}
        new = values('AWS/SageMaker', 'Invocation5XXErrors', **dimensions, EndpointConfigName='bad')
        both = values('AWS/SageMaker', 'Invocation5XXErrors', **dimensions)
        self.assertEqual(set(new), {1})
        self.assertEqual(set(both), {0, 1})
        self.assertEqual(values('AWS/SageMaker', 'Invocations', **dimensions, EndpointConfigName='old'), [])
