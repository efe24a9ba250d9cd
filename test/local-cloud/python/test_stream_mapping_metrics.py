import time

from in_process import alias, create, publish, values
from ministack.services import kinesis
from stream_fixtures import WithStreams, mapping, put, stream

EVENT_COUNT = {'MetricsConfig': {'Metrics': ['EventCount']}}


class Ages(WithStreams):
    def test_iterator_age_is_in_scaled_time(self):
        self.consumer()
        alias('consumer', publish('consumer'))
        arn = stream()
        put('1a')
        time.sleep(0.2)
        mapping(arn, 'consumer:live')
        self.until_done()
        for dimensions in ({'FunctionName': 'consumer'}, {'FunctionName': 'consumer', 'Resource': 'consumer:live'}):
            [age] = values('AWS/Lambda', 'IteratorAge', **dimensions)
            # 0.2 s are two minutes where a minute takes 0.1 s.
            self.assertGreater(age, 120_000)
            self.assertLess(age, 600_000)

    def test_iterator_age_grows_with_a_batch_that_fails(self):
        self.consumer()
        mapping(stream(), MaximumRetryAttempts=4)
        put('poison a')
        self.until_done()
        ages = values('AWS/Lambda', 'IteratorAge', FunctionName='consumer')
        self.assertEqual((len(ages), ages), (5, sorted(ages)))

    def test_age_of_a_stream(self):
        self.consumer()
        arn = stream()
        put('1a')
        time.sleep(0.1)
        mapping(arn)
        self.until_done()
        ages = lambda: values('AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', StreamName='readings')  # noqa: E731
        self.assertGreater(max(ages()), 60_000)
        self.eventually(lambda: ages()[-1] == 0)

    def test_age_for_a_consumer_with_enhanced_fan_out(self):
        self.consumer()
        source, _ = create('AWS::Kinesis::StreamConsumer', {'StreamARN': stream(), 'ConsumerName': 'mine'})
        mapping(source)
        put('1a')
        self.until_done()
        dimensions = {'StreamName': 'readings', 'ConsumerName': 'mine'}
        self.assertTrue(values('AWS/Kinesis', 'SubscribeToShardEvent.MillisBehindLatest', **dimensions))
        self.assertEqual(values('AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', StreamName='readings'), [])


class Counts(WithStreams):
    def sums(self, one):
        return {
            name: sum(values('AWS/Lambda', f'{name}EventCount', EventSourceMappingUUID=one['UUID']))
            for name in ('Polled', 'FilteredOut', 'Invoked', 'FailedInvoke', 'Dropped', 'OnFailureDestinationDelivered')
        }

    def test_dropped_are_those_that_no_destination_has(self):
        self.consumer()
        filters = {'Filters': [{'Pattern': '{"partitionKey": ["a"]}'}]}
        arn = stream()
        put('poison a', '2a', '3b')
        one = mapping(arn, MaximumRetryAttempts=1, FilterCriteria=filters, **EVENT_COUNT)
        expected = {'Polled': 3, 'FilteredOut': 1, 'Invoked': 4, 'FailedInvoke': 4, 'Dropped': 2}
        self.eventually(lambda: self.sums(one) == {**expected, 'OnFailureDestinationDelivered': 0}, self.sums(one))
        queue = create('AWS::SQS::Queue', {'QueueName': 'failed'})[1]['Arn']
        one['DestinationConfig'] = {'OnFailure': {'Destination': queue}}
        put('poison a')
        self.eventually(lambda: self.sums(one)['OnFailureDestinationDelivered'] == 1)
        self.assertEqual(self.sums(one)['Dropped'], 2)

    def test_failed_are_those_that_come_again(self):
        self.consumer()
        arn = stream()
        put('1a', 'report a', '3a')
        one = mapping(arn, MaximumRetryAttempts=0, FunctionResponseTypes=['ReportBatchItemFailures'], **EVENT_COUNT)
        self.eventually(lambda: self.sums(one)['Dropped'] == 2)
        self.assertEqual((self.sums(one)['Invoked'], self.sums(one)['FailedInvoke']), (3, 2))

    def test_empty_poll_is_a_zero(self):
        self.consumer()
        one = mapping(stream(), **EVENT_COUNT)
        self.eventually(lambda: values('AWS/Lambda', 'PolledEventCount', EventSourceMappingUUID=one['UUID']) == [0, 0])

    def test_none_unless_asked_for(self):
        self.consumer()
        one = mapping(stream())
        put('1a')
        self.until_done()
        self.assertEqual(values('AWS/Lambda', 'PolledEventCount', EventSourceMappingUUID=one['UUID']), [])


class Incoming(WithStreams):
    def test_records_and_bytes(self):
        stream()
        put('12345a')
        kinesis._put_records(
            {'StreamName': 'readings', 'Records': [{'PartitionKey': 'k', 'Data': 'YWJj'}, {'PartitionKey': 'k', 'Data': 'YWJj'}]}
        )
        self.assertEqual(values('AWS/Kinesis', 'IncomingRecords', StreamName='readings'), [1, 2])
        self.assertEqual(values('AWS/Kinesis', 'IncomingBytes', StreamName='readings'), [6, 6])
