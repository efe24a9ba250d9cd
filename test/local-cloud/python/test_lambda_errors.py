import json
import time

from ministack.services import stepfunctions

from in_process import InProcess, function, invoke

REFUSES = """
exports.handler = async () => {
  const error = new Error('not so');
  error.name = 'BadInput';
  throw error;
};
"""


class Names(InProcess):
    def test_name_and_message(self):
        function('fn', REFUSES)
        status, headers, payload = invoke('fn')
        self.assertEqual((status, payload['errorType'], payload['errorMessage']), (200, 'BadInput', 'not so'))
        self.assertIn('Unhandled', headers.values())

    def test_error_without_a_name_of_its_own(self):
        function('fn', 'exports.handler = async () => undefined.nothing;')
        self.assertEqual(invoke('fn')[2]['errorType'], 'TypeError')

    def test_synchronous_handler(self):
        function('fn', 'exports.handler = () => { throw new RangeError("far"); };')
        self.assertEqual(invoke('fn')[2]['errorType'], 'RangeError')

    def test_function_that_is_out_of_time(self):
        function('fn', 'exports.handler = () => new Promise(() => setTimeout(() => {}, 1e6));', Timeout=1)
        self.assertEqual(invoke('fn')[2]['errorType'], 'Sandbox.Timedout')

    def test_one_that_goes_well_after_one_that_failed(self):
        function('fn', 'exports.handler = async ({ fail }) => { if (fail) throw new RangeError("far"); return 1; };')
        invoke('fn', {'fail': True})
        self.assertEqual(invoke('fn', {'fail': False})[2], 1)

    def test_state_machine_catches_it_by_its_name(self):
        function('fn', REFUSES)
        definition = {
            'StartAt': 'Call',
            'States': {
                'Call': {
                    'Type': 'Task',
                    'Resource': 'arn:aws:states:::lambda:invoke',
                    'Parameters': {'FunctionName': 'fn', 'Payload': {}},
                    'Retry': [{'ErrorEquals': ['BadInput'], 'MaxAttempts': 0}],
                    'Catch': [{'ErrorEquals': ['BadInput'], 'Next': 'Caught'}],
                    'End': True,
                },
                'Caught': {'Type': 'Pass', 'OutputPath': '$.Error', 'End': True},
            },
        }
        machine = {'name': 'm', 'definition': json.dumps(definition), 'roleArn': 'arn:aws:iam::000000000000:role/r'}
        arn = answered(stepfunctions._create_state_machine(machine))['stateMachineArn']
        execution = answered(stepfunctions._start_execution({'stateMachineArn': arn, 'input': '{}'}))['executionArn']
        until = time.monotonic() + 10
        while (found := answered(stepfunctions._describe_execution({'executionArn': execution})))['status'] == 'RUNNING':
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assertEqual((found['status'], json.loads(found['output'])), ('SUCCEEDED', 'BadInput'))


def answered(response):
    return json.loads(response[2])
