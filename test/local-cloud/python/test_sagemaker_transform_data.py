import json
import unittest

from emulator.sagemaker_transform_data import DataProcessing, Unprocessable

import in_process  # noqa: F401


def processing(kind='text/csv', started=None, **settings):
    request = {
        'TransformInput': {'ContentType': f'{kind}; charset=utf-8'},
        'TransformOutput': {'Accept': kind},
        'DataProcessing': settings,
    }
    return DataProcessing(request, started)


class Filters(unittest.TestCase):
    def test_container_gets_the_chosen_columns(self):
        of = processing(InputFilter='$[1:]')
        self.assertEqual(of.filtered([b'7,1,"a,b"\r\n', b'8,2,c']), b'1,"a,b"\n2,c')

    def test_one_column_is_a_row(self):
        self.assertEqual(processing(InputFilter='$[1]').filtered([b'7,1\n', b'8,2\n']), b'1\n2')

    def test_container_gets_the_chosen_attribute(self):
        of = processing('application/jsonlines', InputFilter='$.features')
        self.assertEqual(of.filtered([b'{"id":1,"features":[1,2]}\n', b'{"id":2,"features":{"a":1}}\n']), b'[1,2]\n{"a":1}')

    def test_without_a_filter_the_bytes_are_those_of_the_object(self):
        self.assertEqual(processing().filtered([b'7, 1\r\n', b'\xff']), b'7, 1\r\n\xff')

    def test_output_filter_chooses_of_the_answer_alone(self):
        self.assertEqual(processing(OutputFilter='$[-1]').stored([b'7,1\n'], b'0.1,0.9\n'), b'0.9')

    def test_what_is_not_there(self):
        with self.assertRaisesRegex(Unprocessable, 'Fail to apply the filter'):
            processing(InputFilter='$[5]').filtered([b'1,2\n'])

    def test_input_of_another_format(self):
        for kind, word, record in (('text/csv', 'CSV', b'"a'), ('application/json', 'JSON', b'a')):
            with self.assertRaisesRegex(Unprocessable, f'^Failed to parse the input as {word}$'):
                processing(kind, InputFilter='$[0]').filtered([record])


class Joins(unittest.TestCase):
    def test_csv_columns_are_followed_by_the_answers(self):
        of = processing(JoinSource='Input', InputFilter='$[1:]', OutputFilter='$[0,-1]')
        self.assertEqual(of.stored([b'7,1,2\n', b'8,3,4'], b'0.5\n0.25\n'), b'7,0.5\n8,0.25')

    def test_json_records_get_an_attribute(self):
        of = processing('application/json', JoinSource='Input')
        self.assertEqual(of.stored([b'{"key":1}'], b'{"label":\n1}'), b'{"key":1,"SageMakerOutput":{"label":1}}')

    def test_what_is_no_object_becomes_one(self):
        of = processing('application/jsonlines', JoinSource='Input')
        self.assertEqual(
            of.stored([b'[1,2]\n', b'[3]\n'], b'{"label":1}\n{"label":0}\n'),
            b'{"SageMakerInput":[1,2],"SageMakerOutput":{"label":1}}\n{"SageMakerInput":[3],"SageMakerOutput":{"label":0}}',
        )

    def test_id_and_answer_alone(self):
        of = processing('application/json', JoinSource='Input', OutputFilter="$['id','SageMakerOutput']")
        self.assertEqual(of.stored([b'{"id":7,"x":1}'], b'0.5'), b'{"id":7,"SageMakerOutput":0.5}')

    def test_as_many_answers_as_records(self):
        with self.assertRaisesRegex(Unprocessable, 'mismatched line count'):
            processing(JoinSource='Input').stored([b'1\n', b'2\n'], b'0.5\n')

    def test_answers_of_another_format(self):
        with self.assertRaisesRegex(Unprocessable, '^Failed to parse output from the algorithm as JSON$'):
            processing('application/json', JoinSource='Input').stored([b'{}'], b'no')
        with self.assertRaisesRegex(Unprocessable, '^Failed to parse output from the algorithm as CSV$'):
            processing(JoinSource='Input').stored([b'1'], b'"a')


class InferenceIds(unittest.TestCase):
    def test_id_and_time_of_each_record(self):
        time = '2022-08-30T00:49:15Z'
        [first, second] = processing(started=time).stored([b'1\n', b'2\n'], b'0\n1\n').split(b'\n')
        self.assertRegex(first.decode(), f'^0,[0-9a-f-]{{36}},{time}$')
        self.assertNotEqual(first.split(b',')[1], second.split(b',')[1])
        stored = json.loads(processing('application/json', time).stored([b'{}'], b'{"output":0}'))
        self.assertEqual((stored['output'], stored['SageMakerInferenceTime']), (0, time))
        self.assertEqual(len(stored['SageMakerInferenceId']), 36)
