"""ECR as `cdk deploy` needs it: an image that is not there yet is asked for, then pushed by ../docker_stand_in.py."""

import json

from ministack.core.responses import error_response_json
from ministack.services import ecr

from .simulations import simulation

MISSING_IMAGE = simulation(
    'ecr-missing-image',
    'DescribeImages of a tag or digest that a repository does not have is ImageNotFoundException',
    'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html',
    'test_image_registry.Images.test_missing_image_is_an_error',
)
RECORDED_IMAGE = simulation(
    'ecr-recorded-image',
    'An image asset is known by its build context, recorded in place of an image; no image is built (CDK_DOCKER)',
    'https://docs.aws.amazon.com/cdk/v2/guide/build-containers.html',
    'local-cloud-endpoint.test.ts: is made from a recorded build context, of which cdk says that no image was built',
)


def install():
    describe, put = ecr._describe_images, ecr._put_image

    def describe_existing(data):
        repository, ids = data.get('repositoryName', ''), data.get('imageIds') or []
        missing = [one for one in ids if repository in ecr._repositories and not ecr._find_image(repository, one)]
        if not missing:
            return describe(data)
        MISSING_IMAGE.exercised()
        message = f"The image with imageId {json.dumps(missing[0])} does not exist within the repository '{repository}'"
        return error_response_json('ImageNotFoundException', message, 400)

    def put_recorded(data):
        if 'recorded' in data.get('imageManifest', ''):
            RECORDED_IMAGE.exercised()
        return put(data)

    ecr._describe_images, ecr._put_image = describe_existing, put_recorded
