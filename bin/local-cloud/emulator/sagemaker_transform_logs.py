"""
What a transform job logs: the output of its containers, and the data log, which says of each object that failed why. Its
lines are as users paste them; AWS documents the streams alone.
"""

import datetime
import threading
import time

from . import sagemaker_logs
from .simulations import simulation

LOGS = simulation(
    'sagemaker-transform-logs',
    'The log group /aws/sagemaker/TransformJobs has a stream <job>/<instance>-<time> with the output of a container, and '
    '<job>/<instance>-<time>/data-log, which names each object that failed with its status and the lines of the answer',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html',
    'test_sagemaker_transform_failures.Objects.test_data_log_has_the_status_and_the_lines_of_the_answer',
)

GROUP = '/aws/sagemaker/TransformJobs'


def stream(job):
    """Of an instance that starts now."""
    return f'{job}/{sagemaker_logs.instance_id()}-{int(time.time())}'


class DataLog:
    def __init__(self, instance_stream):
        LOGS.exercised()
        self._names = sagemaker_logs.create(GROUP, f'{instance_stream}/data-log')
        # The lines about one object are not torn apart.
        self._lock = threading.Lock()

    def parameters(self, concurrent, payload, strategy):
        self._write([f'MaxConcurrentTransforms={concurrent}, MaxPayloadInMB={payload}, BatchStrategy={strategy}'])

    def failure(self, one, reason, answer=None):
        lines = [reason]
        if answer is not None:
            lines += ['', 'Message:', *answer.decode(errors='replace').splitlines()]
        self._write(f'{one}: {line}' for line in lines)

    def _write(self, lines):
        with self._lock:
            for line in lines:
                now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]
                sagemaker_logs.put(self._names, f'{now}:[sagemaker logs]: {line}')
