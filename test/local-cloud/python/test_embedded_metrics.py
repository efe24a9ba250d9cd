import json
import time
import unittest

from emulator import embedded_metrics
from in_process import InProcess, alias, function, invoke, publish, values

DOCUMENT = {
    '_aws': {
        'Timestamp': 1,
        'CloudWatchMetrics': [
            {
                'Namespace': 'Inference',
                'Dimensions': [['FunctionName'], ['FunctionName', 'ModelVersion']],
                'Metrics': [{'Name': 'Requests', 'Unit': 'Count'}, {'Name': 'Latency', 'Unit': 'Milliseconds'}],
            },
            {'Namespace': 'Other', 'Dimensions': [[]], 'Metrics': [{'Name': 'Latency'}]},
        ],
    },
    'FunctionName': 'fn',
    'ModelVersion': '2',
    'Requests': 1,
    'Latency': [3, 4.5],
}


def points(document):
    return [
        (point.namespace, point.name, point.unit, point.dimensions, point.value)
        for point in embedded_metrics.datapoints(json.dumps(document))
    ]


class Lines(unittest.TestCase):
    def test_directives_dimension_sets_and_arrays(self):
        one, two = {'FunctionName': 'fn'}, {'FunctionName': 'fn', 'ModelVersion': '2'}
        self.assertEqual(
            points(DOCUMENT),
            [
                ('Inference', 'Requests', 'Count', one, 1),
                ('Inference', 'Latency', 'Milliseconds', one, 3),
                ('Inference', 'Latency', 'Milliseconds', one, 4.5),
                ('Inference', 'Requests', 'Count', two, 1),
                ('Inference', 'Latency', 'Milliseconds', two, 3),
                ('Inference', 'Latency', 'Milliseconds', two, 4.5),
                ('Other', 'Latency', 'None', {}, 3),
                ('Other', 'Latency', 'None', {}, 4.5),
            ],
        )

    def test_a_dimension_without_its_member_drops_the_set(self):
        missing = {key: value for key, value in DOCUMENT.items() if key != 'ModelVersion'}
        self.assertEqual({json.dumps(point[3]) for point in points(missing)}, {'{"FunctionName": "fn"}', '{}'})

    def test_what_is_no_number_is_no_datapoint(self):
        self.assertEqual([point[1] for point in points({**DOCUMENT, 'Requests': '1', 'Latency': [1, None]})], [])
        self.assertEqual(
            [point for point in points({**DOCUMENT, 'Latency': list(range(101))}) if point[1] == 'Latency'], []
        )

    def test_lines_of_consoles_and_ordinary_lines(self):
        line = f'2026-11-21T10:00:00.000Z\tid\tINFO\t{json.dumps(DOCUMENT)}'
        self.assertEqual(len(embedded_metrics.datapoints(line)), 8)
        for ordinary in ('hello', '{"level":"INFO"}', '{"_aws"', '{"_aws": 3}'):
            self.assertEqual(embedded_metrics.datapoints(ordinary), [])


class FromFunctions(InProcess):
    CODE = f"""
      const document = {json.dumps(DOCUMENT)};
      exports.handler = async (event) => {{
        process.stdout.write(JSON.stringify(document) + '\\n');
        console.log(JSON.stringify({{ ...document, Requests: 2 }}));
        if (event.fail) throw new Error('after the metrics');
      }};"""

    def test_both_streams_of_a_worker_and_of_a_failing_one(self):
        function('fn', self.CODE)
        invoke('fn')
        invoke('fn', {'fail': True})
        self.assertEqual(values('Inference', 'Requests', FunctionName='fn'), [1, 2, 1, 2])

    def test_through_an_alias_and_asynchronously(self):
        function('fn', self.CODE)
        alias('fn', publish('fn'))
        invoke('fn', {}, 'live', **{'x-amz-invocation-type': 'Event'})
        for _ in range(100):
            if values('Inference', 'Requests', FunctionName='fn'):
                break
            time.sleep(0.05)
        self.assertEqual(values('Inference', 'Requests', FunctionName='fn'), [1, 2])
