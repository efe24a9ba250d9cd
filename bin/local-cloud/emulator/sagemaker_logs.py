"""What a container writes goes, line by line, to its log group; embedded metrics in it become metrics."""

import collections
import contextvars
import threading
import time

from ministack.core.responses import new_uuid
from ministack.services import cloudwatch, cloudwatch_logs

from . import embedded_metrics
from .simulations import simulation

LOGS = simulation(
    'sagemaker-logs',
    'Output of a container is in the log group /aws/sagemaker/Endpoints/<endpoint>, in a stream <variant>/<instance>',
    'https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html',
    'test_sagemaker_containers.Processes.test_output_is_in_the_log_group_of_the_endpoint',
)


def group(endpoint):
    return f'/aws/sagemaker/Endpoints/{endpoint}'


def instance_id():
    """As EC2's: there is none behind it."""
    return f'i-{new_uuid()[:17].replace("-", "0")}'


def of_variant(endpoint, variant):
    """(group, stream) of a container that starts now."""
    LOGS.exercised()
    return group(endpoint), f'{variant}/{instance_id()}'


def create(group, stream):
    names = {'logGroupName': group, 'logStreamName': stream}
    cloudwatch_logs._create_log_group(names)  # answers that it exists, when it does
    cloudwatch_logs._create_log_stream(names)
    return names


def put(names, text):
    event = {'timestamp': int(time.time() * 1000), 'message': text}
    cloudwatch_logs._put_log_events({**names, 'logEvents': [event]})


def follow(output, group, stream):
    """
    Reads until the process ends, on a thread that keeps the account and region of the caller. Answers the last lines,
    as they come.
    """
    names, last = create(group, stream), collections.deque(maxlen=20)

    def read():
        with output:
            for line in output:
                text = line.decode(errors='replace').rstrip('\n')
                last.append(text)
                put(names, text)
                for point in embedded_metrics.datapoints(text):
                    embedded_metrics.EMBEDDED_METRICS.exercised()
                    cloudwatch.record_metric(point.namespace, point.name, point.value, point.unit, point.dimensions)

    threading.Thread(target=contextvars.copy_context().run, args=(read,), name='container-log', daemon=True).start()
    return last
