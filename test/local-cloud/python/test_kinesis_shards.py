import json

from in_process import InProcess
from ministack.services import kinesis
from stream_fixtures import put, stream

HALF = str(2**127)


class Closed(InProcess):
    def setUp(self):
        super().setUp()
        kinesis.reset()
        stream()

    def call(self, operation, **params):
        status, _, body = operation({'StreamName': 'readings', **params})
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def shards(self):
        return {shard['ShardId'][-1]: shard for shard in self.call(kinesis._list_shards)['Shards']}

    def read(self, id):
        iterator = self.call(kinesis._get_shard_iterator, ShardId=id, ShardIteratorType='TRIM_HORIZON')
        answer = json.loads(kinesis._get_records({'ShardIterator': iterator['ShardIterator'], 'Limit': 2})[2])
        return answer

    def split(self):
        self.call(kinesis._split_shard, ShardToSplit='shardId-000000000000', NewStartingHashKey=HALF)

    def test_parent_keeps_its_records_and_takes_no_more(self):
        put('1a')
        self.split()
        put(*[f'2{key}' for key in 'abcdefgh'])
        answer = self.read('shardId-000000000000')
        self.assertEqual([record['Data'] for record in answer['Records']], ['MWE='])
        self.assertNotIn('NextShardIterator', answer)
        self.assertEqual([child['ShardId'][-1] for child in answer['ChildShards']], ['1', '2'])
        shards = self.shards()
        self.assertIn('EndingSequenceNumber', shards['0']['SequenceNumberRange'])
        self.assertNotIn('EndingSequenceNumber', shards['1']['SequenceNumberRange'])
        self.assertEqual(shards['1']['ParentShardId'], 'shardId-000000000000')
        summary = self.call(kinesis._describe_stream_summary)['StreamDescriptionSummary']
        self.assertEqual(summary['OpenShardCount'], 2)

    def test_iterator_goes_on_while_there_are_records(self):
        put('1a', '2a', '3a')
        self.split()
        self.assertIn('NextShardIterator', self.read('shardId-000000000000'))

    def test_closed_shard_is_not_split_again(self):
        self.split()
        body = {'StreamName': 'readings', 'ShardToSplit': 'shardId-000000000000', 'NewStartingHashKey': HALF}
        self.assertEqual(kinesis._split_shard(body)[0], 400)

    def test_merge(self):
        self.split()
        put(*[f'1{key}' for key in 'abcdefgh'])
        pair = {'ShardToMerge': 'shardId-000000000001', 'AdjacentShardToMerge': 'shardId-000000000002'}
        self.call(kinesis._merge_shards, **pair)
        merged = self.shards()['3']
        self.assertEqual((merged['ParentShardId'][-1], merged['AdjacentParentShardId'][-1]), ('1', '2'))
        held = [len(shard['records']) for shard in kinesis._streams['readings']['shards'].values()]
        self.assertEqual((sum(held), held[3]), (8, 0))

    def test_count(self):
        self.call(kinesis._update_shard_count, TargetShardCount=2, ScalingType='UNIFORM_SCALING')
        self.call(kinesis._update_shard_count, TargetShardCount=3, ScalingType='UNIFORM_SCALING')
        shards = self.shards()
        self.assertEqual(sorted(shards), ['0', '1', '2', '3', '4', '5'])
        self.assertEqual((shards['4']['ParentShardId'][-1], shards['4']['AdjacentParentShardId'][-1]), ('1', '2'))
        status, _, body = kinesis._update_shard_count({'StreamName': 'readings', 'TargetShardCount': 7})
        self.assertEqual((status, json.loads(body)['__type']), (400, 'InvalidArgumentException'))
