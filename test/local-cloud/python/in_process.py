"""The extension on ministack inside this process: no server, but real services, and real Node processes as functions."""

import asyncio
import base64
import io
import json
import os
import sys
import unittest
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
LOCAL_CLOUD = CHECKOUT / 'bin' / 'local-cloud'
sys.path.insert(0, str(LOCAL_CLOUD))
# A tenth of a second for a minute. Set before ministack is imported.
os.environ.update(LOCAL_CLOUD_MINUTE_SECONDS='0.1', LAMBDA_ASYNC_RETRY_BASE_SECONDS='0.05', LOG_LEVEL='CRITICAL')
os.environ.setdefault('NODE_PATH', str(CHECKOUT / 'node_modules'))

from emulator import extension  # noqa: E402
from ministack.core import lambda_runtime  # noqa: E402
from ministack.services import cloudwatch, lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

extension.install()

ECHO = 'exports.handler = async (event, context) => ({ version: context.functionVersion, arn: context.invokedFunctionArn, event });'


class InProcess(unittest.TestCase):
    """Each test begins with an empty cloud."""

    def setUp(self):
        lambda_runtime.reset()
        lambda_svc.reset()
        cloudwatch.reset()

    tearDown = setUp


def create(resource_type, props, logical_id='Thing', stack='Stack'):
    return provisioners._RESOURCE_HANDLERS[resource_type]['create'](logical_id, props, stack)


def update(resource_type, physical_id, old, new, logical_id='Thing', stack='Stack'):
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    more = [logical_id] if handler.get('update_with_logical_id') else []
    return handler['update'](physical_id, old, new, stack, *more)


def function(name='fn', code=ECHO, **props):
    create(
        'AWS::Lambda::Function',
        {'FunctionName': name, 'Handler': 'index.handler', 'Runtime': 'nodejs22.x', 'Code': {'ZipFile': code}, **props},
    )
    return name


def publish(name, code=None):
    """A new version, of new code if given; answers its number."""
    if code:
        lambda_svc._update_code(name, {'ZipFile': base64.b64encode(zipped({'index.js': code})).decode()})
    else:
        lambda_svc._update_config(name, {'Description': os.urandom(4).hex()})
    return json.loads(lambda_svc._publish_version(name, {})[2])['Version']


def alias(name, version, extra=None, alias='live'):
    props = {'FunctionName': name, 'Name': alias, 'FunctionVersion': version}
    if extra:
        props['RoutingConfig'] = {
            'AdditionalVersionWeights': [
                {'FunctionVersion': other, 'FunctionWeight': share} for other, share in extra.items()
            ]
        }
    return create('AWS::Lambda::Alias', props)[0]


def invoke(name, event=None, qualifier=None, **headers):
    """(status, headers, parsed payload)"""
    status, answer, body = asyncio.run(lambda_svc._invoke(name, event or {}, headers, qualifier, {}))
    return status, answer, json.loads(body or b'null')


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def values(namespace, name, **dimensions):
    """All values recorded for exactly these dimensions."""
    points = cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(dimensions))) or []
    return [point['Value'] for point in points]
