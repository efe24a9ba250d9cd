from ministack.services import cloudwatch

from in_process import InProcess, alias, function, invoke, publish, values

FAILS_IF_ASKED = 'exports.handler = async (event) => { if (event.fail) throw new Error("no"); return 1; };'


def sets(name):
    return sorted(key[2] for key in cloudwatch._metrics.keys() if key[:2] == ('AWS/Lambda', name))


class Dimensions(InProcess):
    def test_bare_function(self):
        function('fn')
        invoke('fn')
        for name in ('Invocations', 'Errors', 'Throttles', 'Duration', 'ConcurrentExecutions'):
            self.assertEqual(sets(name), ['FunctionName=fn', 'FunctionName=fn|Resource=fn'], name)

    def test_version(self):
        function('fn')
        version = publish('fn')
        invoke('fn', {}, version)
        self.assertEqual(sets('Errors'), ['FunctionName=fn', f'FunctionName=fn|Resource=fn:{version}'])

    def test_weighted_alias(self):
        function('fn')
        old, new = publish('fn'), publish('fn')
        alias('fn', old, {new: 1})
        invoke('fn', {}, 'live')
        self.assertEqual(
            sets('Errors'),
            [
                f'ExecutedVersion={new}|FunctionName=fn|Resource=fn:live',
                'FunctionName=fn',
                'FunctionName=fn|Resource=fn:live',
            ],
        )

    def test_alias_without_weights_has_no_executed_version(self):
        function('fn')
        alias('fn', publish('fn'))
        invoke('fn', {}, 'live')
        self.assertEqual(sets('Errors'), ['FunctionName=fn', 'FunctionName=fn|Resource=fn:live'])


class Values(InProcess):
    def test_each_call_counts_once(self):
        function('fn', FAILS_IF_ASKED)
        invoke('fn')
        invoke('fn', {'fail': True})
        self.assertEqual(values('AWS/Lambda', 'Invocations', FunctionName='fn'), [1, 1])
        self.assertEqual(values('AWS/Lambda', 'Errors', FunctionName='fn'), [0, 1])
        durations = values('AWS/Lambda', 'Duration', FunctionName='fn')
        self.assertTrue(len(durations) == 2 and all(value > 0 for value in durations))

    def test_duration_does_not_hold_the_start_of_the_environment(self):
        function('fn', 'const until = Date.now() + 500; while (Date.now() < until); exports.handler = async () => 1;')
        invoke('fn')
        self.assertLess(values('AWS/Lambda', 'Duration', FunctionName='fn')[0], 400)

    def test_a_throttle_is_neither_invocation_nor_error(self):
        function('fn', ReservedConcurrentExecutions=0)
        self.assertEqual(invoke('fn')[0], 429)
        self.assertEqual(values('AWS/Lambda', 'Throttles', FunctionName='fn'), [1])
        self.assertEqual(values('AWS/Lambda', 'Invocations', FunctionName='fn'), [])
        self.assertEqual(values('AWS/Lambda', 'Errors', FunctionName='fn'), [])
