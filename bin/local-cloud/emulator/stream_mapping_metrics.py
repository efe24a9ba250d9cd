"""
What Lambda and Kinesis publish of a mapping that reads a stream. Ages are stretched as other durations are shrunk: a record
that waited for a second of a scaled minute of one second has an age of a minute.
"""

import threading
import time

from ministack.services import cloudwatch

from . import lambda_metrics, scaled_time
from .simulations import simulation

ITERATOR_AGE = simulation(
    'lambda-iterator-age',
    'IteratorAge of the last record of each batch when it is sent, by FunctionName and by FunctionName and Resource',
    'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
    'test_stream_mapping_metrics.Ages.test_iterator_age_is_in_scaled_time',
)
COUNTS = simulation(
    'stream-mapping-counts',
    'With MetricsConfig EventCount: Polled, FilteredOut, Invoked, FailedInvoke, Dropped and OnFailureDestinationDelivered counts by '
    'EventSourceMappingUUID; a poll that finds nothing is a 0',
    'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
    'test_stream_mapping_metrics.Counts.test_dropped_are_those_that_no_destination_has',
)
STREAM_AGE = simulation(
    'kinesis-iterator-age',
    'GetRecords.IteratorAgeMilliseconds by StreamName of what mappings read, 0 when there is nothing more; for a consumer with '
    'enhanced fan-out SubscribeToShardEvent.MillisBehindLatest by StreamName and ConsumerName',
    'https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html',
    'test_stream_mapping_metrics.Ages.test_age_of_a_stream',
)
INCOMING = simulation(
    'kinesis-incoming',
    'IncomingRecords and IncomingBytes by StreamName of what PutRecord and PutRecords stored, and '
    'WriteProvisionedThroughputExceeded of what they refused',
    'https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html',
    'test_stream_mapping_metrics.Incoming.test_records_and_bytes',
)

LAMBDA, KINESIS = 'AWS/Lambda', 'AWS/Kinesis'
# Of the mappings without EventCount too, since the start: for reports.
_totals = {}
_lock = threading.Lock()


def aws_milliseconds(real_seconds):
    return max(0.0, real_seconds) * 60_000 / scaled_time.minute()


def totals(mapping_id):
    with _lock:
        return dict(_totals.get(mapping_id, {}))


def forget(mapping_id):
    with _lock:
        _totals.pop(mapping_id, None)


def count(mapping, **values):
    published = 'EventCount' in ((mapping.get('MetricsConfig') or {}).get('Metrics') or [])
    with _lock:
        sums = _totals.setdefault(mapping['UUID'], {})
        for name, value in values.items():
            sums[name] = sums.get(name, 0) + value
    if published:
        COUNTS.exercised()
        for name, value in values.items():
            dimensions = {'EventSourceMappingUUID': mapping['UUID']}
            cloudwatch.record_metric(LAMBDA, f'{name}EventCount', value, 'Count', dimensions)


def sent(config, batch):
    ITERATOR_AGE.exercised()
    age = aws_milliseconds(time.time() - batch.records[-1].arrived)
    _of_function(config, 'IteratorAge', age, 'Milliseconds')


def undelivered(config):
    _of_function(config, 'DestinationDeliveryFailures', 1, 'Count')


def _of_function(config, name, value, unit):
    # Not by ExecutedVersion: AWS names it for metrics of invocations only.
    for dimensions in lambda_metrics.dimension_sets(config)[:2]:
        cloudwatch.record_metric(LAMBDA, name, value, unit, dimensions)


def read(source_arn, seconds_behind):
    STREAM_AGE.exercised()
    name, _, consumer = source_arn.partition(':stream/')[2].partition('/consumer/')
    dimensions, metric = {'StreamName': name}, 'GetRecords.IteratorAgeMilliseconds'
    if consumer:
        dimensions['ConsumerName'], metric = consumer.partition(':')[0], 'SubscribeToShardEvent.MillisBehindLatest'
    cloudwatch.record_metric(KINESIS, metric, aws_milliseconds(seconds_behind), 'Milliseconds', dimensions)


def incoming(stream_name, stored, stored_bytes, refused):
    INCOMING.exercised()
    dimensions = {'StreamName': stream_name}
    if stored:
        cloudwatch.record_metric(KINESIS, 'IncomingRecords', stored, 'Count', dimensions)
        cloudwatch.record_metric(KINESIS, 'IncomingBytes', stored_bytes, 'Bytes', dimensions)
    cloudwatch.record_metric(KINESIS, 'WriteProvisionedThroughputExceeded', refused, 'Count', dimensions)
