"""The objects that a transform job reads, the keys of its results, and what it captures of both."""

import gzip
import json
import re
import time
import uuid
import zlib
from typing import NamedTuple

from ministack.services import s3

from .sagemaker_records import Refused
from .simulations import simulation

OBJECTS = simulation(
    'sagemaker-transform-objects',
    'A transform job reads every object below S3Prefix, or those of a ManifestFile (a JSON array of a prefix and keys '
    'after it), unpacks Gzip, and stores <S3OutputPath>/<key after the prefix>.out of each object that succeeded',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html',
    'test_sagemaker_transform_objects.Keys.test_manifest_of_a_bucket_and_full_keys',
)
CAPTURE = simulation(
    'sagemaker-transform-capture',
    'DataCaptureConfig: manifests of the inputs and of the outputs of a transform job, below input/ and output/ and the '
    'hour of its start',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html',
    'test_sagemaker_transform_objects.Capture.test_manifests_of_both_sides',
)

_URI = re.compile(r'(?:s3|https)://([^/]+)/?(.*)')


class Input(NamedTuple):
    bucket: str
    key: str
    # What the key of its result is made of.
    relative: str

    def __str__(self):
        """As the data log names it."""
        return f'{self.bucket}/{self.key}'


class NoManifest(ValueError):
    pass


class Unreadable(ValueError):
    pass


def refuse_without_objects(source, role):
    """A request whose input is not there is refused; what a manifest lists is looked at later."""
    bucket, key = _URI.fullmatch(source['S3Uri']).groups()
    is_there = s3._get_object_data(bucket, key) is not None if _is_manifest(source) else inputs(source)
    if not is_there:
        raise Refused(
            f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source. Please ensure that the '
            f'bucket exists in the selected region, that objects exist under that S3 prefix, and that the role "{role}" '
            f'has "s3:ListBucket" permissions on bucket "{bucket}".'
        )


def inputs(source):
    """In the order of their keys; raises NoManifest."""
    OBJECTS.exercised()
    bucket, key = _URI.fullmatch(source['S3Uri']).groups()
    if _is_manifest(source):
        return _listed(source['S3Uri'], s3._get_object_data(bucket, key))
    folder = key[: key.rfind('/') + 1]
    keys = sorted((s3._buckets.get(bucket) or {'objects': {}})['objects'])
    # A key that ends with a slash is a folder of the console's.
    return [Input(bucket, one, one[len(folder) :]) for one in keys if one.startswith(key) and not one.endswith('/')]


def _is_manifest(source):
    return source['S3DataType'] == 'ManifestFile'


def _listed(uri, content):
    try:
        first, *names = json.loads(content or b'')
        bucket, prefix = _URI.fullmatch(first['prefix']).groups()
        if not all(isinstance(name, str) for name in names):
            raise ValueError('names are texts')
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NoManifest(f'{uri} is not an array of an object with a prefix, and of keys') from None
    return sorted(Input(bucket, prefix + name, name) for name in names)


def content(one, compression):
    found = s3._get_object_data(one.bucket, one.key)
    if found is None:
        raise Unreadable(f'{one} does not exist')
    try:
        return gzip.decompress(found) if compression == 'Gzip' else found
    except (OSError, EOFError, zlib.error):
        raise Unreadable(f'{one} is not compressed with gzip') from None


def store(output_path, one, result):
    bucket, prefix = _URI.fullmatch(output_path).groups()
    _put(bucket, '/'.join([*filter(None, [prefix.rstrip('/')]), f'{one.relative}.out']), result)


def capture(config, started, output_path, done):
    """`done` are the inputs that have a result."""
    CAPTURE.exercised()
    bucket, prefix = _URI.fullmatch(config['DestinationS3Uri']).groups()
    hour, name = time.strftime('%Y/%m/%d/%H', time.gmtime(started)), f'{uuid.uuid4()}.json'
    sides = {
        'input': [{'prefix': _base(done[0])}, *(one.relative for one in done)],
        'output': [{'prefix': output_path.rstrip('/') + '/'}, *(f'{one.relative}.out' for one in done)],
    }
    for side, manifest in sides.items() if done else ():
        key = '/'.join([*filter(None, [prefix.rstrip('/')]), side, hour, name])
        _put(bucket, key, json.dumps(manifest).encode())


def _base(one):
    return f's3://{one.bucket}/{one.key.removesuffix(one.relative)}'


def _put(bucket, key, body):
    status = s3._put_object(bucket, key, body, {})[0]
    if status >= 300:
        raise OSError(f'S3 answers {status} to s3://{bucket}/{key}')
