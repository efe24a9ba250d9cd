"""
Containers of endpoints and transform jobs: processes of this machine that speak SageMaker's container contract, GET
/ping and POST /invocations. What runs is `node index.js` of a recorded build context; any other image is not run, and
says so when it is invoked.
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
    'A variant, or an instance of a transform job, is one process, "node index.js" of the image\'s recorded build '
    'context, with the environment and the data of its model; other images are InService, or fail their job, with an '
    'error that says that they do not run here',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html',
    'test_sagemaker_containers.Processes.test_environment_and_model_data',
)
PING = simulation(
    'sagemaker-ping',
    'A container must answer GET /ping with 200 within ContainerStartupHealthCheckTimeoutInSeconds (8 minutes); else a '
    'new endpoint or a transform job is Failed, and an update is rolled back',
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
    """
    The process of one variant, or of one instance of a transform job. Its output goes to `log`, which is (group,
    stream); `unhealthy` says what it means when it does not answer pings.
    """

    def __init__(self, model, log, unhealthy, startup_seconds=None, environment=None):
        self._log, self._unhealthy = log, unhealthy
        self._startup_seconds, self._more_environment = startup_seconds or STARTUP_SECONDS, environment or {}
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
        output = sagemaker_logs.follow(self._process.stdout, *self._log)
        try:
            self._await_ping()
        except Unhealthy:
            self.stop()
            # For whoever reads the local cloud's log: the endpoint's log group often goes with its stack.
            _logger.error('The container of %s %s is not healthy:\n%s', *self._log, '\n'.join(output))
            raise

    def stop(self, drain_seconds=_DRAIN_SECONDS):
        """Lets it answer what it has been asked, and ends it."""
        with self._idle:
            self._is_stopping = True
            self._idle.wait_for(lambda: not self._in_flight, drain_seconds)
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

    def refuse_unrunnable(self):
        if not self._process:
            reason = 'holds no index.js, or its build context was not recorded here'
            if not self._is_alone:
                reason = 'is one of several containers'
            raise NotRunnable(f'The local cloud does not run the image {self.image}: it {reason}. ')

    def get(self, path):
        """(status, headers, body) of the container."""
        return self._request('GET', path, _PING_SECONDS)

    def invoke(self, body, headers, seconds=None):
        """(status, headers, body) of the container. A body that is not bytes is sent in chunks."""
        self.refuse_unrunnable()
        with self._idle:
            if self._is_stopping:
                raise Replaced()
            self._in_flight += 1
        try:
            return self._request('POST', '/invocations', seconds or INVOCATION_SECONDS, body, headers)
        except TimeoutError:
            raise TimedOut() from None
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    def _await_ping(self):
        until = time.monotonic() + max(scaled_time.real(self._startup_seconds), _LEAST_STARTUP_SECONDS)
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if self.get('/ping')[0] == 200:
                    return
            except OSError:
                pass  # not listening yet
            time.sleep(0.02)
        PING.exercised()
        raise Unhealthy(self._unhealthy)

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
            **self._more_environment,
            'HOST': '127.0.0.1',
            'SAGEMAKER_BIND_TO_PORT': str(self._port),
            'SAGEMAKER_BASE_DIR': str(self._base),
        }


def _free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]
