import json
import time

from emulator import stream_mapping_faults, stream_mapping_poller
from in_process import alias, create, publish, update
from ministack.services import kinesis, lambda_svc
from stream_fixtures import WithStreams, is_done, mapping, put, stream, text

TYPE = 'AWS::Lambda::EventSourceMapping'
HALF = str(2**127)


class Delivery(WithStreams):
    def test_event(self):
        self.consumer(Role='arn:aws:iam::000000000000:role/consumer')
        arn = stream()
        put('one', key='k')
        mapping(arn)
        self.until_done()
        [stored] = kinesis._streams['readings']['shards']['shardId-000000000000']['records']
        self.assertEqual(
            self.calls()[0]['event'],
            {
                'Records': [
                    {
                        'kinesis': {
                            'kinesisSchemaVersion': '1.0',
                            'partitionKey': 'k',
                            'sequenceNumber': stored['SequenceNumber'],
                            'data': 'b25l',
                            'approximateArrivalTimestamp': stored['ApproximateArrivalTimestamp'],
                        },
                        'eventSource': 'aws:kinesis',
                        'eventVersion': '1.0',
                        'eventID': f'shardId-000000000000:{stored["SequenceNumber"]}',
                        'eventName': 'aws:kinesis:record',
                        'invokeIdentityArn': 'arn:aws:iam::000000000000:role/consumer',
                        'awsRegion': 'us-east-1',
                        'eventSourceARN': arn,
                    }
                ]
            },
        )

    def test_batches_of_one_shard_in_order(self):
        self.consumer()
        arn = stream(shards=2)
        put(*[f'{number} {key}' for number in range(20) for key in 'abcdef'])
        mapping(arn, BatchSize=7)
        self.until_done()
        for call in self.calls():
            self.assertLessEqual(len(call['event']['Records']), 7)
            self.assertEqual(len({record['eventID'].split(':')[0] for record in call['event']['Records']}), 1)
        delivered = [one for batch in self.batches() for one in batch]
        for key in 'abcdef':
            self.assertEqual([one for one in delivered if one[-1] == key], [f'{number} {key}' for number in range(20)])

    def test_window_gathers(self):
        self.consumer()
        # 300 s of AWS are half a second of the minute of these tests.
        mapping(stream(), MaximumBatchingWindowInSeconds=300)
        put('1a')
        time.sleep(0.2)
        put('2a')
        self.until_done()
        self.assertEqual(self.batches(), [['1a', '2a']])

    def test_consumer_with_enhanced_fan_out(self):
        self.consumer()
        source, _ = create('AWS::Kinesis::StreamConsumer', {'StreamARN': stream(), 'ConsumerName': 'mine'})
        mapping(source)
        put('1a')
        self.until_done()
        self.assertEqual(self.calls()[0]['event']['Records'][0]['eventSourceARN'], source)

    def test_batches_follow_the_weights_of_an_alias(self):
        self.consumer()
        old, new = publish('consumer'), publish('consumer')
        alias('consumer', old, {new: 0.5})
        put_all = [f'{number}a' for number in range(40)]
        arn = stream()
        put(*put_all)
        mapping(arn, 'consumer:live', BatchSize=1)
        self.until_done()
        versions = [call['version'] for call in self.calls()]
        self.assertEqual([one for [one] in self.batches()], put_all)
        # 40 draws at one half: fewer than 6 of either is a chance of one in a million.
        self.assertGreater(versions.count(old), 5)
        self.assertGreater(versions.count(new), 5)

    def test_attempts_follow_them_too(self):
        self.consumer()
        old, new = publish('consumer'), publish('consumer')
        alias('consumer', old, {new: 0.5})
        arn = stream()
        put('poison a')
        mapping(arn, 'consumer:live', MaximumRetryAttempts=19)
        self.until_done()
        self.assertEqual({call['version'] for call in self.calls()}, {old, new})
        self.assertEqual(len(self.calls()), 20)

    def test_throttled_function_is_tried_again(self):
        self.consumer(ReservedConcurrentExecutions=0)
        mapping(stream(), MaximumRetryAttempts=0)
        put('1a')
        time.sleep(0.3)
        self.assertEqual(self.calls(), [])
        lambda_svc._functions['consumer']['concurrency'] = None
        self.until_done()
        self.assertEqual(self.batches(), [['1a']])

    def test_partial_answer_needs_the_setting(self):
        self.consumer()
        mapping(stream())
        put('1a', 'report a')
        self.until_done()
        self.assertEqual(sum(map(len, self.batches())), 2)

    def test_partial_answer_is_tried_again_from_there(self):
        self.consumer()
        arn = stream()
        put('1a', 'report a', '3a')
        mapping(arn, FunctionResponseTypes=['ReportBatchItemFailures'])
        self.eventually(lambda: len(self.calls()) > 2)
        self.heal()
        self.until_done()
        self.assertEqual(self.batches()[0], ['1a', 'report a', '3a'])
        self.assertEqual({tuple(batch) for batch in self.batches()[1:]}, {('report a', '3a')})


class Parallel(WithStreams):
    def test_order_is_kept_for_each_key(self):
        self.consumer()
        arn = stream()
        put(*[f'slow {number}{key}' for number in range(3) for key in 'abcdefgh'])
        mapping(arn, BatchSize=2, ParallelizationFactor=4)
        self.until_done()
        calls = self.calls()
        self.assertTrue(any(one['ended'] > later['begun'] for one, later in zip(calls, calls[1:])), 'none at a time')
        for key in 'abcdefgh':
            of_key = [one for batch in self.batches() for one in batch if one[-1] == key]
            self.assertEqual(of_key, [f'slow {number}{key}' for number in range(3)])
            ends = [call['ended'] for call in calls for record in call['event']['Records'] if text(record)[-1] == key]
            self.assertEqual(ends, sorted(ends))

    def test_poison_record_stops_its_lane_only(self):
        self.consumer()
        arn = stream()
        put('poison a', *[f'1{key}' for key in 'abcdefghijkl'])
        mapping(arn, BatchSize=1, ParallelizationFactor=10)
        self.eventually(lambda: len({one for [one] in self.batches()}) > 6)
        self.assertNotIn(['1a'], self.batches())

    def test_other_factor(self):
        self.consumer()
        arn = stream()
        put('poison a', *[f'1{key}' for key in 'abcdefghijkl'])
        one = mapping(arn, BatchSize=1)
        self.eventually(lambda: self.calls())
        lambda_svc._update_esm(one['UUID'], {'ParallelizationFactor': 10})
        self.eventually(lambda: len({one for [one] in self.batches()}) > 6)
        self.heal()
        self.until_done()
        self.assertEqual(len({one for [one] in self.batches()}), 13)


class Positions(WithStreams):
    def delivered_from(self, position, **more):
        self.consumer()
        arn = stream()
        put('1a')
        time.sleep(0.05)
        self.between = time.time()
        time.sleep(0.05)
        put('2a')
        more = {name: value() for name, value in more.items()}
        mapping(arn, StartingPosition=position, **more)
        put('3a')
        self.until_done()
        return [one for batch in self.batches() for one in batch]

    def test_trim_horizon(self):
        self.assertEqual(self.delivered_from('TRIM_HORIZON'), ['1a', '2a', '3a'])

    def test_latest(self):
        self.assertEqual(self.delivered_from('LATEST'), ['3a'])

    def test_at_timestamp(self):
        delivered = self.delivered_from('AT_TIMESTAMP', StartingPositionTimestamp=lambda: self.between)
        self.assertEqual(delivered, ['2a', '3a'])


class Resharding(WithStreams):
    def split(self):
        body = {'StreamName': 'readings', 'ShardToSplit': 'shardId-000000000000', 'NewStartingHashKey': HALF}
        self.assertEqual(kinesis._split_shard(body)[0], 200)

    def test_children_wait_for_their_parent(self):
        self.consumer()
        arn = stream()
        put('poison a', '1a', '1b')
        mapping(arn, BatchSize=1)
        self.split()
        put('2a', '2b')
        self.eventually(lambda: len(self.calls()) > 3)
        self.assertEqual({one for [one] in self.batches()}, {'poison a'})
        self.heal()
        self.until_done()
        delivered = [one for [one] in self.batches()]
        self.assertEqual(sorted(delivered[-2:]), ['2a', '2b'])
        shards = stream_mapping_poller.report()[0]['shards']
        self.assertEqual([shard['finished'] for shard in shards], [True, False, False])

    def test_children_are_read_from_their_beginning(self):
        self.consumer()
        arn = stream()
        one = mapping(arn, StartingPosition='LATEST')
        lambda_svc._update_esm(one['UUID'], {'Enabled': False})
        self.split()
        put('1a', '1b')
        lambda_svc._update_esm(one['UUID'], {'Enabled': True})
        self.until_done()
        self.assertEqual(sorted(one for batch in self.batches() for one in batch), ['1a', '1b'])


class Lifecycle(WithStreams):
    def test_disabled_and_enabled_again(self):
        self.consumer()
        one = mapping(stream())
        put('1a')
        self.until_done()
        lambda_svc._update_esm(one['UUID'], {'Enabled': False})
        put('2a')
        time.sleep(0.2)
        self.assertEqual((one['State'], self.batches()), ('Disabled', [['1a']]))
        lambda_svc._update_esm(one['UUID'], {'Enabled': True})
        self.until_done()
        self.assertEqual((one['State'], self.batches()), ('Enabled', [['1a'], ['2a']]))

    def test_change_counts_from_the_next_attempt_on(self):
        self.consumer()
        one = mapping(stream())
        put('poison a')
        self.eventually(lambda: self.calls())
        lambda_svc._update_esm(one['UUID'], {'MaximumRetryAttempts': 0})
        self.until_done()
        self.assertEqual(one['LastProcessingResult'], 'PROBLEM: Function call failed')

    def test_deleted(self):
        self.consumer()
        one = mapping(stream())
        put('poison a')
        self.eventually(lambda: self.calls())
        lambda_svc._delete_esm(one['UUID'])
        self.eventually(lambda: not stream_mapping_poller.runs)
        time.sleep(0.1)
        before = len(self.calls())
        time.sleep(0.3)
        self.assertEqual(len(self.calls()), before)

    def test_in_a_stack(self):
        self.consumer()
        alias('consumer', publish('consumer'))
        props = {
            'EventSourceArn': stream(),
            'FunctionName': 'arn:aws:lambda:us-east-1:000000000000:function:consumer:live',
            'StartingPosition': 'TRIM_HORIZON',
            'BatchSize': '2',
            'BisectBatchOnFunctionError': 'true',
            'MaximumRetryAttempts': 0,
            'Tags': [{'Key': 'a', 'Value': 'b'}],
        }
        id, attributes = create(TYPE, props)
        self.assertEqual(attributes['Id'], id)
        found = json.loads(lambda_svc._get_esm(id)[2])
        self.assertEqual((found['BatchSize'], found['BisectBatchOnFunctionError']), (2, True))
        self.assertEqual(found['MaximumRecordAgeInSeconds'], -1)
        put('1a', '2a')
        self.until_done()
        self.assertEqual({call['version'] for call in self.calls()}, {'1'})

    def test_update_of_a_stack(self):
        self.consumer()
        alias('consumer', publish('consumer'))
        old = {'EventSourceArn': stream(), 'FunctionName': 'consumer:live', 'StartingPosition': 'LATEST', 'BatchSize': 2}
        id, _ = create(TYPE, old)
        new = {**old, 'MaximumRetryAttempts': 3, 'Enabled': 'false'}
        del new['BatchSize']
        self.assertEqual(update(TYPE, id, old, new)[0], id)
        found = json.loads(lambda_svc._get_esm(id)[2])
        shown = (found['BatchSize'], found['MaximumRetryAttempts'], found['State'], found['FunctionArn'])
        self.assertEqual(shown, (100, 3, 'Disabled', 'arn:aws:lambda:us-east-1:000000000000:function:consumer:live'))

    def test_update_of_a_stack_to_another_alias(self):
        self.consumer()
        alias('consumer', publish('consumer'))
        alias('consumer', publish('consumer'), alias='next')
        old = {'EventSourceArn': stream(), 'FunctionName': 'consumer:live', 'StartingPosition': 'TRIM_HORIZON'}
        id, _ = create(TYPE, old)
        update(TYPE, id, old, {**old, 'FunctionName': 'consumer:next'})
        put('1a')
        self.until_done()
        self.assertEqual([call['version'] for call in self.calls()], ['2'])

    def test_second_one_for_the_same_function_is_refused(self):
        self.consumer()
        arn = stream()
        mapping(arn)
        body = {'EventSourceArn': arn, 'FunctionName': 'consumer', 'StartingPosition': 'LATEST'}
        self.assertEqual(lambda_svc._create_esm(body)[0], 409)

    def test_two_functions_read_all_of_it(self):
        self.consumer()
        alias('consumer', publish('consumer'))
        arn = stream()
        mapping(arn)
        mapping(arn, 'consumer:live')
        put('1a')
        self.until_done()
        self.assertEqual(self.batches(), [['1a'], ['1a']])

    def test_delivered_again_as_a_test_asks_for_it(self):
        self.consumer()
        stream_mapping_faults.replace({'repeated': '1', 'throttled': '2'})
        mapping(stream(), MaximumRetryAttempts=0)
        put('1a')
        self.until_done()
        put('2a')
        self.until_done()
        self.assertEqual(self.batches(), [['1a'], ['1a'], ['2a']])
        self.assertTrue(all(is_done(run) for run in stream_mapping_poller.runs.values()))
