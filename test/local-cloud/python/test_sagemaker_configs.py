from emulator import sagemaker_configs, sagemaker_models
from emulator.sagemaker_records import Refused
from in_process import create, update
from sagemaker_fixtures import WithSageMaker, config, model, variant

CAPTURE = {
    'EnableCapture': True,
    'InitialSamplingPercentage': 100,
    'DestinationS3Uri': 's3://captured/',
    'CaptureOptions': [{'CaptureMode': 'Input'}],
}


def serverless(**settings):
    return variant(ServerlessConfig={'MemorySizeInMB': 2048, 'MaxConcurrency': 5, **settings})


class Rules(WithSageMaker):
    def setUp(self):
        super().setUp()
        model()

    def test_what_the_service_refuses(self):
        for expected, variants, settings in (
            ('Could not find model "arn:aws:sagemaker:us-east-1:0+:model/other"', [variant('other')], {}),
            ('variant names must differ', [variant(), variant()], {}),
            ('11 is over 10', [variant(name=f'v{i}') for i in range(11)], {}),
            ('ml.m5.tiny', [variant(InstanceType='ml.m5.tiny')], {}),
            ('InitialInstanceCount', [variant(InitialInstanceCount=0)], {}),
            ('needs InitialInstanceCount', [{k: v for k, v in variant().items() if k != 'InitialInstanceCount'}], {}),
            ('needs InstanceType, InstancePools or', [{k: v for k, v in variant().items() if k != 'InstanceType'}], {}),
            ('InitialVariantWeight', [variant(InitialVariantWeight=-1)], {}),
            ('601 is over 512', [variant(VolumeSizeInGB=601)], {}),
            (
                'exactly one production and one shadow',
                [variant(), variant(name='b')],
                {'ShadowProductionVariants': [variant(name='c')]},
            ),
            ('MemorySizeInMB of variant AllTraffic must be one of 1024', [serverless(MemorySizeInMB=1500)], {}),
            ('201 is over 200', [serverless(MaxConcurrency=201)], {}),
            ('ProvisionedConcurrency of variant AllTraffic is over', [serverless(ProvisionedConcurrency=6)], {}),
            ('does not support more than one variant', [serverless(), variant(name='b')], {}),
            ('does not support DataCaptureConfig', [serverless()], {'DataCaptureConfig': CAPTURE}),
            (
                'does not support AsyncInferenceConfig',
                [serverless()],
                {'AsyncInferenceConfig': {'OutputConfig': {'S3OutputPath': 's3://out/'}}},
            ),
            ('does not support InstanceType', [{**variant(), **serverless()}], {}),
        ):
            with self.assertRaisesRegex(Refused, expected):
                config('refused', *variants, **settings)
        self.assertEqual(sagemaker_configs.configs.all(), [])

    def test_serverless_takes_no_model_with_a_network_of_its_own(self):
        for expected, settings in {
            'a model with network isolation': {'EnableNetworkIsolation': True},
            'a model in a VPC': {'VpcConfig': {'SecurityGroupIds': ['sg-1'], 'Subnets': ['subnet-1']}},
        }.items():
            record = sagemaker_models.models.get('model')
            record.update(settings)
            with self.assertRaisesRegex(Refused, f'does not support {expected}'):
                config('refused', serverless())
            for key in settings:
                del record[key]
        config('fine', serverless(ProvisionedConcurrency=5))

    def test_volume_size_on_types_with_storage_of_their_own(self):
        for instance_type in ('ml.g4dn.xlarge', 'ml.m5d.large', 'ml.g5.xlarge', 'ml.g6e.2xlarge', 'ml.p4de.24xlarge'):
            with self.assertRaisesRegex(Refused, f'not allowed for the selected Instance type {instance_type}'):
                config('refused', variant(InstanceType=instance_type, VolumeSizeInGB=100))
        for instance_type in ('ml.m5.large', 'ml.c6g.large', 'ml.r5.large'):
            config(f"with-{instance_type.replace('.', '-')}", variant(InstanceType=instance_type, VolumeSizeInGB=100))
        config('without', variant(InstanceType='ml.g5.xlarge'))

    def test_what_differs_in_a_template_is_another_configuration(self):
        old = {'ProductionVariants': [variant(InitialInstanceCount='2')]}
        arn, attributes = create('AWS::SageMaker::EndpointConfig', old, 'Config')
        name = attributes['EndpointConfigName']
        self.assertEqual(sagemaker_configs.configs.get(name)['ProductionVariants'][0]['InitialInstanceCount'], 2)
        new = {'ProductionVariants': [variant(InitialInstanceCount=3)]}
        self.assertNotEqual(update('AWS::SageMaker::EndpointConfig', arn, old, new, 'Config')[0], arn)

    def test_fixed_name_stands_in_the_way_of_its_replacement(self):
        old = {'EndpointConfigName': 'fixed', 'ProductionVariants': [variant()]}
        arn, _ = create('AWS::SageMaker::EndpointConfig', old)
        new = {**old, 'ProductionVariants': [variant(InitialInstanceCount=3)]}
        with self.assertRaisesRegex(Refused, 'Cannot create already existing endpoint configuration'):
            update('AWS::SageMaker::EndpointConfig', arn, old, new)
