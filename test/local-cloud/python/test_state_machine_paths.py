import json

from ministack.services import stepfunctions

from in_process import InProcess, function
from state_machine_fixtures import ended, start

SLEEP = 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 400));'
FAIL = 'exports.handler = async ({ item }) => { if (item === 0) throw new Error("not so"); };'


def mapped(code, **fields):
    function('fn', code)
    task = {
        'Type': 'Task',
        'Resource': 'arn:aws:states:::lambda:invoke',
        'Parameters': {'FunctionName': 'fn', 'Payload': {'item.$': '$'}},
        'End': True,
    }
    processor = {'ProcessorConfig': {'Mode': 'DISTRIBUTED'}, 'StartAt': 'Task', 'States': {'Task': task}}
    return {'Map': {'Type': 'Map', 'ItemsPath': '$.items', 'ItemProcessor': processor, 'End': True, **fields}}


class Paths(InProcess):
    def test_concurrency_of_a_map(self):
        for limit in (1, 3):
            states = mapped(SLEEP, MaxConcurrencyPath='$.limit')
            self.assertEqual(ended(start(states, {'items': [1, 2, 3], 'limit': limit}))['status'], 'SUCCEEDED')
            run = max(stepfunctions._map_runs.values(), key=lambda run: run['startDate'])
            self.assertEqual(run['maxConcurrency'], limit)

    def test_tolerated_failures(self):
        for percentage, status in ((40, 'SUCCEEDED'), (10, 'FAILED')):
            states = mapped(FAIL, ToleratedFailurePercentagePath='$.percentage')
            found = ended(start(states, {'items': [0, 1, 2], 'percentage': percentage}))
            self.assertEqual(found['status'], status)

    def test_time_out_of_a_task(self):
        function('fn', SLEEP)
        task = {'Type': 'Task', 'Resource': 'arn:aws:states:::lambda:invoke', 'Parameters': {'FunctionName': 'fn'}}
        catch = {'ErrorEquals': ['States.Timeout'], 'Next': 'Late'}
        states = {
            'Task': {**task, 'TimeoutSecondsPath': '$.seconds', 'Catch': [catch], 'Next': 'Done'},
            'Late': {'Type': 'Pass', 'Result': 'late', 'End': True},
            'Done': {'Type': 'Pass', 'Result': 'done', 'End': True},
        }
        for seconds, expected in ((0.1, 'late'), (10, 'done')):
            self.assertEqual(json.loads(ended(start(states, {'seconds': seconds}))['output']), expected)

    def test_context_object(self):
        states = mapped(SLEEP, MaxConcurrencyPath='$$.Execution.Input.limit')
        self.assertEqual(ended(start(states, {'items': [1], 'limit': 7}))['status'], 'SUCCEEDED')

    def test_what_is_no_number(self):
        for value in ('3', None, -1, True):
            found = ended(start(mapped(SLEEP, MaxConcurrencyPath='$.limit'), {'items': [1], 'limit': value}))
            self.assertEqual((found['status'], found['error']), ('FAILED', 'States.Runtime'), value)
