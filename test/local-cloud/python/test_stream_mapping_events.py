import base64
import json
import unittest

import in_process  # noqa: F401
from emulator import stream_mapping_events
from emulator.stream_mapping_lanes import FAILED, REPORTED, SUCCEEDED, Batch

ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/readings'


def record(data, sequence='1', key='k'):
    stored = {
        'SequenceNumber': sequence,
        'ApproximateArrivalTimestamp': 1545084650.987,
        'PartitionKey': key,
        'Data': base64.b64encode(data).decode(),
    }
    return stream_mapping_events.record(ARN, 'shardId-000000000000', stored, 'us-east-1', 'role')


class Sizes(unittest.TestCase):
    def test_size_is_that_of_the_json(self):
        for data in (b'', b'x' * 1000):
            one = record(data, key='clé')
            self.assertEqual(one.size, len(json.dumps(one.event)))


class Filters(unittest.TestCase):
    def kept(self, *patterns, data=(b'{"kind":"a","n":1}', b'{"kind":"b","n":5}', b'not json')):
        filters = [{'Pattern': json.dumps(pattern)} for pattern in patterns]
        records = [record(one, str(index)) for index, one in enumerate(data)]
        found = stream_mapping_events.matching(records, {'FilterCriteria': {'Filters': filters}})
        return [int(one.sequence) for one in found]

    def test_without_filters_everything_is_kept(self):
        self.assertEqual(self.kept(), [0, 1, 2])

    def test_data(self):
        self.assertEqual(self.kept({'data': {'kind': ['a']}}), [0])
        self.assertEqual(self.kept({'data': {'n': [{'numeric': ['>', 2]}]}}), [1])

    def test_any_of_several(self):
        self.assertEqual(self.kept({'data': {'kind': ['a']}}, {'data': {'kind': ['b']}}), [0, 1])

    def test_data_that_is_not_json(self):
        self.assertEqual(self.kept({'data': {'kind': [{'anything-but': ['a']}]}}), [1])


class Lanes(unittest.TestCase):
    def test_a_key_has_one_lane_and_all_lanes_are_used(self):
        keys = [f'device-{number}' for number in range(200)]
        dealt = [stream_mapping_events.lane_of(key, 10) for key in keys]
        self.assertEqual(dealt, [stream_mapping_events.lane_of(key, 10) for key in keys])
        self.assertEqual(set(dealt), set(range(10)))


class Answers(unittest.TestCase):
    def outcome(self, answer, reports=True):
        batch = Batch([record(b'', sequence) for sequence in ('8', '9', '10')])
        found = stream_mapping_events.outcome(answer, batch, reports, {})
        return found.kind, found.sequence

    def test_answers(self):
        for answer in (None, {}, {'batchItemFailures': []}, {'batchItemFailures': None}, {'other': 1}):
            self.assertEqual(self.outcome(answer), (SUCCEEDED, ''), answer)
        for failures in (
            [{'itemIdentifier': ''}],
            [{'itemIdentifier': None}],
            [{'identifier': '8'}],
            [{'itemIdentifier': '7'}],
            [{'itemIdentifier': 8}],
            [{'itemIdentifier': '8'}, {'itemIdentifier': '7'}],
            ['8'],
            {'itemIdentifier': '8'},
            '8',
        ):
            self.assertEqual(self.outcome({'batchItemFailures': failures}), (FAILED, ''), failures)
        for answer in ('8', 1, [{'itemIdentifier': '8'}]):
            self.assertEqual(self.outcome(answer), (FAILED, ''), answer)

    def test_lowest_sequence_number_counts(self):
        named = [{'itemIdentifier': sequence} for sequence in ('10', '9')]
        self.assertEqual(self.outcome({'batchItemFailures': named}), (REPORTED, '9'))

    def test_without_the_setting_every_answer_is_a_success(self):
        self.assertEqual(self.outcome({'batchItemFailures': [{'itemIdentifier': '8'}]}, False), (SUCCEEDED, ''))
