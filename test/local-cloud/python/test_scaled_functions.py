import time

from ministack.services import lambda_svc

from emulator import scaled_functions, scaled_time
from in_process import InProcess, function, invoke

NOW = '''exports.handler = async (event, context) => {
  const left = context.getRemainingTimeInMillis();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(), is: new Date() instanceof Date,
    left: left - context.getRemainingTimeInMillis(), text: typeof Date(), utc: Date.UTC(1970, 0, 2),
    node: process.env.NODE_OPTIONS };
};'''


def marked(**variables):
    return {'Environment': {'Variables': {scaled_functions.MARK: '{}', **variables}}, 'Timeout': 30}


class Clock(InProcess):
    def test_a_minute_of_the_controller_is_a_minute_of_metrics(self):
        function('fn', NOW, **marked())
        invoke('fn')
        before = scaled_time.at(time.time())
        answer = invoke('fn')[2]
        after = scaled_time.at(time.time())
        for name in ('now', 'made'):
            # Its clock has milliseconds, each of which is more than half a second of scaled time here.
            self.assertTrue(before - 1 <= answer[name] / 1000 <= after + 1, (before, answer, after))
        # A tenth of a second was a minute.
        self.assertGreater(answer['made'] / 1000 - before, 55)

    def test_dates_that_are_given_are_what_they_were(self):
        function('fn', NOW, **marked())
        answer = invoke('fn')[2]
        self.assertEqual((answer['given'], answer['is'], answer['text'], answer['utc']), (5, True, 'string', 86_400_000))

    def test_time_left_is_real(self):
        function('fn', NOW, **marked())
        self.assertTrue(80 < invoke('fn')[2]['left'] < 1000)

    def test_others_have_the_real_time(self):
        function('fn', NOW, Timeout=30)
        self.assertLess(abs(invoke('fn')[2]['now'] / 1000 - time.time()), 5)
        self.assertTrue(80 < invoke('fn')[2]['left'] < 1000)

    def test_options_of_its_own_stay_and_its_configuration_too(self):
        function('fn', NOW, **marked(NODE_OPTIONS='--no-warnings'))
        self.assertRegex(invoke('fn')[2]['node'], '^--no-warnings --require ')
        variables = lambda_svc._functions['fn']['config']['Environment']['Variables']
        self.assertEqual(variables['NODE_OPTIONS'], '--no-warnings')
