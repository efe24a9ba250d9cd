import time

from emulator import scaled_time
from in_process import InProcess, function
from state_machine_fixtures import ended, start


class Waits(InProcess):
    def seconds(self, states, data=None):
        begun = time.monotonic()
        self.assertEqual(ended(start(states, data))['status'], 'SUCCEEDED')
        return time.monotonic() - begun

    def test_a_minute_is_a_scaled_minute(self):
        wait = {'Type': 'Wait', 'End': True}
        for fields in ({'Seconds': 300}, {'SecondsPath': '$.seconds'}):
            taken = self.seconds({'Wait': {**wait, **fields}}, {'seconds': 300})
            self.assertTrue(scaled_time.real(300) <= taken < 10, taken)

    def test_intervals_between_retries(self):
        function('fn', 'let calls = 0; exports.handler = async () => { if (++calls < 3) { const e = new Error("no"); throw e; } };')
        task = {
            'Type': 'Task',
            'Resource': 'arn:aws:states:::lambda:invoke',
            'Parameters': {'FunctionName': 'fn'},
            # A worker whose handler threw starts anew, so none of them gets to its third call.
            'Retry': [{'ErrorEquals': ['States.ALL'], 'IntervalSeconds': 60, 'MaxAttempts': 2, 'BackoffRate': 1}],
            'Catch': [{'ErrorEquals': ['States.ALL'], 'Next': 'Done'}],
            'Next': 'Done',
        }
        taken = self.seconds({'Task': task, 'Done': {'Type': 'Succeed'}})
        self.assertTrue(2 * scaled_time.minute() <= taken < 20, taken)
