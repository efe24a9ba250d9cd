import collections
import time

from emulator import scaled_time, sagemaker_configs, sagemaker_endpoints
from emulator.sagemaker_records import Refused
from sagemaker_fixtures import WithSageMaker, config, endpoint, impatient, invoke, is_alive, model, update, variant


def weights(name='ep', **wanted):
    changed = sagemaker_endpoints.endpoints.get(name)
    changed.update_weights([{'VariantName': variant, **change} for variant, change in wanted.items()])
    return changed


class Creation(WithSageMaker):
    def test_container_that_fails_its_health_check(self):
        model(mode='sick')
        config()
        with impatient():
            made = endpoint()
        self.assertEqual(made.status, 'Failed')
        self.assertIn('did not pass the ping health check', made.failure)
        self.assertEqual(made.pids(), [])
        with self.assertRaisesRegex(Refused, 'Cannot update failed endpoint'):
            update('config')
        sagemaker_endpoints.delete('ep')

    def test_states_and_names(self):
        model()
        config()
        made = sagemaker_endpoints.create({'EndpointName': 'ep', 'EndpointConfigName': 'config'})
        self.assertEqual(made.status, 'Creating')
        for refused in (lambda: update('config'), lambda: sagemaker_endpoints.delete('ep'), lambda: weights()):
            with self.assertRaisesRegex(Refused, 'Cannot update in-progress endpoint'):
                refused()
        made.wait()
        self.assertEqual(made.description()['EndpointStatus'], 'InService')
        with self.assertRaisesRegex(Refused, 'Cannot create already existing endpoint'):
            endpoint('EP')
        with self.assertRaisesRegex(Refused, 'Could not find endpoint configuration "arn:.*:endpoint-config/none"'):
            endpoint('other', 'none')

    def test_deletion_ends_its_processes(self):
        model()
        config()
        [pid] = endpoint().pids()
        sagemaker_endpoints.delete('ep')
        self.assertFalse(is_alive(pid))
        with self.assertRaisesRegex(Refused, 'Could not find endpoint "arn:.*:endpoint/ep"'):
            sagemaker_endpoints.delete('ep')


class Updates(WithSageMaker):
    def setUp(self):
        super().setUp()
        model('one', 'one')
        model('two', 'two')
        config('first', variant('one', InitialInstanceCount=4))
        config('second', variant('two', InitialInstanceCount=2, InitialVariantWeight=0.5))

    def test_all_at_once_by_default(self):
        [old] = endpoint(config='first').pids()
        changed = update('second')
        [new] = changed.pids()
        self.assertEqual((changed.status, changed.fleet.config_name), ('InService', 'second'))
        self.assertEqual(invoke()[1]['mode'], 'two')
        self.assertFalse(is_alive(old))
        self.assertTrue(is_alive(new))

    def test_configuration_that_is_served_can_be_deleted_and_is_missed_later(self):
        endpoint(config='first')
        sagemaker_configs.configs.remove('first')
        self.assertEqual(invoke()[1]['mode'], 'one')
        with self.assertRaisesRegex(Refused, 'Could not find endpoint configuration "arn:.*/first"'):
            update('second')

    def test_variant_properties_are_reset_or_retained(self):
        def after(**settings):
            endpoint(config='first')
            weights(AllTraffic={'DesiredInstanceCount': 7, 'DesiredWeight': 0.25}).wait()
            changed = update('second', **settings)
            [summary] = changed.description()['ProductionVariants']
            sagemaker_endpoints.delete('ep')
            return summary['CurrentInstanceCount'], summary['CurrentWeight']

        excluded = [{'VariantPropertyType': 'DesiredWeight'}]
        self.assertEqual(after(), (2, 0.5))
        self.assertEqual(after(RetainAllVariantProperties=True), (7, 0.25))
        self.assertEqual(after(RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded), (7, 0.5))
        self.assertEqual(after(ExcludeRetainedVariantProperties=excluded), (2, 0.5))

    def test_container_that_fails_its_health_check_is_never_seen(self):
        model('sick', 'sick')
        config('third', variant('sick'))
        endpoint(config='first')
        with impatient():
            changed = update('third')
        self.assertEqual((changed.status, changed.fleet.config_name), ('InService', 'first'))
        self.assertIn('did not pass the ping health check', changed.failure)
        self.assertEqual(len(changed.pids()), 1)
        self.assertEqual(invoke()[1]['mode'], 'one')
        # The reason stays until the next update.
        self.assertNotIn('FailureReason', update('second').description())


class Weights(WithSageMaker):
    def setUp(self):
        super().setUp()
        model('one', 'one')
        model('two', 'two')
        config('both', variant('one', 'a', InitialVariantWeight=3), variant('two', 'b', InitialVariantWeight=0))
        endpoint(config='both')

    def answers(self, count=60):
        return collections.Counter(invoke()[1]['mode'] for _ in range(count))

    def test_weights_change_and_zero_gets_nothing(self):
        variants = sagemaker_endpoints.endpoints.get('ep').description()['ProductionVariants']
        self.assertEqual([one['CurrentWeight'] for one in variants], [3, 0])
        self.assertEqual(self.answers(), {'one': 60})
        begun = time.monotonic()
        changing = weights(a={'DesiredWeight': 1}, b={'DesiredWeight': 1})
        self.assertEqual(changing.status, 'Updating')
        changing.wait()
        self.assertGreaterEqual(time.monotonic() - begun, scaled_time.real(30))
        self.assertEqual(changing.status, 'InService')
        self.assertEqual(set(self.answers()), {'one', 'two'})

    def test_target_variant_reaches_one_without_weight(self):
        headers, answer = invoke(**{'x-amzn-sagemaker-target-variant': 'b'})
        self.assertEqual((headers['x-Amzn-Invoked-Production-Variant'], answer['mode']), ('b', 'two'))

    def test_what_the_service_refuses(self):
        with self.assertRaisesRegex(Refused, 'Could not find variant "c"'):
            weights(c={'DesiredWeight': 1})
        with self.assertRaisesRegex(Refused, 'only the instances of one variant'):
            weights(a={'DesiredInstanceCount': 1}, b={'DesiredInstanceCount': 1})
