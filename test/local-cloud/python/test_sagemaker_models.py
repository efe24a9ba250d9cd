import io
import tarfile

from emulator import sagemaker_models
from emulator.sagemaker_records import Refused
from in_process import create, update
from sagemaker_fixtures import IMAGE, ROLE, WithSageMaker, model, put_object


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w:gz') as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def source(uri, kind='S3Object', compression='None'):
    return {'S3DataSource': {'S3Uri': uri, 'S3DataType': kind, 'CompressionType': compression}}


class Models(WithSageMaker):
    def test_model_data_must_exist(self):
        with self.assertRaisesRegex(Refused, 'Could not find model data at s3://models/a.onnx'):
            model(ModelDataSource=source('s3://models/a.onnx'))
        put_object('models', 'a.onnx', b'weights')
        model(ModelDataSource=source('s3://models/a.onnx'))

    def test_data_as_the_container_finds_it(self):
        packed = archive({'./model.onnx': b'weights', 'code/run.py': b'run'})
        put_object('models', 'v1/model.tar.gz', packed)
        put_object('models', 'v1/big/a.bin', b'a')
        put_object('models', 'v1/big/deep/b.bin', b'b')
        for expected, container in (
            ({'model.onnx': b'weights', 'code/run.py': b'run'}, {'ModelDataUrl': 's3://models/v1/model.tar.gz'}),
            ({'model.tar.gz': packed}, {'ModelDataSource': source('s3://models/v1/model.tar.gz')}),
            ({'a.bin': b'a', 'deep/b.bin': b'b'}, {'ModelDataSource': source('s3://models/v1/big/', 'S3Prefix')}),
            (
                {'model.onnx': b'weights', 'code/run.py': b'run'},
                {'ModelDataSource': source('s3://models/v1/model.tar.gz', compression='Gzip')},
            ),
            ({}, {}),
        ):
            self.assertEqual(sagemaker_models.data(container), expected)
        with self.assertRaisesRegex(Refused, 'no gzip-compressed tar archive'):
            sagemaker_models.data({'ModelDataUrl': 's3://models/v1/big/a.bin'})

    def test_what_the_service_refuses(self):
        good = {'ModelName': 'm', 'ExecutionRoleArn': ROLE, 'PrimaryContainer': {'Image': IMAGE}}
        for expected, changes in {
            'm{64}.* is over 63|64 is over 63': {'ModelName': 'm' * 64},
            'does not match': {'ModelName': 'under_score'},
            'exactly one of PrimaryContainer and Containers': {'Containers': [{'Image': IMAGE}]},
            'needs Image or ModelPackageName': {'PrimaryContainer': {}},
            'needs ExecutionRoleArn': {'ExecutionRoleArn': None},
            'unknown member Images': {'Images': []},
            '101 is over 100': {'PrimaryContainer': {'Image': IMAGE, 'Environment': {f'k{i}': '' for i in range(101)}}},
        }.items():
            request = {key: value for key, value in {**good, **changes}.items() if value is not None}
            with self.assertRaisesRegex(Refused, expected):
                sagemaker_models.create(request)
        sagemaker_models.create(good)
        with self.assertRaisesRegex(Refused, 'Cannot create already existing model "arn:aws:sagemaker:.*:model/m"'):
            sagemaker_models.create(good)

    def test_what_differs_in_a_template_is_another_model(self):
        old = {'ExecutionRoleArn': ROLE, 'PrimaryContainer': {'Image': IMAGE}}
        arn, attributes = create('AWS::SageMaker::Model', old, 'ChatModel')
        self.assertRegex(attributes['ModelName'], r'^ChatModel-\w{12}$')
        self.assertTrue(arn.endswith(f":model/{attributes['ModelName'].lower()}"))
        tagged = {**old, 'Tags': [{'Key': 'team', 'Value': 'chat'}]}
        self.assertEqual(update('AWS::SageMaker::Model', arn, old, tagged), (arn, attributes))
        other, _ = update('AWS::SageMaker::Model', arn, old, {**old, 'EnableNetworkIsolation': 'true'}, 'ChatModel')
        self.assertNotEqual(other, arn)
        # The old one goes in CloudFormation's cleanup, not before.
        self.assertEqual(len(sagemaker_models.models.all()), 2)
