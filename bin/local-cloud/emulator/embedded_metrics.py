"""
Embedded metric format: JSON lines in a function's log that CloudWatch Logs turns into metrics. ministack's workers hand
over whatever a function wrote to stdout and stderr as the invocation's log text; this reads it line by line.
"""

import json
import re
from typing import NamedTuple

from ministack.services import cloudwatch, lambda_svc

from .simulations import simulation

EMBEDDED_METRICS = simulation(
    'cloudwatch-embedded-metrics',
    'Log lines in embedded metric format become metrics: several directives, dimension sets, arrays of values',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html',
    'test_embedded_metrics.Lines.test_directives_dimension_sets_and_arrays',
)

# Bounds of the specification; what exceeds them, CloudWatch drops.
_MAX_DIMENSIONS, _MAX_METRICS, _MAX_VALUES = 30, 100, 100
# What Lambda's console puts before a line in text format: time, request id, level, tab-separated.
_CONSOLE_PREFIX = re.compile(r'^\d{4}-\d\d-\d\dT[^\t]+\t[^\t]+\t\w+\t')


class Datapoint(NamedTuple):
    namespace: str
    name: str
    unit: str
    dimensions: dict
    value: float


def datapoints(line):
    """The metrics that one log line carries; none for an ordinary line."""
    if '"_aws"' not in line:
        return []
    try:
        document = json.loads(_CONSOLE_PREFIX.sub('', line.strip()))
        directives = document['_aws']['CloudWatchMetrics']
    except (ValueError, KeyError, TypeError):
        return []
    return [point for directive in directives for point in _of_directive(directive, document)]


def _of_directive(directive, document):
    metrics, sets = directive.get('Metrics') or [], directive.get('Dimensions') or [[]]
    if len(metrics) > _MAX_METRICS:
        return
    for names in sets:
        # A dimension's value is a string member of the document; without it the set identifies nothing.
        if len(names) > _MAX_DIMENSIONS or not all(isinstance(document.get(name), str) for name in names):
            continue
        dimensions = {name: document[name] for name in names}
        for metric in metrics:
            values = document.get(metric['Name'])
            values = values if isinstance(values, list) else [values]
            if len(values) > _MAX_VALUES or not all(_is_number(value) for value in values):
                continue
            for value in values:
                yield Datapoint(directive['Namespace'], metric['Name'], metric.get('Unit', 'None'), dimensions, value)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def install():
    emit = lambda_svc._emit_lambda_logs

    def emit_with_metrics(func, request_id, log_text, *args, **kwargs):
        for line in (log_text or '').splitlines():
            for point in datapoints(line):
                EMBEDDED_METRICS.exercised()
                # Stamped on arrival, not by `_aws.Timestamp`: at a second for a minute, the way of a line through the
                # log would put it into a period that is over.
                cloudwatch.record_metric(point.namespace, point.name, point.value, point.unit, point.dimensions)
        return emit(func, request_id, log_text, *args, **kwargs)

    lambda_svc._emit_lambda_logs = emit_with_metrics
