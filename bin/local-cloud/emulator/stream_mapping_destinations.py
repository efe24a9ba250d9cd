"""Where records go that a mapping has given up: what Lambda tells an SQS queue, an SNS topic or an S3 bucket of them."""

import datetime
import json
import uuid

from ministack.services import s3, sns, sqs

from .simulations import simulation

DESTINATIONS = simulation(
    'stream-mapping-destination',
    'DestinationConfig.OnFailure: a queue or a topic gets the shard, the sequence numbers and the arrival of the first and the last '
    'record, and how the invocation failed; a delivery that fails is not made again',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_destinations.Destinations.test_queue_and_topic_get_metadata',
)
WHOLE_RECORDS = simulation(
    'stream-mapping-destination-s3',
    'A bucket gets all of that and the whole event, as escaped JSON, in aws/lambda/<mapping>/<shard>/YYYY/MM/DD/'
    'YYYY-MM-DDTHH.MM.SS-<random UUID>',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_destinations.Destinations.test_bucket_gets_the_whole_event',
)


def arn_of(mapping):
    return ((mapping.get('DestinationConfig') or {}).get('OnFailure') or {}).get('Destination') or None


def deliver(mapping, shard_id, given_up, request_id):
    """Whether it was delivered."""
    arn, now = arn_of(mapping), datetime.datetime.now(datetime.timezone.utc)
    document = _document(mapping, shard_id, given_up, request_id, now)
    DESTINATIONS.exercised()
    service = arn.split(':')[2]
    if service == 's3':
        WHOLE_RECORDS.exercised()
        event = {'Records': [record.event for record in given_up.records]}
        body = json.dumps({**document, 'payload': json.dumps(event)})
        return _put(arn.split(':::')[1], _key(mapping['UUID'], shard_id, now), body)
    return {'sqs': _send, 'sns': _publish}[service](arn, json.dumps(document))


def _document(mapping, shard_id, given_up, request_id, now):
    records = given_up.records
    response = {'responseContext': given_up.response} if given_up.response else {}
    return {
        'requestContext': {
            'requestId': request_id,
            'functionArn': mapping['FunctionArn'],
            'condition': given_up.condition,
            'approximateInvokeCount': given_up.invoked,
        },
        **response,
        'version': '1.0',
        'timestamp': _iso(now),
        'KinesisBatchInfo': {
            'shardId': shard_id,
            'startSequenceNumber': records[0].sequence,
            'endSequenceNumber': records[-1].sequence,
            'approximateArrivalOfFirstRecord': _iso(_time(records[0].arrived)),
            'approximateArrivalOfLastRecord': _iso(_time(records[-1].arrived)),
            'batchSize': len(records),
            'streamArn': mapping['EventSourceArn'],
        },
    }


def _key(mapping_id, shard_id, now):
    return f'aws/lambda/{mapping_id}/{shard_id}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}'


def _time(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _iso(time):
    return time.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def _put(bucket, key, body):
    return bucket in s3._buckets and s3._put_object(bucket, key, body.encode(), {})[0] == 200


def _send(arn, body):
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return False
    sqs._act_send_message({'QueueUrl': queue['url'], 'MessageBody': body}, queue['url'])
    return True


def _publish(arn, body):
    if sns._topic_by_arn_any_scope(arn) is None:
        return False
    sns._fanout(arn, str(uuid.uuid4()), body, '', '', {})
    return True
