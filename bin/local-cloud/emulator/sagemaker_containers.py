"""
Containers of an endpoint: processes of this machine that speak SageMaker's container contract, GET /ping and POST
/invocations. What runs is `node index.js` of a recorded build context; any other image is not run, and says so when it
is invoked.
"""

import http.client
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ministack.core.responses import get_region

from . import sagemaker_images, sagemaker_logs, sagemaker_models, scaled_time
from .simulations import simulation

CONTAINERS = simulation(
    'sagemaker-containers',
    'A variant is one process, "node index.js" of the image\'s recorded build context, with the environment and the '
    'data of its model; other images are InService and answer with an error that says that they do not run here',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html',
    'test_sagemaker_containers.Processes.test_environment_and_model_data',
)
PING = simulation(
    'sagemaker-ping',
    'A container must answer GET /ping with 200 within ContainerStartupHealthCheckTimeoutInSeconds (8 minutes); else a '
    'new endpoint is Failed, and an update is rolled back',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html',
    'test_sagemaker_endpoints.Creation.test_container_that_fails_its_health_check',
)

_logger = logging.getLogger('sagemaker')

STARTUP_SECONDS = 480
# Starting a process takes real time, however short a minute is.
_LEAST_STARTUP_SECONDS = 3
_PING_SECONDS = 2
INVOCATION_SECONDS = 60
_DRAIN_SECONDS = 5
# The process's end when this one's end of its input closes, however that comes about: no orphans.
_ENDS_WITH_PARENT = (
    'data:text/javascript,import{isMainThread}from"node:worker_threads";'
    'isMainThread&&process.stdin.on("end",()=>process.exit()).resume().unref()'
)


class Unhealthy(Exception):
    pass


class TimedOut(Exception):
    pass


class NotRunnable(Exception):
    pass


class Replaced(Exception):
    """The container was about to end when the invocation came; another has taken its place."""


class Container:
    """The process of one variant."""

    def __init__(self, endpoint, variant, model):
        self.endpoint, self.variant = endpoint, variant
        self._container = sagemaker_models.containers(model)[0]
        self._is_alone = len(sagemaker_models.containers(model)) == 1
        self.image = self._container.get('Image')
        self._process = self._base = self._port = None
        self._idle, self._in_flight, self._is_stopping = threading.Condition(), 0, False

    def start(self):
        """Returns when the container is healthy, or raises Unhealthy."""
        program = sagemaker_images.program(self.image)
        if not program or not self._is_alone:
            return
        CONTAINERS.exercised()
        self._base, self._port = Path(tempfile.mkdtemp(prefix='sagemaker-')), _free_port()
        for name, content in sagemaker_models.data(self._container).items():
            file = self._base / 'model' / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (self._base / 'model').mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            ['node', f'--import={_ENDS_WITH_PARENT}', 'index.js'],
            cwd=program,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output = sagemaker_logs.follow(self._process.stdout, self.endpoint, self.variant['VariantName'])
        try:
            self._await_ping()
        except Unhealthy:
            self.stop()
            # For whoever reads the local cloud's log: the endpoint's log group often goes with its stack.
            _logger.error('The container of endpoint %s is not healthy:\n%s', self.endpoint, '\n'.join(output))
            raise

    def stop(self):
        """Lets it answer what it has been asked, and ends it."""
        with self._idle:
            self._is_stopping = True
            self._idle.wait_for(lambda: not self._in_flight, _DRAIN_SECONDS)
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(_DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdin.close()
        shutil.rmtree(self._base, ignore_errors=True)

    def pid(self):
        """Of the process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def invoke(self, body, headers):
        """(status, headers, body) of the container."""
        if not self._process:
            reason = 'holds no index.js, or its build context was not recorded here'
            if not self._is_alone:
                reason = 'is one of several containers'
            raise NotRunnable(f'The local cloud does not run the image {self.image}: it {reason}. ')
        with self._idle:
            if self._is_stopping:
                raise Replaced()
            self._in_flight += 1
        try:
            return self._request('POST', '/invocations', INVOCATION_SECONDS, body, headers)
        except TimeoutError:
            raise TimedOut() from None
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    def _await_ping(self):
        seconds = self.variant.get('ContainerStartupHealthCheckTimeoutInSeconds') or STARTUP_SECONDS
        until = time.monotonic() + max(scaled_time.real(seconds), _LEAST_STARTUP_SECONDS)
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if self._request('GET', '/ping', _PING_SECONDS)[0] == 200:
                    return
            except OSError:
                pass  # not listening yet
            time.sleep(0.02)
        PING.exercised()
        raise Unhealthy(
            f"The primary container for production variant {self.variant['VariantName']} did not pass the ping health "
            f'check. Please check CloudWatch logs for this endpoint.'
        )

    def _request(self, method, path, timeout, body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self._port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _environment(self):
        port = os.environ.get('GATEWAY_PORT')
        return {
            **{name: os.environ[name] for name in ('PATH', 'HOME', 'TMPDIR', 'NODE_PATH') if name in os.environ},
            'AWS_REGION': get_region(),
            'AWS_ACCESS_KEY_ID': 'test',
            'AWS_SECRET_ACCESS_KEY': 'test',
            'AWS_EC2_METADATA_DISABLED': 'true',
            **({'AWS_ENDPOINT_URL': f'http://127.0.0.1:{port}'} if port else {}),
            **(self._container.get('Environment') or {}),
            'HOST': '127.0.0.1',
            'SAGEMAKER_BIND_TO_PORT': str(self._port),
            'SAGEMAKER_BASE_DIR': str(self._base),
        }


def _free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]
