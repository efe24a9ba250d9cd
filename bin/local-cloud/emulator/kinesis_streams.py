"""What ministack drops from a stream in a template, and the consumers with enhanced fan-out that it has only by its API."""

import json

from ministack.services import kinesis

from . import api_models, cloudformation, kinesis_shards
from .simulations import simulation

STREAMS = simulation(
    'kinesis-streams',
    'StreamEncryption of a template is in the stream\'s description, a new ShardCount reshards, and a retention out of 24 to 8760 '
    'hours, encryption without a key, and ShardCount of an on-demand stream are refused; nothing is encrypted',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html',
    'test_kinesis_streams.Streams.test_encryption_is_described',
)
CONSUMERS = simulation(
    'kinesis-stream-consumers',
    'AWS::Kinesis::StreamConsumer registers a consumer; its ARN is its reference',
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-streamconsumer.html',
    'test_kinesis_streams.Consumers.test_reference_is_the_arn',
)

STREAM, CONSUMER = 'AWS::Kinesis::Stream', 'AWS::Kinesis::StreamConsumer'
_HOURS = range(24, 8761)


def _checked(props):
    mode = (props.get('StreamModeDetails') or {}).get('StreamMode', 'PROVISIONED')
    if mode == 'ON_DEMAND' and props.get('ShardCount') is not None:
        raise ValueError('CreateStream: ShardCount must not be set for a stream in the mode ON_DEMAND')
    if int(props.get('RetentionPeriodHours') or 24) not in _HOURS:
        raise ValueError('RetentionPeriodHours must be between 24 and 8760')
    encryption = props.get('StreamEncryption')
    if encryption:
        api_models.checked('kinesis', 'StartStreamEncryption', {'StreamName': 'name', **encryption})


def _apply(name, props):
    stream, encryption = kinesis._streams[name], props.get('StreamEncryption')
    if encryption:
        STREAMS.exercised()
        stream.update(EncryptionType=encryption['EncryptionType'], KeyId=encryption['KeyId'])
    else:
        stream['EncryptionType'] = 'NONE'
        stream.pop('KeyId', None)
    count = props.get('ShardCount')
    if count is not None and int(count) != len(kinesis_shards.open_shards(stream)):
        STREAMS.exercised()
        _call(kinesis._update_shard_count, {'StreamName': name, 'TargetShardCount': int(count)})


def _call(operation, params):
    status, _, body = operation(params)
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f'{answer.get("__type")}: {answer.get("message")}')
    return answer


def _register(logical_id, props, stack):
    CONSUMERS.exercised()
    params = {key: props[key] for key in ('StreamARN', 'ConsumerName') if key in props}
    consumer = _call(
        kinesis._register_consumer, api_models.checked('kinesis', 'RegisterStreamConsumer', params)
    )['Consumer']
    attributes = {**consumer, 'StreamARN': params['StreamARN']}
    return consumer['ConsumerARN'], attributes


def _replace(physical_id, old, new, stack, logical_id):
    # Every property but Tags replaces it.
    if {**old, 'Tags': None} == {**new, 'Tags': None}:
        return physical_id, dict(kinesis._consumers[physical_id])
    answer = _register(logical_id, new, stack)
    _deregister(physical_id, old)
    return answer


def _deregister(physical_id, props):
    kinesis._consumers.pop(physical_id, None)


def install():
    for action in ('create', 'update'):
        cloudformation.before(STREAM, action, _checked)
        cloudformation.after(STREAM, action, _apply)
    cloudformation.register(CONSUMER, create=_register, update=_replace, delete=_deregister)
