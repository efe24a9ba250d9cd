import os
from unittest import mock

from ministack.services import cloudwatch

from emulator import sagemaker_configs, sagemaker_endpoints, sagemaker_records, sagemaker_stacks
from emulator.sagemaker_records import Refused
from in_process import create, update
from sagemaker_fixtures import WithSageMaker, config, impatient, invoke, model, variant
from test_sagemaker_guardrails import blue_green

ENDPOINT = 'AWS::SageMaker::Endpoint'


class WithTwoConfigs(WithSageMaker):
    def setUp(self):
        super().setUp()
        for name, mode in {'first': 'one', 'second': 'two'}.items():
            model(name, mode)
            config(name, variant(name))


class Endpoints(WithTwoConfigs):
    def test_update_in_place_and_replacement_by_name(self):
        old = {'EndpointConfigName': 'first'}
        arn, attributes = create(ENDPOINT, old, 'Chat')
        self.assertRegex(attributes['EndpointName'], r'^Chat-\w{12}$')
        self.assertEqual(arn, sagemaker_records.arn('endpoint', attributes['EndpointName']))
        new = {'EndpointConfigName': 'second', 'Tags': [{'Key': 'a', 'Value': 'b'}]}
        self.assertEqual(update(ENDPOINT, arn, old, new), (arn, attributes))
        self.assertEqual(invoke(name=attributes['EndpointName'])[1]['mode'], 'two')
        self.assertEqual(sagemaker_records.tags[arn], new['Tags'])
        other, _ = update(ENDPOINT, arn, new, {**new, 'EndpointName': 'named'})
        self.assertEqual(other, sagemaker_records.arn('endpoint', 'named'))
        self.assertEqual(len(sagemaker_endpoints.endpoints.all()), 2)

    def test_change_of_tags_alone_deploys_nothing(self):
        old = {'EndpointConfigName': 'first'}
        arn, _ = create(ENDPOINT, old)
        [pid] = sagemaker_endpoints.endpoints.find(arn).pids()
        update(ENDPOINT, arn, old, {**old, 'Tags': [{'Key': 'a', 'Value': 'b'}]})
        self.assertEqual(sagemaker_endpoints.endpoints.find(arn).pids(), [pid])

    def test_endpoint_that_fails_fails_its_resource_and_is_gone(self):
        model('sick', 'sick')
        config('sick', variant('sick'))
        with impatient(), self.assertRaisesRegex(Refused, 'is Failed: The primary container .* ping health check'):
            create(ENDPOINT, {'EndpointConfigName': 'sick', 'EndpointName': 'named'})
        self.assertEqual(sagemaker_endpoints.endpoints.all(), [])


class RolledBackUpdate(WithTwoConfigs):
    OLD = {'EndpointConfigName': 'first', 'EndpointName': 'ep'}

    def setUp(self):
        super().setUp()
        self.arn, _ = create(ENDPOINT, self.OLD)
        cloudwatch._alarms['errors'] = {'AlarmName': 'errors', 'StateValue': 'ALARM'}
        alarms = {'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': 'errors'}]}}
        deployment_config = {**blue_green('ALL_AT_ONCE', '0', '60'), **alarms}
        self.new = {**self.OLD, 'EndpointConfigName': 'second', 'DeploymentConfig': deployment_config}

    def update(self):
        return update(ENDPOINT, self.arn, self.OLD, self.new)

    def test_silent_says_success_and_failed_fails(self):
        self.assertEqual(self.update()[0], self.arn)
        endpoint = sagemaker_endpoints.endpoints.find(self.arn)
        self.assertEqual((endpoint.status, endpoint.fleet.config_name), ('InService', 'first'))
        with mock.patch.dict(os.environ, LOCAL_CLOUD_ENDPOINT_ROLLBACK='failed'):
            with self.assertRaisesRegex(Refused, 'ep: The deployment was rolled back. Alarms in ALARM: errors'):
                self.update()

    def test_after_a_silent_one_the_configuration_that_is_served_is_cleaned_up(self):
        self.update()
        sagemaker_configs.configs.remove('first')
        config('third', variant('second'))
        self.assertEqual(invoke()[1]['mode'], 'one')
        with self.assertRaisesRegex(Refused, 'Could not find endpoint configuration "arn:.*:endpoint-config/first"'):
            update(ENDPOINT, self.arn, self.new, {**self.OLD, 'EndpointConfigName': 'third'})

    def test_misspelt_mode(self):
        with mock.patch.dict(os.environ, LOCAL_CLOUD_ENDPOINT_ROLLBACK='loud'):
            with self.assertRaisesRegex(ValueError, 'must be silent or failed, not loud'):
                sagemaker_stacks.rollback_mode()
