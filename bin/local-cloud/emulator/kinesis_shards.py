"""
Shards that a reshard has closed. ministack throws them away with all they hold; AWS keeps them, and what they hold, until it
expires, and whoever reads in order reads them before their children.
"""

import json

from ministack.core.responses import error_response_json, json_response
from ministack.services import kinesis

from .simulations import simulation

CLOSED_SHARDS = simulation(
    'kinesis-closed-shards',
    'SplitShard, MergeShards and UpdateShardCount close the parent shards: they take no more records, keep those they have, and '
    'GetRecords at their end answers without NextShardIterator and with ChildShards',
    'https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html',
    'test_kinesis_shards.Closed.test_parent_keeps_its_records_and_takes_no_more',
)


def is_closed(shard):
    return 'ending_sequence_number' in shard


def open_shards(stream):
    return {id: shard for id, shard in stream['shards'].items() if not is_closed(shard)}


def parents(shard):
    """A reshard of the whole stream may give a shard more parents than the two that the API shows."""
    shown = [shard.get('parent_shard_id'), shard.get('adjacent_parent_shard_id')]
    return shard.get('parents') or [id for id in shown if id]


def children(stream, parent_id):
    return {id: shard for id, shard in stream['shards'].items() if parent_id in parents(shard)}


def _close(shard):
    CLOSED_SHARDS.exercised()
    shard['ending_sequence_number'] = kinesis._next_sequence_number()


def _keeping_parents(original, *names):
    def reshard(data):
        _, stream = kinesis._resolve_stream(data)
        closing = {data.get(name): (stream or {'shards': {}})['shards'].get(data.get(name)) for name in names}
        for id, shard in closing.items():
            if shard and is_closed(shard):
                return error_response_json('ResourceInUseException', f'Shard {id} is closed', 400)
        answer = original(data)
        if answer[0] == 200:
            for id, shard in closing.items():
                _close(shard)
                stream['shards'][id] = shard
            stream['shards'] = dict(sorted(stream['shards'].items()))
        return answer

    return reshard


def _update_shard_count(data):
    name, stream = kinesis._resolve_stream(data)
    if not stream:
        return error_response_json('ResourceNotFoundException', f'Stream {name} not found', 400)
    target, old = int(data.get('TargetShardCount') or 0), open_shards(stream)
    if not len(old) / 2 <= target <= len(old) * 2:
        message = f'UpdateShardCount cannot go from {len(old)} to {target}: at most double, at least half'
        return error_response_json('InvalidArgumentException', message, 400)
    new = kinesis._build_shards(target, kinesis._max_shard_index(stream) + 1)
    for shard in new.values():
        overlapping = [
            id
            for id, parent in old.items()
            if int(parent['starting_hash_key']) <= int(shard['ending_hash_key'])
            and int(shard['starting_hash_key']) <= int(parent['ending_hash_key'])
        ]
        shard['parents'] = overlapping
        shard['parent_shard_id'], shard['adjacent_parent_shard_id'] = [*overlapping, None][:2]
    for shard in old.values():
        _close(shard)
    stream['shards'].update(new)
    return json_response(
        {
            'StreamName': stream['StreamName'],
            'StreamARN': stream['StreamARN'],
            'CurrentShardCount': len(old),
            'TargetShardCount': target,
        }
    )


def _changed(answer, change):
    body = json.loads(answer[2])
    change(body)
    return json_response(body)


def install():
    route, shard_out = kinesis._route_to_shard, kinesis._shard_out
    summary, get_records = kinesis._describe_stream_summary, kinesis._get_records

    def described(data):
        answer = summary(data)
        if answer[0] != 200:
            return answer
        count = len(open_shards(kinesis._resolve_stream(data)[1]))
        return _changed(answer, lambda body: body['StreamDescriptionSummary'].update(OpenShardCount=count))

    def shown(id, shard):
        found = shard_out(id, shard)
        if is_closed(shard):
            found['SequenceNumberRange']['EndingSequenceNumber'] = shard['ending_sequence_number']
        return found

    def got(data):
        answer = get_records(data)
        if answer[0] != 200:
            return answer
        next_iterator = json.loads(answer[2])['NextShardIterator']
        state = kinesis._shard_iterators[next_iterator]
        stream = kinesis._streams[state['stream']]
        shard = stream['shards'][state['shard_id']]
        if not is_closed(shard) or state['position'] < len(shard['records']):
            return answer

        def ended(body):
            del body['NextShardIterator']
            body['ChildShards'] = [
                {
                    'ShardId': id,
                    'ParentShards': parents(child),
                    'HashKeyRange': shard_out(id, child)['HashKeyRange'],
                }
                for id, child in children(stream, state['shard_id']).items()
            ]

        return _changed(answer, ended)

    kinesis._route_to_shard = lambda hash_key, stream: route(hash_key, {'shards': open_shards(stream)})
    kinesis._shard_out = shown
    kinesis._describe_stream_summary = described
    kinesis._get_records = got
    kinesis._split_shard = _keeping_parents(kinesis._split_shard, 'ShardToSplit')
    kinesis._merge_shards = _keeping_parents(kinesis._merge_shards, 'ShardToMerge', 'AdjacentShardToMerge')
    kinesis._update_shard_count = _update_shard_count
