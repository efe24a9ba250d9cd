import unittest

from emulator.sagemaker_transform_filters import FilterError, applied, parsed

import in_process  # noqa: F401

RECORD = {'id': 7, 'features': {'a': 1, 'b': [2, 3]}, 'SageMakerOutput': {'label': 1}}
ROW = ['id', '1', '2', '3', '4', '5']


class Filters(unittest.TestCase):
    def test_operators_of_the_page(self):
        for path, value, expected in (
            ('$', RECORD, RECORD),
            ('$.id', RECORD, 7),
            ('$.features.*', RECORD, [1, [2, 3]]),
            ('$.features[*]', RECORD, [1, [2, 3]]),
            ("$['id']", RECORD, 7),
            ("$['id','SageMakerOutput']", RECORD, {'id': 7, 'SageMakerOutput': {'label': 1}}),
            ("$.features.['a','b']", RECORD, {'a': 1, 'b': [2, 3]}),
            ('$.features.b[0]', RECORD, 2),
            ('$[1]', ROW, '1'),
            ('$[1,3,5]', ROW, ['1', '3', '5']),
            ('$[-1]', ROW, '5'),
            ('$[1:]', ROW, ['1', '2', '3', '4', '5']),
            ('$[:-1]', ROW, ['id', '1', '2', '3', '4']),
            ('$[0,4:]', ROW, ['id', '4', '5']),
        ):
            self.assertEqual(applied(path, value), expected, path)

    def test_end_of_a_slice_is_not_part_of_it(self):
        self.assertEqual(applied('$[1:3]', ROW), ['1', '2'])

    def test_what_is_not_there_is_an_error(self):
        for path, value in (
            ('$.name', RECORD),
            ("$['id','name']", RECORD),
            ('$[6]', ROW),
            ('$[-7]', ROW),
            ('$[0]', RECORD),
            ('$.id', ROW),
        ):
            with self.assertRaises(FilterError, msg=path):
                applied(path, value)

    def test_other_operators_are_no_paths(self):
        for path in ('', 'id', '$..id', '$[?(@.id)]', '$[0', "$['id',1]", '$.', '$[]', '$id'):
            with self.assertRaises(FilterError, msg=path):
                parsed(path)
