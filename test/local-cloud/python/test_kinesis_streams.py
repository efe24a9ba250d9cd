import json

from in_process import InProcess, create, update
from ministack.services import kinesis
from ministack.services.cloudformation import provisioners

STREAM, CONSUMER = 'AWS::Kinesis::Stream', 'AWS::Kinesis::StreamConsumer'
KEY = {'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}


def described(name='readings'):
    return json.loads(kinesis._describe_stream_summary({'StreamName': name})[2])['StreamDescriptionSummary']


class Streams(InProcess):
    def setUp(self):
        super().setUp()
        kinesis.reset()

    def test_encryption_is_described(self):
        props = {'Name': 'readings', 'ShardCount': 1, 'StreamEncryption': KEY, 'RetentionPeriodHours': 48}
        create(STREAM, props)
        found = described()
        self.assertEqual((found['EncryptionType'], found['KeyId']), ('KMS', 'alias/aws/kinesis'))
        self.assertEqual(found['RetentionPeriodHours'], 48)
        update(STREAM, 'readings', props, {**props, 'StreamEncryption': None})
        self.assertEqual(described()['EncryptionType'], 'NONE')

    def test_on_demand(self):
        create(STREAM, {'Name': 'readings', 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}})
        found = described()
        self.assertEqual((found['StreamModeDetails']['StreamMode'], found['OpenShardCount']), ('ON_DEMAND', 4))

    def test_shard_count_reshards(self):
        props = {'Name': 'readings', 'ShardCount': 2}
        create(STREAM, props)
        update(STREAM, 'readings', props, {**props, 'ShardCount': 4})
        self.assertEqual(described()['OpenShardCount'], 4)
        self.assertEqual(len(kinesis._streams['readings']['shards']), 6)
        with self.assertRaisesRegex(ValueError, 'at most double'):
            update(STREAM, 'readings', props, {**props, 'ShardCount': 9})

    def test_refused(self):
        on_demand = {'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}}
        for expected, props in (
            ('RetentionPeriodHours must be between 24 and 8760', {'RetentionPeriodHours': 12}),
            ('RetentionPeriodHours must be between 24 and 8760', {'RetentionPeriodHours': 8761}),
            ('ShardCount must not be set', {**on_demand, 'ShardCount': 2}),
            ('KeyId', {'StreamEncryption': {'EncryptionType': 'KMS'}}),
        ):
            with self.assertRaisesRegex(ValueError, expected):
                create(STREAM, {'Name': 'readings', **props})


class Consumers(InProcess):
    def setUp(self):
        super().setUp()
        kinesis.reset()
        self.stream = create(STREAM, {'Name': 'readings', 'ShardCount': 1})[1]['Arn']
        self.props = {'StreamARN': self.stream, 'ConsumerName': 'mine'}

    def test_reference_is_the_arn(self):
        id, attributes = create(CONSUMER, self.props)
        self.assertRegex(id, rf'^{self.stream}/consumer/mine:\d+$')
        self.assertEqual((attributes['ConsumerARN'], attributes['ConsumerName']), (id, 'mine'))
        self.assertEqual(attributes['StreamARN'], self.stream)
        self.assertEqual(kinesis._describe_stream_consumer({'ConsumerARN': id})[0], 200)

    def test_name_replaces_it(self):
        id, _ = create(CONSUMER, self.props)
        self.assertEqual(update(CONSUMER, id, self.props, {**self.props, 'Tags': []})[0], id)
        other, _ = update(CONSUMER, id, self.props, {**self.props, 'ConsumerName': 'other'})
        self.assertEqual([*kinesis._consumers.keys()], [other])
        provisioners._RESOURCE_HANDLERS[CONSUMER]['delete'](other, self.props)
        self.assertEqual([*kinesis._consumers.keys()], [])

    def test_refused(self):
        create(CONSUMER, self.props)
        with self.assertRaisesRegex(ValueError, 'already exists'):
            create(CONSUMER, self.props, 'Second')
        with self.assertRaisesRegex(ValueError, 'ConsumerName'):
            create(CONSUMER, {'StreamARN': self.stream}, 'Third')
