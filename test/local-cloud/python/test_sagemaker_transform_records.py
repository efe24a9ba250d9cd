import unittest

from emulator import sagemaker_transform_records
from emulator.sagemaker_transform_records import TooLarge, assembled, batches, split

MB = 1024 * 1024


class Lines(unittest.TestCase):
    def test_line_breaks_stay_where_they_were(self):
        for content, expected in (
            (b'', []),
            (b'a', [b'a']),
            (b'a\n', [b'a\n']),
            (b'a\nb', [b'a\n', b'b']),
            (b'a\r\n\nb\n', [b'a\r\n', b'\n', b'b\n']),
            (b'a\x0bb\n', [b'a\x0bb\n']),
        ):
            self.assertEqual(split(content, 'Line'), expected)
            self.assertEqual(b''.join(split(content, 'Line')), content)

    def test_without_a_split_type_the_object_is_the_record(self):
        self.assertEqual(split(b'a\nb\n', 'None'), [b'a\nb\n'])


class Batches(unittest.TestCase):
    def test_as_many_as_fit(self):
        records = [b'a' * (MB // 2), b'b' * (MB // 2), b'c']
        self.assertEqual(batches(records, 'MultiRecord', 1), [records[:2], records[2:]])
        self.assertEqual(batches(records, 'MultiRecord', 2), [records])

    def test_one_each(self):
        self.assertEqual(batches([b'a', b'b'], 'SingleRecord', 1), [[b'a'], [b'b']])

    def test_record_that_does_not_fit(self):
        batches([b'a' * MB], 'SingleRecord', 1)
        for strategy in ('SingleRecord', 'MultiRecord'):
            with self.assertRaises(TooLarge):
                batches([b'a' * (MB + 1)], strategy, 1)

    def test_nothing_is_too_large_for_a_stream(self):
        records = [b'a' * (3 * MB), b'b']
        self.assertEqual(batches(records, 'MultiRecord', 0), [records])


class Assembly(unittest.TestCase):
    def test_line_ends_each_answer(self):
        self.assertEqual(assembled([b'1', b'2\n', b'3'], 'Line'), b'1\n2\n3\n')

    def test_none_joins_them(self):
        self.assertEqual(assembled([b'1', b'2'], 'None'), b'12')
        self.assertEqual(sagemaker_transform_records.assembled([], 'Line'), b'')
