from emulator import autoscaling, sagemaker_endpoints
from emulator.sagemaker_records import Refused
from in_process import create
from sagemaker_fixtures import WithSageMaker, config, endpoint, model, update, variant

TARGET = {
    'ServiceNamespace': 'sagemaker',
    'ScalableDimension': 'sagemaker:variant:DesiredInstanceCount',
    'ResourceId': 'endpoint/ep/variant/AllTraffic',
    'MinCapacity': 1,
    'MaxCapacity': 4,
}
POLICY = {
    'PolicyName': 'track',
    'PolicyType': 'TargetTrackingScaling',
    'TargetTrackingScalingPolicyConfiguration': {
        'TargetValue': 100,
        'PredefinedMetricSpecification': {'PredefinedMetricType': 'SageMakerVariantInvocationsPerInstance'},
    },
}


def target(**props):
    return create('AWS::ApplicationAutoScaling::ScalableTarget', {**TARGET, **props})[0]


class Variants(WithSageMaker):
    def setUp(self):
        super().setUp()
        model()
        config()
        endpoint()

    def test_what_is_refused(self):
        for expected, props in {
            'no such endpoint and variant: endpoint/other/': {'ResourceId': 'endpoint/other/variant/AllTraffic'},
            'no such endpoint and variant: endpoint/ep/variant/b': {'ResourceId': 'endpoint/ep/variant/b'},
            'minimum capacity of endpoint/ep/variant/AllTraffic must be 1 or more': {'MinCapacity': 0},
            'Maximum capacity': {'MinCapacity': 5},
            'DesiredProvisionedConcurrency does not fit': {
                'ScalableDimension': 'sagemaker:variant:DesiredProvisionedConcurrency'
            },
        }.items():
            with self.assertRaisesRegex(ValueError, expected):
                target(**props)

    def test_asynchronous_endpoint_goes_to_zero(self):
        config('async', variant(), AsyncInferenceConfig={'OutputConfig': {'S3OutputPath': 's3://out/'}})
        endpoint('async', 'async')
        target(ResourceId='endpoint/async/variant/AllTraffic', MinCapacity=0)

    def test_registered_variant_keeps_its_name_and_instance_type(self):
        config('larger', variant(InstanceType='ml.m5.xlarge'))
        config('renamed', variant(name='other'))
        config('same', variant(InitialInstanceCount=3))
        registered = target()
        with self.assertRaisesRegex(Refused, 'cannot change from ml.m5.large to ml.m5.xlarge'):
            update('larger')
        with self.assertRaisesRegex(Refused, 'variant AllTraffic is registered .* must stay'):
            update('renamed')
        self.assertEqual(update('same').fleet.config_name, 'same')
        del autoscaling.targets[registered]
        self.assertEqual(update('larger').fleet.config_name, 'larger')

    def test_goes_with_its_endpoint(self):
        policy = {**POLICY, 'ScalingTargetId': target()}
        create('AWS::ApplicationAutoScaling::ScalingPolicy', policy)
        sagemaker_endpoints.delete('ep')
        self.assertEqual((autoscaling.targets, autoscaling.policies), ({}, {}))
