"""An endpoint on real processes of this machine: the image is `../model-server`, recorded as by the stand-in for docker."""

import json
import os
import shutil
import tempfile
from unittest import mock

from emulator import (
    autoscaling,
    sagemaker_configs,
    sagemaker_containers,
    sagemaker_deployments,
    sagemaker_endpoints,
    sagemaker_images,
    sagemaker_models,
    sagemaker_runtime,
)
from in_process import CHECKOUT, InProcess
from ministack.services import cloudwatch_logs, s3

ROLE = 'arn:aws:iam::000000000000:role/sagemaker'
IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/models:server'
UNKNOWN_IMAGE = '763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.27-gpu-py312'


class WithSageMaker(InProcess):
    def setUp(self):
        super().setUp()
        for collection in (sagemaker_endpoints.endpoints, sagemaker_configs.configs, sagemaker_models.models):
            collection.clear()
        sagemaker_deployments.deployments.clear()
        autoscaling.targets.clear()
        autoscaling.policies.clear()
        cloudwatch_logs.reset()
        s3.reset()
        images = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, images)
        os.environ['LOCAL_CLOUD_IMAGES'] = images
        shutil.copytree(CHECKOUT / 'test' / 'local-cloud' / 'model-server', sagemaker_images.folder(IMAGE))

    def tearDown(self):
        for endpoint in sagemaker_endpoints.endpoints.all():
            endpoint.wait()
            endpoint.fleet.stop()
        super().tearDown()


def put_object(bucket, key, content):
    s3._create_bucket(bucket, b'', {})
    s3._put_object(bucket, key, content, {})


def model(name='model', mode='works', image=IMAGE, **container):
    sagemaker_models.create(
        {
            'ModelName': name,
            'ExecutionRoleArn': ROLE,
            'PrimaryContainer': {'Image': image, 'Environment': {'MODE': mode}, **container},
        }
    )
    return name


def variant(model='model', name='AllTraffic', **settings):
    if 'ServerlessConfig' not in settings:
        settings = {'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 2, **settings}
    return {'VariantName': name, 'ModelName': model, **settings}


def config(name='config', *variants, **settings):
    sagemaker_configs.create(
        {'EndpointConfigName': name, 'ProductionVariants': list(variants) or [variant()], **settings}
    )
    return name


def endpoint(name='ep', config='config', **settings):
    made = sagemaker_endpoints.create({'EndpointName': name, 'EndpointConfigName': config, **settings})
    made.wait()
    return made


def update(config, name='ep', wait=True, **settings):
    changed = sagemaker_endpoints.update({'EndpointName': name, 'EndpointConfigName': config, **settings})
    if wait:
        changed.wait()
    return changed


def invoke(body='{}', name='ep', **headers):
    """(headers, parsed answer)"""
    answer_headers, answer = sagemaker_runtime.invoke(name, body.encode(), headers)
    return answer_headers, json.loads(answer)


def impatient():
    """Eight minutes are 0.8 s in these tests: long enough for a container that is not healthy."""
    return mock.patch.object(sagemaker_containers, '_LEAST_STARTUP_SECONDS', 0)


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
