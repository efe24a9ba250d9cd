"""SageMaker models: a container image, its environment, and what is loaded into it from S3."""

import io
import re
import tarfile
import time
from pathlib import PurePosixPath

from ministack.services import s3

from . import sagemaker_records
from .sagemaker_records import Refused
from .simulations import simulation

MODELS = simulation(
    'sagemaker-models',
    'AWS::SageMaker::Model and Create-, Describe- and DeleteModel: request checked, the model data must be in S3; what '
    'differs in a template is another model',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html',
    'test_sagemaker_models.Models.test_model_data_must_exist',
)

models = sagemaker_records.Collection('model', 'model')

_S3_URI = re.compile(r'^(?:s3://|https://[^/]+/)([^/]+)/(.*)$')


def create(params):
    MODELS.exercised()
    params = sagemaker_records.checked('CreateModel', params)
    name = params['ModelName']
    if ('PrimaryContainer' in params) == bool(params.get('Containers')):
        raise Refused('CreateModel: exactly one of PrimaryContainer and Containers is needed')
    for container in containers(params):
        if 'Image' not in container and 'ModelPackageName' not in container:
            raise Refused('CreateModel: a container needs Image or ModelPackageName')
        if 'ModelDataUrl' in container and 'ModelDataSource' in container:
            raise Refused('CreateModel: a container has ModelDataUrl or ModelDataSource, not both')
        if 'ExecutionRoleArn' not in params:
            raise Refused('CreateModel: an endpoint needs ExecutionRoleArn')
        data(container)
    models.refuse_existing(name)
    tags = params.pop('Tags', None)
    arn = sagemaker_records.arn('model', name)
    return models.add(name, {**params, 'ModelArn': arn, 'CreationTime': time.time()}, tags)


def containers(model):
    return model.get('Containers') or [model['PrimaryContainer']]


def data(container):
    """What the container finds below /opt/ml/model, as {relative path: bytes}."""
    source = (container.get('ModelDataSource') or {}).get('S3DataSource')
    if source:
        uri, gzipped = source['S3Uri'], source['CompressionType'] == 'Gzip'
        is_prefix = source['S3DataType'] == 'S3Prefix'
    elif container.get('ModelDataUrl'):
        uri, gzipped, is_prefix = container['ModelDataUrl'], True, False
    else:
        return {}
    objects = _objects(uri, is_prefix)
    if not objects:
        raise Refused(f'CreateModel: Could not find model data at {uri}.')
    return _unpacked(uri, objects) if gzipped else objects


def _objects(uri, is_prefix):
    match = _S3_URI.match(uri)
    if not match:
        raise Refused(f'CreateModel: {uri} is not the URI of an S3 object')
    bucket, key = match.groups()
    if not is_prefix:
        found = s3._get_object_data(bucket, key)
        return {} if found is None else {PurePosixPath(key).name: found}
    names = [name for name in (s3._buckets.get(bucket) or {'objects': {}})['objects'] if name.startswith(key)]
    folder = key[: key.rfind('/') + 1]
    return {name[len(folder) :]: s3._get_object_data(bucket, name) for name in names if not name.endswith('/')}


def _unpacked(uri, objects):
    files = {}
    for content in objects.values():
        try:
            with tarfile.open(fileobj=io.BytesIO(content), mode='r:gz') as archive:
                members = [member for member in archive.getmembers() if member.isfile()]
                files |= {str(PurePosixPath(member.name)): archive.extractfile(member).read() for member in members}
        except tarfile.TarError:
            raise Refused(f'CreateModel: the model data at {uri} is no gzip-compressed tar archive') from None
    return files
