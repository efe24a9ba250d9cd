"""A record of a Kinesis stream as Lambda hands it to a function, the lane that it belongs to, and the answers that Lambda reads."""

import hashlib
import json

from ministack.services import kinesis, lambda_svc

from .simulations import simulation
from .stream_mapping_lanes import FAILED, REPORTED, SUCCEEDED, Outcome, Record

EVENTS = simulation(
    'stream-mapping-events',
    'The event of a batch: Records of one shard with kinesis.partitionKey, sequenceNumber, data in base64 and '
    'approximateArrivalTimestamp in seconds, eventID <shard>:<sequence number>, eventSourceARN and the function\'s role',
    'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
    'test_stream_mapping_poller.Delivery.test_event',
)
FILTERS = simulation(
    'stream-mapping-filters',
    'Records that none of the FilterCriteria fits, or whose data is not JSON while a filter asks for data, are passed over before '
    'a batch is formed',
    'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html',
    'test_stream_mapping_events.Filters.test_data_that_is_not_json',
)
LANES = simulation(
    'stream-mapping-parallel',
    'With ParallelizationFactor several batches of a shard are under way at a time; records of one partition key are always in the '
    'same lane, in order',
    'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
    'test_stream_mapping_poller.Parallel.test_order_is_kept_for_each_key',
)
ANSWERS = simulation(
    'stream-mapping-answers',
    'An answer of null, of {}, or with an empty or null batchItemFailures is a success; one with an itemIdentifier that is empty, '
    'null, under another name or none of the batch, or one that is no object, fails the whole batch',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html',
    'test_stream_mapping_events.Answers.test_answers',
)


def record(source_arn, shard_id, stored, region, role):
    EVENTS.exercised()
    data, sequence = kinesis._ensure_base64(stored['Data']), stored['SequenceNumber']
    event = {
        'kinesis': {
            'kinesisSchemaVersion': '1.0',
            'partitionKey': stored['PartitionKey'],
            'sequenceNumber': sequence,
            'data': data,
            'approximateArrivalTimestamp': stored['ApproximateArrivalTimestamp'],
        },
        'eventSource': 'aws:kinesis',
        'eventVersion': '1.0',
        'eventID': f'{shard_id}:{sequence}',
        'eventName': 'aws:kinesis:record',
        'invokeIdentityArn': role,
        'awsRegion': region,
        'eventSourceARN': source_arn,
    }
    # Only the data is long, and is as long in JSON as it is.
    size = len(data) + len(json.dumps({**event, 'kinesis': {**event['kinesis'], 'data': ''}}))
    return Record(sequence, stored['PartitionKey'], stored['ApproximateArrivalTimestamp'], size, event)


def matching(records, mapping):
    if not (mapping.get('FilterCriteria') or {}).get('Filters'):
        return records
    FILTERS.exercised()
    kept = {id(event) for event in lambda_svc._apply_filter_criteria([one.event for one in records], mapping)}
    return [one for one in records if id(one.event) in kept]


def lane_of(key, lanes):
    if lanes == 1:
        return 0
    LANES.exercised()
    return int.from_bytes(hashlib.md5(key.encode()).digest()[:8], 'big') % lanes


def outcome(answer, batch, reports_failures, response):
    """Of an invocation that did not fail."""
    if not reports_failures:
        return Outcome(SUCCEEDED, response=response)
    ANSWERS.exercised()
    if answer is None:
        return Outcome(SUCCEEDED, response=response)
    if not isinstance(answer, dict):
        return Outcome(FAILED, response=response)
    failures = answer.get('batchItemFailures')
    if failures is None or failures == []:
        return Outcome(SUCCEEDED, response=response)
    known = [one.sequence for one in batch.records]
    if not isinstance(failures, list) or not all(isinstance(one, dict) for one in failures):
        return Outcome(FAILED, response=response)
    named = [one.get('itemIdentifier') for one in failures]
    if not all(one in known for one in named):
        return Outcome(FAILED, response=response)
    return Outcome(REPORTED, min(named, key=int), response)
