import datetime
import json

from emulator import stream_mapping_faults
from in_process import create, values
from ministack.services import s3, sqs
from stream_fixtures import WithStreams, mapping, put, stream

UUID = r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
SHARD = 'shardId-000000000000'


class Destinations(WithStreams):
    def give_up(self, destination, *texts, **settings):
        self.consumer()
        arn = stream()
        put(*texts)
        config = {'OnFailure': {'Destination': destination}}
        one = mapping(arn, **{'MaximumRetryAttempts': 1, 'DestinationConfig': config, **settings})
        self.until_done()
        return one

    def queue(self, name='failed'):
        return create('AWS::SQS::Queue', {'QueueName': name}, name)[1]['Arn']

    def messages(self, arn):
        self.eventually(lambda: sqs._queue_by_arn(arn)['messages'], 'no message')
        return [json.loads(message['body']) for message in sqs._queue_by_arn(arn)['messages']]

    def objects(self, bucket='failed'):
        self.eventually(lambda: s3._buckets[bucket]['objects'], 'no object')
        return {key: json.loads(s3._get_object_data(bucket, key)) for key in s3._buckets[bucket]['objects']}

    def assert_metadata(self, document, one):
        records = [record for call in self.calls() for record in call['event']['Records']]
        first, last = records[0]['kinesis'], records[1]['kinesis']
        self.assertRegex(document['requestContext'].pop('requestId'), UUID)
        self.assertRegex(document.pop('timestamp'), r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
        self.assertEqual(
            document,
            {
                'requestContext': {
                    'functionArn': one['FunctionArn'],
                    'condition': 'RetryAttemptsExhausted',
                    'approximateInvokeCount': 2,
                },
                'responseContext': {
                    'statusCode': 200,
                    'executedVersion': '$LATEST',
                    'functionError': 'Unhandled',
                },
                'version': '1.0',
                'KinesisBatchInfo': {
                    'shardId': SHARD,
                    'startSequenceNumber': first['sequenceNumber'],
                    'endSequenceNumber': last['sequenceNumber'],
                    'approximateArrivalOfFirstRecord': iso(first['approximateArrivalTimestamp']),
                    'approximateArrivalOfLastRecord': iso(last['approximateArrivalTimestamp']),
                    'batchSize': 2,
                    'streamArn': one['EventSourceArn'],
                },
            },
        )

    def test_queue_and_topic_get_metadata(self):
        queue, subscribed = self.queue(), self.queue('subscribed')
        one = self.give_up(queue, 'poison a', '2a')
        [document] = self.messages(queue)
        self.assert_metadata(document, one)
        topic, _ = create('AWS::SNS::Topic', {'TopicName': 'failed'})
        create('AWS::SNS::Subscription', {'TopicArn': topic, 'Protocol': 'sqs', 'Endpoint': subscribed})
        one['DestinationConfig'] = {'OnFailure': {'Destination': topic}}
        put('poison a')
        self.until_done()
        [notification] = self.messages(subscribed)
        self.assertEqual(json.loads(notification['Message'])['KinesisBatchInfo']['batchSize'], 1)

    def test_bucket_gets_the_whole_event(self):
        s3._create_bucket('failed', b'', {})
        one = self.give_up('arn:aws:s3:::failed', 'poison a', '2a')
        [(key, document)] = self.objects().items()
        day, second = r'(\d{4})/(\d\d)/(\d\d)', r'\1-\2-\3T\d\d\.\d\d\.\d\d'
        self.assertRegex(key, f'^aws/lambda/{one["UUID"]}/{SHARD}/{day}/{second}-{UUID}$')
        self.assertEqual(json.loads(document.pop('payload')), self.calls()[0]['event'])
        self.assert_metadata(document, one)

    def test_record_that_is_too_old(self):
        queue = self.queue()
        self.consumer()
        mapping(
            stream(),
            MaximumRecordAgeInSeconds=1200,
            DestinationConfig={'OnFailure': {'Destination': queue}},
        )
        put('poison a')
        self.until_done()
        [document] = self.messages(queue)
        self.assertEqual(document['requestContext']['condition'], 'RecordAgeExceeded')
        self.assertGreater(len(self.calls()), 1)

    def test_bisected_record_goes_alone(self):
        queue = self.queue()
        self.give_up(queue, '1a', '2a', '3a', 'poison a', '5a', BisectBatchOnFunctionError=True)
        [document] = self.messages(queue)
        self.assertEqual(document['KinesisBatchInfo']['batchSize'], 1)
        done = {text for batch in self.batches() if 'poison a' not in batch for text in batch}
        self.assertEqual(done, {'1a', '2a', '3a', '5a'})

    def test_destination_that_is_not_there(self):
        self.give_up('arn:aws:s3:::nowhere', 'poison a', '2a')
        self.eventually(lambda: values('AWS/Lambda', 'DestinationDeliveryFailures', FunctionName='consumer'))
        self.assertEqual(values('AWS/Lambda', 'DestinationDeliveryFailures', FunctionName='consumer'), [1])

    def test_delivery_that_fails_as_a_test_asks_for_it(self):
        queue = self.queue()
        stream_mapping_faults.replace({'undelivered': '1'})
        self.give_up(queue, 'poison a')
        put('poison b')
        self.until_done()
        [document] = self.messages(queue)
        self.assertEqual(document['KinesisBatchInfo']['batchSize'], 1)


def iso(seconds):
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return time.isoformat(timespec='milliseconds').replace('+00:00', 'Z')
