import asyncio
import json

from emulator import stream_mapping_faults
from in_process import values
from ministack import app
from ministack.services import kinesis
from stream_fixtures import WithStreams, mapping, put, stream

RECORDS = [{'PartitionKey': 'k', 'Data': 'YWJj'}] * 3


def page(name, **query):
    given = {key: [value] for key, value in query.items()}
    answer = asyncio.run(app._handle_pre_body_request('GET', f'/_local_cloud/{name}', {}, given, 'id'))
    return json.loads(answer[2])


class Puts(WithStreams):
    def put_records(self, name='readings'):
        status, _, body = kinesis._put_records({'StreamName': name, 'Records': RECORDS})
        self.assertEqual(status, 200)
        return json.loads(body)

    def stored(self, name='readings'):
        return sum(len(shard['records']) for shard in kinesis._streams[name]['shards'].values())

    def test_some_records_of_a_request_are_refused(self):
        stream()
        stream_mapping_faults.replace({'refused-puts': '2'})
        answer = self.put_records()
        self.assertEqual((answer['FailedRecordCount'], self.stored()), (2, 1))
        refused = {'ErrorCode': 'ProvisionedThroughputExceededException', 'ErrorMessage': 'Rate exceeded for shard.'}
        self.assertEqual(answer['Records'][:2], [refused, refused])
        self.assertIn('SequenceNumber', answer['Records'][2])
        self.assertEqual(values('AWS/Kinesis', 'WriteProvisionedThroughputExceeded', StreamName='readings'), [2])
        self.assertEqual(self.put_records()['FailedRecordCount'], 0)

    def test_single_record(self):
        stream()
        stream_mapping_faults.replace({'refused-puts': '1'})
        body = {'StreamName': 'readings', **RECORDS[0]}
        status, _, answer = kinesis._put_record(body)
        self.assertEqual((status, json.loads(answer)['__type']), (400, 'ProvisionedThroughputExceededException'))
        self.assertEqual(kinesis._put_record(body)[0], 200)

    def test_of_one_stream_only(self):
        stream()
        stream('out')
        stream_mapping_faults.replace({'refused-puts': '1', 'sink': 'out'})
        self.assertEqual(self.put_records()['FailedRecordCount'], 0)
        self.assertEqual(self.put_records('out')['FailedRecordCount'], 1)


class Pages(WithStreams):
    def test_faults_are_replaced(self):
        self.assertEqual(page('stream-faults', throttled='3'), {'throttled': 3})
        self.assertEqual(page('stream-faults', repeated='1'), {'repeated': 1})
        self.assertFalse(stream_mapping_faults.strikes('throttled', 'readings'))
        self.assertEqual(page('stream-faults', trottled='1'), {'error': 'unknown: trottled'})

    def test_mappings(self):
        self.consumer()
        arn = stream()
        one = mapping(arn)
        put('1a')
        self.until_done()
        [found] = page('mappings')
        self.assertEqual((found['uuid'], found['source'], found['state']), (one['UUID'], arn, 'Enabled'))
        self.assertEqual((found['waiting'], found['events']['Polled'], found['events']['Invoked']), (0, 1, 1))
        self.assertEqual([shard['id'] for shard in found['shards']], ['shardId-000000000000'])

    def test_of_mappings_of_one_stream_only(self):
        self.consumer()
        stream('other')
        stream_mapping_faults.replace({'throttled': '5', 'source': 'other'})
        mapping(stream())
        put('1a')
        self.until_done()
        self.assertEqual(values('AWS/Lambda', 'Throttles', FunctionName='consumer'), [0])

    def test_throttles_are_the_functions(self):
        self.consumer()
        stream_mapping_faults.replace({'throttled': '2'})
        mapping(stream())
        put('1a')
        self.until_done()
        self.assertEqual(sum(values('AWS/Lambda', 'Throttles', FunctionName='consumer')), 2)
        self.assertEqual(len(values('AWS/Lambda', 'Invocations', FunctionName='consumer')), 1)
