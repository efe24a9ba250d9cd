"""
What the local cloud has in place of `docker`: `cdk deploy` calls it for image assets through CDK_DOCKER. It records the
build context under the image's name, and says that no image was built. `docker_stand_in.py FOLDER docker-arguments...`
"""

import json
import os
import shutil
import sys
import urllib.request
from pathlib import Path

from emulator import sagemaker_images


def build(root, arguments):
    tag, context = arguments[arguments.index('--tag') + 1], Path(arguments[-1])
    _copy(context, sagemaker_images.folder(tag, root))
    print(f'The local cloud recorded the build context of {tag}: no image was built.')


def tag(root, arguments):
    source, target = (sagemaker_images.folder(image, root) for image in arguments)
    _copy(source, target)


def push(root, arguments):
    """Makes the image known to the local cloud's ECR, where the next deployment looks for it."""
    image = arguments[-1]
    repository, name = image.partition('/')[2].rsplit(':', 1)
    if not sagemaker_images.folder(image, root).is_dir():
        raise SystemExit(f'{image} was not recorded')
    request = {'repositoryName': repository, 'imageTag': name, 'imageManifest': json.dumps({'recorded': image})}
    region = os.environ['AWS_REGION']
    headers = {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'AmazonEC2ContainerRegistry_V20150921.PutImage',
        'Authorization': f'AWS4-HMAC-SHA256 Credential=test/20260101/{region}/ecr/aws4_request, SignedHeaders=host',
    }
    # The local cloud is on this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], json.dumps(request).encode(), headers)).close()
    print(f'The local cloud knows {image} by its build context: no image was pushed.')


def inspect(root, arguments):
    if not sagemaker_images.folder(arguments[-1], root).is_dir():
        raise SystemExit(1)


def login(root, arguments):
    sys.stdin.read()


def _copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


_COMMANDS = {command.__name__: command for command in (build, tag, push, inspect, login)}


def main():
    root, *arguments = sys.argv[1:]
    if arguments[:1] == ['--config']:
        arguments = arguments[2:]
    command = _COMMANDS.get(arguments[0]) if arguments else None
    if not command:
        raise SystemExit(f"docker {' '.join(arguments)}: the local cloud runs no containers")
    command(root, arguments[1:])


if __name__ == '__main__':
    main()
