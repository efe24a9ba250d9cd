from emulator import sagemaker_endpoints, sagemaker_guardrails
from emulator.sagemaker_fleets import Fleet
from emulator.sagemaker_records import Refused as RefusedRequest
from sagemaker_fixtures import WithSageMaker, config, endpoint, model, update, variant


def size(value, kind='CAPACITY_PERCENT'):
    return {'Type': kind, 'Value': value}


def blue_green(kind, wait=300, bake=600, **settings):
    return {
        'BlueGreenUpdatePolicy': {
            'TrafficRoutingConfiguration': {'Type': kind, 'WaitIntervalInSeconds': wait, **settings},
            'TerminationWaitInSeconds': bake,
        }
    }


def rolling(batch, wait=120):
    return {'RollingUpdatePolicy': {'MaximumBatchSize': batch, 'WaitIntervalInSeconds': wait}}


class Steps(WithSageMaker):
    def test_each_kind(self):
        model()
        config('ten', variant(InitialInstanceCount=10))
        fleet = Fleet('ep', 'ten')
        for deployment_config, steps in (
            (None, [(1, 0)]),
            (blue_green('ALL_AT_ONCE'), [(1, 600)]),
            (blue_green('CANARY', CanarySize=size(5)), [(0.05, 300), (1, 600)]),
            (blue_green('CANARY', CanarySize=size(2, 'INSTANCE_COUNT')), [(0.2, 300), (1, 600)]),
            (blue_green('LINEAR', LinearStepSize=size(30)), [(0.3, 300), (0.6, 300), (0.9, 300), (1, 600)]),
            (blue_green('LINEAR', LinearStepSize=size(50)), [(0.5, 300), (1, 600)]),
            (rolling(size(4, 'INSTANCE_COUNT')), [(0.4, 120), (0.8, 120), (1, 120)]),
        ):
            self.assertEqual(sagemaker_guardrails.policy(deployment_config, fleet, fleet)[0], steps)


class Refused(WithSageMaker):
    def setUp(self):
        super().setUp()
        model()
        for count in (1, 2, 10):
            config(f'of-{count}', variant(InitialInstanceCount=count))
        endpoint(config='of-10')

    def refused(self, expected, config, deployment_config):
        with self.assertRaisesRegex(RefusedRequest, expected):
            update(config, DeploymentConfig=deployment_config)

    def test_what_cannot_be(self):
        config('two', variant(), variant(name='b'))
        config('renamed', variant(name='other'))
        config('serverless', variant(ServerlessConfig={'MemorySizeInMB': 1024, 'MaxConcurrency': 1}))
        canary = blue_green('CANARY', CanarySize=size(10))
        for expected, config_name, deployment_config in (
            ('CanarySize is missing', 'of-10', blue_green('CANARY')),
            ('LinearStepSize is missing', 'of-10', blue_green('LINEAR')),
            ('60 .* is over 50 % of 10', 'of-10', blue_green('CANARY', CanarySize=size(60))),
            ('6 .INSTANCE_COUNT. is over 50 %', 'of-10', blue_green('CANARY', CanarySize=size(6, 'INSTANCE_COUNT'))),
            ('9 .* is under 10 % of 10', 'of-10', blue_green('LINEAR', LinearStepSize=size(9))),
            ('4 .* is under 5 % of 10', 'of-10', rolling(size(4))),
            ('is over 50 % of 10', 'of-10', rolling(size(51))),
            ('is over 50 % of 1 instance', 'of-1', canary),
            ('exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy', 'of-10', {**canary, **rolling(size(10))}),
            ('exactly one of', 'of-10', {'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': 'a'}]}}),
            ('same variant names', 'renamed', canary),
            ('do not support endpoints with several variants', 'two', rolling(size(10))),
            ('do not support serverless', 'serverless', rolling(size(10))),
            ('3601 is over 3600', 'of-10', blue_green('CANARY', wait=3601, CanarySize=size(10))),
            ('Value', 'of-10', blue_green('CANARY', CanarySize=size(0))),
            ('CAPACITY_PERCENTAGE', 'of-10', blue_green('CANARY', CanarySize=size(10, 'CAPACITY_PERCENTAGE'))),
            (
                '11 is over 10',
                'of-10',
                {**canary, 'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': str(i)} for i in range(11)]}},
            ),
        ):
            self.refused(expected, config_name, deployment_config)
        self.assertEqual(sagemaker_endpoints.endpoints.get('ep').status, 'InService')

    def test_on_creation_it_is_only_stored(self):
        config = blue_green('CANARY', CanarySize=size(60))
        made = endpoint('stored', 'of-10', DeploymentConfig=config)
        self.assertEqual(made.description()['LastDeploymentConfig'], config)
        with self.assertRaisesRegex(RefusedRequest, 'is over 50 %'):
            update('of-2', 'stored', RetainDeploymentConfig=True)
        self.assertEqual(update('of-2', 'stored').status, 'InService')

    def test_half_of_two_is_possible(self):
        changed = update('of-2', DeploymentConfig=blue_green('CANARY', 1, 1, CanarySize=size(50)))
        self.assertEqual(changed.fleet.config_name, 'of-2')

    def test_inf1_falls_back_to_all_at_once(self):
        config('inferentia', variant(InstanceType='ml.inf1.xlarge', InitialInstanceCount=1))
        changed = update('inferentia', DeploymentConfig=blue_green('CANARY', 3600, 3600, CanarySize=size(10)))
        self.assertEqual(changed.fleet.config_name, 'inferentia')
        self.assertFalse(changed.fleet.is_guarded)
